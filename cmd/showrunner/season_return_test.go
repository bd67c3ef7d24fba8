package main

import (
	"fmt"
	"maps"
	"time"

	"showrunner/live/sim"
)

// returns compares every cohort table and the rates of return.
func (c *seasonCheck) returns() {
	c.t.Helper()
	type rate struct{ Numerator, Denominator int64 }
	days := "&from=" + c.Begin.Format(time.DateOnly) + "&to=" + c.End().AddDate(0, 0, -1).Format(time.DateOnly)
	back := int64(0)
	for _, by := range []string{"period", "show", "channel", "agent"} {
		for _, act := range []string{"view", "order"} {
			for period, length := range map[string]int{"day": 1, "week": 7, "month": 30} {
				for _, mode := range []string{"on", "on_or_after"} {
					if !c.ask() {
						continue
					}
					q := sim.SeasonQuestion{By: by, Orders: act == "order", Length: length, OrAfter: mode == "on_or_after", Periods: 12}
					want := c.Cohorts(q)
					for _, g := range want {
						for _, cell := range g.Cells[1:] {
							back += cell[0]
						}
					}
					path := fmt.Sprintf("/v1/retention?by=%s&act=%s&period=%s&mode=%s&periods=12&limit=1000%s", by, act, period, mode, days)
					c.answers(path, want, func() any {
						var told struct {
							Cohorts []struct {
								Key       string
								Size      int64
								Intervals []struct{ Rate rate }
							}
						}
						c.get(path, &told)
						got := map[string]sim.Group{}
						for _, k := range told.Cohorts {
							g := sim.Group{Size: k.Size}
							for _, i := range k.Intervals {
								g.Cells = append(g.Cells, [2]int64{i.Rate.Numerator, i.Rate.Denominator})
							}
							got[k.Key] = g
						}
						return got
					})
				}
			}
		}
	}
	if back == 0 {
		c.t.Error("nobody ever comes back: the test sees nothing")
	}
	for n, next := range maps.All(map[int]int{7: 1, 30: 3}) {
		path := fmt.Sprintf("/v1/retention?days=%d&next=%d&periods=0%s", n, next, days)
		c.answers(path, c.Returns(n, next), func() any {
			var told struct {
				Rates struct {
					Repeat      rate `json:"repeat_rate"`
					RepeatBuyer rate `json:"repeat_buyer_rate"`
					RepeatOrder rate `json:"repeat_order_rate"`
					Frequency   rate `json:"purchase_frequency"`
					Retained    rate `json:"retained_traffic_rate"`
					Viewers     rate `json:"return_viewer_rate"`
				}
			}
			c.get(path, &told)
			pair := func(r rate) [2]int64 { return [2]int64{r.Numerator, r.Denominator} }
			r := &told.Rates
			return sim.Returns{
				Repeat: pair(r.Repeat), RepeatBuyer: pair(r.RepeatBuyer), RepeatOrder: pair(r.RepeatOrder), Frequency: pair(r.Frequency),
				Retained: pair(r.Retained), Viewers: pair(r.Viewers),
			}
		})
	}
}
