package main

import (
	"fmt"
	"maps"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/sim"
)

// credits compares the merchant's attribution: by the models that are sums with
// what is true, by the others with what a merchant is told of whom everybody goes
// by one name. told is of the season, by question.
func (c *seasonCheck) credits(told map[string]map[string]int64) {
	c.t.Helper()
	type answer struct {
		Totals []struct {
			Orders             int64
			Value              int64 `json:"value_minor"`
			Unattributed       int64 `json:"unattributed_minor"`
			UnattributedOrders int64 `json:"unattributed_orders"`
			HeldOut            int64 `json:"holdout_value_minor"`
			HeldOutOrders      int64 `json:"holdout_orders"`
			New                int64 `json:"new_customers"`
			Credits            []struct {
				Key   string
				Value int64 `json:"value_minor"`
				Cost  int64 `json:"cost_minor"`
			}
		}
		Holdout struct {
			Control, Treated struct{ Persons, Buyers int64 }
		}
	}
	for _, by := range []string{"channel", "stage", "agent", "group", "show", "host", "referrer"} {
		for _, model := range []string{"first", "last", "last_non_direct", "linear", "participation"} {
			if !c.ask() {
				continue
			}
			path := fmt.Sprintf("/v1/attribution?model=%s&by=%s&%s", model, by, c.span())
			want := c.Earned(model, by)
			drop := func(m map[string]int64) { maps.DeleteFunc(m, func(_ string, v int64) bool { return v == 0 }) }
			drop(want.Credits)
			c.answers(path, want, func() any {
				var a answer
				c.get(path, &a)
				got := sim.Earned{Credits: map[string]int64{}, Costs: map[string]int64{}}
				got.Control, got.Treated = [2]int64{a.Holdout.Control.Buyers, a.Holdout.Control.Persons}, [2]int64{a.Holdout.Treated.Buyers, a.Holdout.Treated.Persons}
				for _, t := range a.Totals {
					got.Orders, got.Value, got.Unattributed, got.UnattributedOrders = t.Orders, t.Value, t.Unattributed, t.UnattributedOrders
					got.HeldOut, got.HeldOutOrders, got.New = t.HeldOut, t.HeldOutOrders, t.New
					for _, k := range t.Credits {
						got.Credits[k.Key], got.Costs[k.Key] = k.Value, k.Cost
					}
				}
				drop(got.Credits)
				drop(got.Costs)
				return got
			})
		}
		for _, model := range []string{"markov", "markov&order=2", "shapley", "position", "time_decay"} {
			if c.way == seasonKnown {
				continue
			}
			path := fmt.Sprintf("/v1/attribution?model=%s&by=%s&%s", model, by, c.span())
			var a answer
			c.get(path, &a)
			got := map[string]int64{}
			for _, t := range a.Totals {
				for _, k := range t.Credits {
					got[k.Key] = k.Value
				}
			}
			if told[path] == nil {
				told[path] = got
			}
			if d := cmp.Diff(told[path], got); d != "" {
				c.t.Errorf("%s: told of who goes by one name (-), told (+):\n%s", path, d)
			}
		}
	}
}

// commissions compares every entry of what was earned and taken back, and the sums.
func (c *seasonCheck) commissions() {
	c.t.Helper()
	type entry struct {
		To, Order, Type string
		At              time.Time
		Minor           int64
	}
	name := func(who int) string {
		if who < 0 {
			return ""
		}
		return string(c.Login(who))
	}
	var want []entry
	type row struct{ People, New, Orders, Paid, Net, Accrued, Reversed int64 }
	rows := map[string]row{}
	for _, b := range c.Commissions() {
		want = append([]entry{{name(b.To), b.Order, string(b.Kind), b.At.UTC(), b.Minor}}, want...) // the last first
		r := rows[name(b.To)]
		if b.Minor > 0 {
			r.Accrued += b.Minor
		} else {
			r.Reversed -= b.Minor
		}
		rows[name(b.To)] = r
	}
	c.answers("commissions", want, func() any {
		var got []entry
		for cursor := ""; ; {
			var page struct {
				Items []struct {
					Referrer string    `json:"referrer_id"`
					Order    string    `json:"order_id"`
					Minor    int64     `json:"commission_minor"`
					Type     string    `json:"type"`
					At       time.Time `json:"fact_at"`
				}
				Next string `json:"next_cursor"`
			}
			path := "/v1/referral/commissions?limit=50&" + c.span()
			if cursor != "" {
				path += "&cursor=" + cursor
			}
			c.get(path, &page)
			for _, i := range page.Items {
				got = append(got, entry{i.Referrer, i.Order, i.Type, i.At.UTC(), i.Minor})
			}
			if cursor = page.Next; cursor == "" {
				return got
			}
		}
	})

	first, people := map[int]bool{}, map[[2]int]bool{}
	for _, o := range c.Orders() {
		if o.Paid == 0 {
			continue
		}
		up, isNew := c.Upline(o.Who, o.Created), !first[o.Who]
		first[o.Who] = true
		if up < 0 {
			continue
		}
		r := rows[name(up)]
		r.Orders++
		r.Paid += o.Paid
		r.Net += o.Net
		if !people[[2]int{up, o.Who}] {
			r.People++
			people[[2]int{up, o.Who}] = true
		}
		if isNew {
			r.New++
		}
		rows[name(up)] = r
	}
	unassigned := rows[""].Accrued - rows[""].Reversed
	delete(rows, "")
	type word struct {
		sim.Spread
		Rows       map[string]row
		Unassigned int64
	}
	c.answers("word of mouth", word{c.Spread(), rows, unassigned}, func() any {
		var told struct {
			sim.Spread
			Totals []struct {
				Unassigned int64 `json:"commission_unassigned_minor"`
			}
			Referrers []struct {
				Referrer string `json:"referrer_id"`
				People   int64
				New      int64 `json:"referral_new"`
				Orders   int64
				Paid     int64 `json:"referral_gmv_minor"`
				Net      int64 `json:"referral_net_minor"`
				Accrued  int64 `json:"commission_accrued_minor"`
				Reversed int64 `json:"commission_reversed_minor"`
			}
		}
		c.get("/v1/referral?"+c.span(), &told)
		got := word{told.Spread, map[string]row{}, 0}
		for _, t := range told.Totals {
			got.Unassigned += t.Unassigned
		}
		for _, r := range told.Referrers {
			got.Rows[r.Referrer] = row{r.People, r.New, r.Orders, r.Paid, r.Net, r.Accrued, r.Reversed}
		}
		return got
	})
}

func hasReversal(list []sim.Booked) bool {
	for _, b := range list {
		if b.Kind == live.RefundSucceeded && b.To >= 0 {
			return true
		}
	}
	return false
}
