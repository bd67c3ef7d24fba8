package analytics

import "showrunner/live"

// Channels of persons whose arrival names none.
const (
	// ChannelDirect is the channel of an entry that names none.
	ChannelDirect = "direct"
	// ChannelUnknown is the channel of persons who never entered the room:
	// orders from outside, heartbeats whose entry was lost.
	ChannelUnknown = "unknown"
)

// SourceTable shows the channels of arrival in the show's currency, with the
// other currencies beside it, sorted by channel.
func SourceTable(f *Figures, currency live.Currency) Table {
	t := Table{Columns: []Column{
		{Key: "channel", ZH: "来源渠道", EN: "channel", Unit: UnitText, Formula: "channel of the person's first entry"},
		like("watch_pv"), like("watch_uv"),
		{Key: "watch_uv_share", ZH: "渠道占比(人)", EN: "share of viewers", Unit: UnitRatio, Rate: true, Formula: "watch_uv of the channel / watch_uv"},
		like("buyers"), like("view_to_pay"), like("gmv_paid_minor"), like("gmv_net_minor"),
		{Key: "gmv_paid_share", ZH: "渠道占比(金额)", EN: "share of GMV paid", Unit: UnitRatio, Rate: true, Money: true, Formula: "gmv_paid of the channel / gmv_paid"},
		{Key: "by_currency", ZH: "分币种", EN: "by currency", Unit: UnitList, Money: true},
	}}
	total := Read(f, currency, -1)
	for i := range f.Sources {
		s := &f.Sources[i]
		var x SourceMoney
		list := &Table{Columns: []Column{
			{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText}, like("gmv_paid_minor"), like("gmv_net_minor"),
		}}
		for _, sm := range s.Money {
			if sm.Currency == currency {
				x = sm
			}
			list.Rows = append(list.Rows, []Cell{textCell(string(sm.Currency)), numCell(sm.Paid), numCell(sm.Net)})
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(s.Channel), numCell(s.WatchPV), numCell(s.WatchUV), rateCell(s.WatchUV, f.Traffic.WatchUV),
			numCell(s.Buyers), rateCell(s.Buyers, s.WatchUV), numCell(x.Paid), numCell(x.Net), rateCell(x.Paid, total.Money.Paid),
			{List: list},
		})
	}
	return t
}
