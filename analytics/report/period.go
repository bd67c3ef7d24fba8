package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"showrunner/analytics"
	"showrunner/live"
)

//go:embed period.html
var periodText string

// WritePeriods prints a comparison of periods in one of [ComparisonFormats]. lang
// is the language of html and xlsx. The same comparison gives the same bytes.
func WritePeriods(w io.Writer, c *analytics.PeriodComparison, format, lang string) error {
	p := printer{english: lang == "en", zone: c.Period.Zone}
	var err error
	items := c.Table()
	switch format {
	case "json":
		err = periodsJSON(w, c, &items)
	case "csv":
		err = tableCSV(w, &items)
	case "xlsx":
		b := newBook(&p)
		periods, bridge, shows := periodTable(c), c.Bridge(), c.ShowTable()
		b.table(p.say(phrase{"时段", "periods"}), &periods)
		b.table(p.say(phrase{"对比", "comparison"}), &items)
		b.table(p.say(phrase{"口径换算", "bridge"}), &bridge)
		b.table(p.say(phrase{"场次", "shows"}), &shows)
		return b.write(w, analytics.Stamp(c.AsOf))
	case "html":
		err = periodsHTML(w, c, &items, &p)
	default:
		return live.Invalid("format_unavailable", "format", "must be json, html, csv or xlsx")
	}
	if err != nil {
		return fmt.Errorf("write comparison of periods as %s: %w", format, err)
	}
	return nil
}

// periodTable says which days stand side by side.
func periodTable(c *analytics.PeriodComparison) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("side", "时段", "side"), text("from", "首日", "first day"), text("to", "末日", "last day"), text("time_zone", "时区", "time zone"),
		text("from_at", "起始时刻", "begins"), text("until_at", "截止时刻", "ends before"),
		{Key: "days", ZH: "天数", EN: "days", Unit: analytics.UnitCount, Formula: "calendar days"},
		{Key: "length_ms", ZH: "时长", EN: "length", Unit: analytics.UnitMS, Formula: "ends before - begins: days on which clocks change are not of 24 hours"},
		{Key: "shows", ZH: "场次数", EN: "shows", Unit: analytics.UnitCount, Formula: "shows that started in it"},
	}}
	for _, x := range []struct {
		name string
		side *analytics.PeriodSide
	}{{"period", &c.Period}, {"against", &c.Against}} {
		s := x.side
		t.Rows = append(t.Rows, []analytics.Cell{
			word(x.name), word(s.First()), word(s.Last()), word(s.Zone.String()), word(analytics.Stamp(s.From)), word(analytics.Stamp(s.Until)),
			num(int64(s.Days())), num(s.Until.Sub(s.From).Milliseconds()), num(int64(len(s.Shows))),
		})
	}
	return t
}

func periodsJSON(w io.Writer, c *analytics.PeriodComparison, items *analytics.Table) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		AsOf     string          `json:"as_of"`
		Complete bool            `json:"complete"`
		Periods  analytics.Table `json:"periods"`
		Items    analytics.Table `json:"items"`
		Bridge   analytics.Table `json:"bridge"`
		Shows    analytics.Table `json:"shows"`
	}{analytics.Stamp(c.AsOf), c.Complete, periodTable(c), *items, c.Bridge(), c.ShowTable()})
}

// periodRow is one figure of both periods.
type periodRow struct{ ZH, EN, Tip, Now, Then, Change, Range, Outcome string }

// periodBlock is the figures of one axis in one currency, or of those of none.
type periodBlock struct {
	Axis, Currency string
	Rows           []periodRow
}

// outcomes are the words of what can be said of a change.
var outcomes = map[string]phrase{
	analytics.ChangeRose:     {"上升", "rose"},
	analytics.ChangeFell:     {"下降", "fell"},
	analytics.ChangeNotShown: {"无显著变化", "no change shown"},
	analytics.ChangeTooSmall: {"样本过小", "sample too small"},
	analytics.ChangeNoRange:  {},
}

// periodsHTML prints the figures as rows and the two periods as columns.
func periodsHTML(w io.Writer, c *analytics.PeriodComparison, items *analytics.Table, p *printer) error {
	t, err := template.New("period").Funcs(template.FuncMap{"label": p.label}).Parse(topText + periodText)
	if err != nil {
		return err
	}
	blocks, err := periodBlocks(items, p)
	if err != nil {
		return err
	}
	periods, bridge, shows := periodTable(c), c.Bridge(), c.ShowTable()
	var out bytes.Buffer
	if err := t.Execute(&out, struct {
		Title                  heading
		Lang, AsOf             string
		Complete               bool
		Periods, Bridge, Shows table
		Blocks                 []periodBlock
	}{heading{"时段对比", "Comparison of periods"}, p.lang(), analytics.Stamp(c.AsOf), c.Complete, p.table(&periods), p.amounts(&bridge), p.amounts(&shows), blocks}); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func periodBlocks(items *analytics.Table, p *printer) ([]periodBlock, error) {
	var blocks []periodBlock
	numerator, difference, change := items.Column("numerator"), items.Column("difference"), items.Column("change")
	low, high, outcome := items.Column("difference_low"), items.Column("difference_high"), items.Column("outcome")
	for _, row := range items.Rows {
		axis, currency := row[0].Text, row[1].Text
		if n := len(blocks); n == 0 || blocks[n-1].Axis != axis || blocks[n-1].Currency != currency {
			blocks = append(blocks, periodBlock{Axis: axis, Currency: currency})
		}
		m, ok := analytics.Lookup(row[2].Text)
		if !ok {
			return nil, fmt.Errorf("no metric %s", row[2].Text)
		}
		q := *p
		q.currency = live.Currency(currency)
		now := analytics.Value{Metric: m, Num: row[numerator].Num, Den: row[numerator+1].Num}
		then := analytics.Value{Metric: m, Num: row[numerator+2].Num, Den: row[numerator+3].Num}
		x := periodRow{ZH: m.ZH, EN: m.EN, Tip: define(now), Now: q.value(now), Then: q.value(then), Change: "–", Outcome: p.say(outcomes[row[outcome].Text])}
		if d := row[difference]; d.Den != 0 {
			if x.Change = q.number(m.Unit, d.Num); m.IsRate() {
				x.Change = q.rate(m.Unit, d.Num, d.Den)
			}
			if d.Num > 0 {
				x.Change = "+" + x.Change
			}
		}
		if r := row[change]; r.Den != 0 {
			x.Change += " · " + q.rate(analytics.UnitRatio, r.Num, r.Den)
		}
		if row[low].Den != 0 {
			x.Range = q.rate(m.Unit, row[low].Num, row[low].Den) + " … " + q.rate(m.Unit, row[high].Num, row[high].Den)
		}
		block := &blocks[len(blocks)-1]
		block.Rows = append(block.Rows, x)
	}
	return blocks, nil
}

// amounts prints a table whose rows are of several currencies: what is money in
// that of the row.
func (p *printer) amounts(t *analytics.Table) table {
	out := p.table(t)
	currency, key := t.Column("currency"), t.Column("key")
	for i, row := range t.Rows {
		q := *p
		q.currency = live.Currency(row[currency].Text)
		for k, c := range t.Columns {
			money := c.Unit == analytics.UnitMinor
			if key >= 0 && c.Unit == analytics.UnitCount {
				m, ok := analytics.Lookup(row[key].Text)
				money = ok && m.Unit == analytics.UnitMinor
			}
			if money {
				out.Rows[i][k].Text = q.number(analytics.UnitMinor, row[k].Num)
			}
		}
	}
	return out
}
