package analytics

import (
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// bridged are the sums that lead from one axis to the other; persons and rates do
// not add up.
func bridged() (keys []string, of []func(*Money) int64) {
	for i := range reconciled {
		if reconciled[i].figure != figureBuyers {
			keys, of = append(keys, reconciled[i].figure), append(of, reconciled[i].money)
		}
	}
	return keys, of
}

// Bridge leads from what moved in each period to what its shows made, to the last
// unit: by_started = by_moved - other_shows - no_show + moved_outside.
func (c *PeriodComparison) Bridge() Table {
	t := Table{Columns: []Column{
		{Key: "side", ZH: "时段", EN: "side", Unit: UnitText, Formula: "period or against"},
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
		{Key: "key", ZH: "指标", EN: "key", Unit: UnitText},
		{Key: "by_moved", ZH: "按资金变动时间", EN: "by when it moved", Unit: UnitCount, Formula: "what moved in the period, of whichever show and of none"},
		{Key: "other_shows", ZH: "其中其他时段开播的场次", EN: "of shows of other days", Unit: UnitCount, Formula: "the part of it that is of shows which started before the period or after it"},
		{Key: "no_show", ZH: "其中不属于任何场次", EN: "of no show", Unit: UnitCount, Formula: "the part of it that is of orders of no show"},
		{Key: "moved_outside", ZH: "时段外的变动", EN: "moved outside", Unit: UnitCount, Formula: "what moved before the period or after it, of the shows that started in it: after midnight, or refunds since"},
		{Key: "by_started", ZH: "按开播时间", EN: "by the start of shows", Unit: UnitCount, Formula: "by_moved - other_shows - no_show + moved_outside: all that the shows that started in the period made"},
	}}
	keys, of := bridged()
	for _, name := range []string{"period", "against"} {
		s := c.sides()[name]
		own := map[live.ShowID]bool{}
		for i := range s.Shows {
			own[s.Shows[i].ID] = true
		}
		type sums struct{ moved, other, none, outside, started int64 }
		seen := map[live.Currency]bool{}
		for i := range s.Parts {
			seen[s.Parts[i].Money.Currency] = true
		}
		for _, currency := range slices.Sorted(maps.Keys(seen)) {
			for k, key := range keys {
				var x sums
				for i := range s.Parts {
					part := &s.Parts[i]
					if part.Money.Currency != currency {
						continue
					}
					n := of[k](&part.Money)
					switch {
					case part.Inside && part.Show == "":
						x.none += n
					case part.Inside && !own[part.Show]:
						x.other += n
					case !part.Inside && own[part.Show]:
						x.outside += n
					}
					if part.Inside {
						x.moved += n
					}
					if own[part.Show] {
						x.started += n
					}
				}
				t.Rows = append(t.Rows, []Cell{
					textCell(name), textCell(string(currency)), textCell(key),
					numCell(x.moved), numCell(x.other), numCell(x.none), numCell(x.outside), numCell(x.started),
				})
			}
		}
	}
	return t
}

// ShowTable names the shows behind both axes: on which days each began and ended,
// and what of its money moved within the period and outside.
func (c *PeriodComparison) ShowTable() Table {
	t := Table{Columns: []Column{
		{Key: "side", ZH: "时段", EN: "side", Unit: UnitText, Formula: "period or against"},
		{Key: "show_id", ZH: "场次", EN: "show", Unit: UnitText},
		{Key: "room_id", ZH: "直播间", EN: "room", Unit: UnitText},
		{Key: "title", ZH: "标题", EN: "title", Unit: UnitText},
		{Key: "started_in", ZH: "在时段内开播", EN: "started in it", Unit: UnitText, Formula: "yes: the show is of the period by its start; no: only money of it moved then"},
		{Key: "started_at", ZH: "开播", EN: "started", Unit: UnitTime},
		{Key: "ended_at", ZH: "下播", EN: "ended", Unit: UnitTime},
		{Key: "started_day", ZH: "开播日", EN: "day of the start", Unit: UnitText},
		{Key: "ended_day", ZH: "下播日", EN: "day of the end", Unit: UnitText, Formula: "another than the day of the start: a show across midnight"},
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
		{Key: "gmv_paid_inside_minor", ZH: "时段内支付金额", EN: "GMV paid within", Unit: UnitMinor, Money: true, Formula: "gmv_paid of the show that moved within the period"},
		{Key: "gmv_paid_outside_minor", ZH: "时段外支付金额", EN: "GMV paid outside", Unit: UnitMinor, Money: true, Formula: "gmv_paid of the show that moved outside of it; not told of shows of other days"},
		{Key: "gmv_net_inside_minor", ZH: "时段内净成交金额", EN: "GMV net within", Unit: UnitMinor, Money: true, Formula: "gmv_net of the show that moved within the period"},
		{Key: "gmv_net_outside_minor", ZH: "时段外净成交金额", EN: "GMV net outside", Unit: UnitMinor, Money: true, Formula: "gmv_net of the show that moved outside of it; not told of shows of other days"},
	}}
	for _, name := range []string{"period", "against"} {
		s := c.sides()[name]
		for i := range s.Shows {
			t.show(name, s, &s.Shows[i], "yes")
		}
		for i := range s.Others {
			t.show(name, s, &s.Others[i], "no")
		}
	}
	return t
}

// show adds a show, a row for each currency that it has, one at least.
func (t *Table) show(side string, s *PeriodSide, show *live.Show, in string) {
	currencies := map[live.Currency]bool{show.Currency: true}
	for i := range s.Parts {
		if s.Parts[i].Show == show.ID {
			currencies[s.Parts[i].Money.Currency] = true
		}
	}
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(s.Zone).Format(time.DateOnly)
	}
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		var paid, net [2]int64
		for i := range s.Parts {
			if part := &s.Parts[i]; part.Show == show.ID && part.Money.Currency == currency {
				at := 1
				if part.Inside {
					at = 0
				}
				paid[at] += part.Money.Paid
				net[at] += part.Money.Net()
			}
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(side), textCell(string(show.ID)), textCell(string(show.Room)), textCell(show.Title), textCell(in),
			textCell(Stamp(show.StartedAt)), textCell(Stamp(show.EndedAt)), textCell(day(show.StartedAt)), textCell(day(show.EndedAt)), textCell(string(currency)),
			numCell(paid[0]), numCell(paid[1]), numCell(net[0]), numCell(net[1]),
		})
	}
}
