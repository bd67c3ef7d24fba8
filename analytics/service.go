package analytics

import (
	"time"

	"showrunner/conversion"
)

// Assisted is what service earned of the orders of a show.
type Assisted struct {
	Window time.Duration // before the payment
	Totals []conversion.AssistTotal
}

// assistNames say what a row is told by.
var assistNames = map[conversion.AssistBy][2]string{
	"": {"全部", "all"}, conversion.AssistByAgent: {"客服", "agent"}, conversion.AssistByGroup: {"社群", "group"}, conversion.AssistByEntry: {"服务入口", "entry"},
}

// ServiceTable shows what service earned, by currency: all assisted orders, each
// once, then agents, groups and entries, which do not add up.
func ServiceTable(a *Assisted) Table {
	t := Table{Columns: []Column{
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
		{Key: "by", ZH: "类型", EN: "kind", Unit: UnitText, Formula: "empty: all assisted orders, each once"},
		{Key: "name_zh", ZH: "维度", EN: "by", Unit: UnitText, Formula: "rows of one kind do not add up: two agents may have served one buyer"},
		{Key: "name_en", ZH: "维度", EN: "by", Unit: UnitText, Formula: "rows of one kind do not add up: two agents may have served one buyer"},
		{Key: "key", ZH: "对象", EN: "who", Unit: UnitText, Formula: "agent, group or entry"},
		defined("service_assisted_orders"), defined("service_assisted_gmv_minor"), defined("service_assisted_share"),
	}}
	for i := range a.Totals {
		x := &a.Totals[i]
		for _, r := range append([]conversion.Assist{x.Assisted}, x.Rows...) {
			name := assistNames[r.By]
			t.Rows = append(t.Rows, []Cell{
				textCell(string(x.Currency)), textCell(string(r.By)), textCell(name[0]), textCell(name[1]), textCell(r.Key), numCell(r.Orders), numCell(r.Net), rateCell(r.Net, x.Net),
			})
		}
	}
	return t
}

// defined is a column of a figure of the dictionary.
func defined(key string) Column {
	d, ok := Define(key)
	if !ok {
		panic("BUG: no figure " + key)
	}
	return Column{Key: d.Key, ZH: d.ZH, EN: d.EN, Unit: d.Unit, Rate: d.Denominator != "", Money: d.Money, Formula: d.Formula}
}
