package report

import (
	"slices"

	"showrunner/analytics"
)

// part is one table of the report as it stands in sheets.
type part struct {
	key    string
	zh, en string
	table  analytics.Table
}

// parts are all tables of a report, in the order of the page. What is no table
// there, is one here: the metrics, the attribution, what came later.
// say writes what has words of its own.
func parts(r *analytics.Report, say func(phrase) string) []part {
	var out []part
	if r.Aged != nil { // First, so that who reads the rest has read it.
		out = append(out, part{"retention", "数据保留期", "retention", analytics.AgedTable(r.Aged)})
	}
	return append(out, []part{
		{"metrics", "全部指标", "metrics", metricsTable(r)},
		{"benchmark_basis", "对比说明", "benchmark basis", r.Basis},
		{"benchmarks", "与自己对比", "benchmarks", r.Benchmarks},
		{"worst", "最弱三项", "worst", r.Worst},
		{"funnel", "转化漏斗", "funnel", r.Funnel},
		{"products", "商品", "products", r.Products},
		{"sources", "来源渠道", "channels", r.Sources},
		{"hosts", "主播班次", "hosts", r.Hosts},
		{"ladder", "层级变动", "ladder", r.Ladder},
		{"commission", "佣金", "commission", r.Commission},
		{"groups_fed", "引流社群", "groups fed", r.Fed},
		{"service_assisted", "服务助攻", "service", r.Service},
		{"service_sessions", "客服会话", "service sessions", r.Served},
		{"temperature", "服务温度", "temperature", r.Felt},
		{"complaints", "投诉原因", "complaints", r.Complaints},
		{"keywords", "投诉关键词", "keywords", r.Keywords},
		{"next_brief", "下一场简报", "next brief", r.Brief},
		{"attribution", "归因", "attribution", creditTableOf(r)},
		{"days", "按自然日", "days", r.Days},
		{"timeline", "每分钟", "by minute", r.Timeline},
		{"late", "播后累计", "after the show", lateTable(r, say)},
		{"after_final", "定稿后更正", "corrections", correctionTable(r)},
		{"alerts", "预警", "alerts", r.Alerts},
		{"commands", "场控指令", "commands", r.Commands},
	}...)
}

func text(key, zh, en string) analytics.Column {
	return analytics.Column{Key: key, ZH: zh, EN: en, Unit: analytics.UnitText}
}

func word(s string) analytics.Cell { return analytics.Cell{Text: s} }

func num(n int64) analytics.Cell { return analytics.Cell{Num: n} }

// metricsTable has the metrics of the show's currency and those of each
// currency, a row each: a rate by its two parts.
func metricsTable(r *analytics.Report) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("currency", "币种", "currency"), text("key", "指标", "key"), text("name_zh", "名称", "name (zh)"), text("name_en", "英文名", "name (en)"), text("unit", "单位", "unit"),
		{Key: "numerator", ZH: "分子", EN: "value or numerator", Unit: analytics.UnitCount},
		{Key: "denominator", ZH: "分母", EN: "denominator", Unit: analytics.UnitCount},
		text("formula", "定义", "definition"),
	}}
	add := func(currency string, values analytics.Values) {
		for _, v := range values {
			m := v.Metric
			t.Rows = append(t.Rows, []analytics.Cell{word(currency), word(m.Key), word(m.ZH), word(m.EN), word(string(m.Unit)), num(v.Num), num(v.Den), word(m.Formula)})
		}
	}
	add(string(r.Show.Currency), r.Metrics)
	for _, c := range r.ByCurrency {
		if c.Currency != r.Show.Currency {
			add(string(c.Currency), c.Values)
		}
	}
	return t
}

// creditTableOf has one row for each model, currency and key.
func creditTableOf(r *analytics.Report) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("model", "模型", "model"), text("currency", "币种", "currency"), text("by", "维度", "by"), text("key", "对象", "key"),
		{Key: "orders", ZH: "订单数", EN: "orders", Unit: analytics.UnitCount},
		{Key: "credit_minor", ZH: "归因金额", EN: "credit", Unit: analytics.UnitMinor, Money: true},
	}}
	for _, result := range r.Attribution {
		for _, total := range result.Totals {
			row := func(by, key string, orders, minor int64) {
				t.Rows = append(t.Rows, []analytics.Cell{word(result.Model), word(string(total.Currency)), word(by), word(key), num(orders), num(minor)})
			}
			for _, s := range total.ByChannel {
				row("channel", s.Key, s.Orders, s.Minor)
			}
			for _, s := range total.ByStage {
				row("stage", s.Key, s.Orders, s.Minor)
			}
			row("unattributed", "", total.UnattributedOrders, total.Unattributed)
			row("total", "", total.Orders, total.Value)
		}
	}
	return t
}

func lateTable(r *analytics.Report, say func(phrase) string) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("currency", "币种", "currency"), {Key: "days", ZH: "下播后天数", EN: "days after the end", Unit: analytics.UnitCount}, text("complete", "已满期", "complete"),
	}}
	for _, c := range analytics.LateColumns {
		t.Columns = append(t.Columns, c.Column)
	}
	for i := range r.AllLate {
		l := &r.AllLate[i]
		row := []analytics.Cell{word(string(l.Currency)), num(int64(l.Days)), word(progress(l, say))}
		t.Rows = append(t.Rows, append(row, lateCells(l)...))
	}
	return t
}

// lateCells are the amounts of a window, none of one that has not come.
func lateCells(l *analytics.LateSales) []analytics.Cell {
	var cells []analytics.Cell
	for _, c := range analytics.LateColumns {
		cells = append(cells, analytics.Cell{Num: c.Of(l), None: !l.Begun})
	}
	return cells
}

// notYet is said of a window that has not come.
var notYet = phrase{"尚未到来", "not yet"}

// progress says whether a window is complete.
func progress(l *analytics.LateSales, say func(phrase) string) string {
	if !l.Begun {
		return say(notYet)
	}
	return yes(l.Complete)
}

func correctionTable(r *analytics.Report) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("currency", "币种", "currency"), text("metric", "指标", "metric"),
		{Key: "final", ZH: "定稿", EN: "final", Unit: analytics.UnitCount},
		{Key: "now", ZH: "现在", EN: "now", Unit: analytics.UnitCount},
		{Key: "correction", ZH: "更正", EN: "correction", Unit: analytics.UnitCount},
	}}
	for _, c := range r.AfterFinal {
		t.Rows = append(t.Rows, []analytics.Cell{word(string(c.Currency)), word(c.Metric.Key), num(c.Final), num(c.Now), num(c.Now - c.Final)})
	}
	return t
}

// flat is a table as sheets have it: no nested tables, a rate in two columns,
// money in minor units under its key, so that no number is rounded.
func flat(t *analytics.Table) (head []analytics.Column, rows [][]analytics.Cell) {
	for _, c := range t.Columns {
		switch {
		case c.Unit == analytics.UnitList:
		case c.Rate:
			above, below := c, c
			above.Key, above.ZH, above.EN, above.Rate = c.Key+"_numerator", c.ZH+"(分子)", c.EN+", numerator", false
			below.Key, below.ZH, below.EN, below.Rate = c.Key+"_denominator", c.ZH+"(分母)", c.EN+", denominator", false
			head = append(head, above, below)
		default:
			head = append(head, c)
		}
	}
	for _, row := range t.Rows {
		var cells []analytics.Cell
		for i, c := range t.Columns {
			switch {
			case c.Unit == analytics.UnitList:
			case c.Rate:
				cells = append(cells, num(row[i].Num), num(row[i].Den))
			default:
				cells = append(cells, row[i])
			}
		}
		rows = append(rows, cells)
	}
	return head, rows
}

// isText reports whether cells of the column are words.
func isText(c *analytics.Column) bool {
	return slices.Contains([]analytics.Unit{analytics.UnitText, analytics.UnitTime}, c.Unit)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
