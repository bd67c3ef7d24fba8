package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// Trap 19. Identity after the fact: when it turns out that an order was another
// person's, buyers move and are not counted twice, and the past stays as it was
// told.
func TestTrap19_ABuyerIsCorrected(t *testing.T) {
	w := newTrapShop(t, 100)
	first, second := elsewhere(live.OrderLine{Goods: 100}), elsewhere(live.OrderLine{Goods: 50})
	second.Person = "p0" // before p1, so that only its time makes the correction stand
	w.said("o1", first, trapPaid("p", 100))
	w.said("o2", second, trapPaid("p", 50))
	w.want(map[string]int64{"buyers": 2, "order_uv": 2, "gmv_paid_minor": 150})
	then := w.clock()
	w.pass(time.Minute)
	right := elsewhere(live.OrderLine{Goods: 50})
	right.At = then.Add(-time.Hour) // stated earlier at its source, so it stands
	w.said("o2", right)
	w.want(map[string]int64{"buyers": 1, "order_uv": 1, "gmv_paid_minor": 150, "orders": 2, "orders_paid": 2})
	past := w.figures("s1", then)
	w.wantIn(&past, "CNY", map[string]int64{"buyers": 2})
}

// Trap 19, the other half: an anonymous visitor, an open id and a phone turn out
// to be a known customer. Merged late, in any order, the figures of orders and
// buyers are those of a shop that knew from the start; the correction says what
// was told and what is; undone, they are as before. (Figures of watching still
// count the names that viewers came under.)
func TestTrap19_IdentityLearnedLate(t *testing.T) {
	device := func(v string) live.Identifier { return live.Identifier{Kind: live.IdentityAnonymous, Value: v} }
	known := map[live.PersonID]live.PersonID{"d1": "u1", "d2": "u1", "u1": "u1", "d3": "u2", "u2": "u2", "d4": "d4"}
	buys := []live.PersonID{"d1", "u1", "d2", "d3", "d4", "u2", "d3"}
	sell := func(w *trapShop, name func(live.PersonID) live.PersonID) {
		for i, who := range buys {
			created := elsewhere(live.OrderLine{Goods: int64(100 * (i + 1))})
			created.Person = name(who)
			id := live.OrderID(fmt.Sprint("o", i))
			w.said(id, created)
			if who != "d4" {
				w.said(id, trapPaid("p", int64(100*(i+1))))
			}
			if i == 3 {
				w.said(id, trapRefund("r", "1", 100, 0))
			}
		}
	}
	always := newTrapShop(t, 100)
	sell(always, func(p live.PersonID) live.PersonID { return known[p] })
	want := always.figures("s1", always.clock()).Money

	steps := [][]live.Identifier{
		{device("d1"), {Kind: live.IdentityPhone, Value: "138 0013 8000"}},
		{device("d2"), {Kind: live.IdentityPlatform, Issuer: "douyin", Value: "open-7"}},
		{{Kind: live.IdentityLogin, Value: "u1"}, {Kind: live.IdentityPhone, Value: "13800138000"}},
		{{Kind: live.IdentityPlatform, Issuer: "douyin", Value: "open-7"}, {Kind: live.IdentityLogin, Value: "u1"}},
		{{Kind: live.IdentityLogin, Value: "u2"}, device("d3"), device("anonymous"), {Kind: live.IdentityPhone, Value: "000"}},
		{device("d4"), {Kind: live.IdentityPhone, Value: "000"}},
	}
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 1, 4, 0, 5, 2}} {
		w := newTrapShop(t, 100)
		sell(w, func(p live.PersonID) live.PersonID { return p })
		then := w.clock()
		told := w.figures("s1", then)
		w.pass(48 * time.Hour)
		for _, i := range order {
			if _, err := w.s.Identify(t.Context(), "m1", steps[i], "login"); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			w.pass(time.Second)
		}
		now := w.figures("s1", w.clock())
		if d := cmp.Diff(want, now.Money); d != "" {
			t.Errorf("%v: known from the start (-) and learned late (+):\n%s", order, d)
		}
		if d := cmp.Diff(told.Money, w.figures("s1", then).Money); d != "" {
			t.Errorf("%v: the past was rewritten:\n%s", order, d)
		}
		w.wantIn(&now, "CNY", map[string]int64{"buyers": 2, "order_uv": 3})
		w.wantIn(&told, "CNY", map[string]int64{"buyers": 5, "order_uv": 6})
		w.wantCorrections(order, "buyers", 5, 2)
		w.wantCorrections(order, "order_uv", 6, 3)

		for _, m := range given(w.s.Merges(t.Context(), "m1"))(t) {
			w.pass(time.Second)
			if err := w.s.Unmerge(t.Context(), "m1", m.N, "tried", trapOwner.Actor()); err != nil {
				t.Fatal(err)
			}
		}
		undone := w.figures("s1", w.clock())
		if d := cmp.Diff(told.Money, undone.Money); d != "" {
			t.Errorf("%v: as told (-) and after every merge was undone (+):\n%s", order, d)
		}
	}
}

// wantCorrections checks that the corrections of a metric lead from what was
// told to what is.
func (w *trapShop) wantCorrections(order []int, metric string, old, now int64) {
	w.t.Helper()
	at := old
	for _, row := range given(w.s.Outbox(w.t.Context(), 0, 1<<20))(w.t) {
		if row.Event.Kind != live.MetricCorrected {
			continue
		}
		var d struct {
			Metric   string
			Old, New int64
		}
		if err := json.Unmarshal(row.Event.Data, &d); err != nil {
			w.t.Fatal(err)
		}
		if _, known := analytics.Lookup(d.Metric); !known {
			w.t.Errorf("%q is no metric", d.Metric)
		}
		if d.Metric == metric {
			if d.Old != at {
				w.t.Errorf("%v: %s is corrected from %d, was %d", order, metric, d.Old, at)
			}
			at = d.New
		}
	}
	if at != now {
		w.t.Errorf("%v: %s was corrected to %d, want %d", order, metric, at, now)
	}
}
