package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// toldEarned are the facts about commissions after an id of the outbox, short.
func toldEarned(t testing.TB, s *Store, after int64) []string {
	t.Helper()
	rows, err := s.Outbox(t.Context(), after, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		e := r.Event
		if e.Kind != live.ReferralConverted && e.Kind != live.CommissionAccrued && e.Kind != live.CommissionReversed {
			continue
		}
		var data map[string]any
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s of %s by %s for %s:", e.Kind, data["order_id"], e.Person, data["referrer"])
		for _, key := range []string{"paid_minor", "commission_minor", "cause", "refund_id", "reason", "instead_of"} {
			if v, ok := data[key]; ok {
				line += fmt.Sprintf(" %s=%v", key, v)
			}
		}
		if e.Show != "s" || data["currency"] != "CNY" || e.Actor.Role != live.RoleSystem {
			t.Errorf("%s stands in %q, %s by %s", line, e.Show, data["currency"], e.Actor.Role)
		}
		out = append(out, line)
	}
	return out
}

// bookEnd is the last id of the outbox.
func bookEnd(t testing.TB, s *Store) int64 {
	t.Helper()
	rows, err := s.Outbox(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1].ID
}

func commissionLine(goods int64) []live.OrderLine {
	return []live.OrderLine{{ID: "l1", SKU: "a", Qty: 1, Goods: goods, CommissionBPS: 1000}}
}

// TestCommissionIsTold: what a bound buyer's order earns is told once, with its
// refund, however often the platform says it.
func TestCommissionIsTold(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	setRule(t, s, "all", "permanent", 0, 0)
	say := func(facts ...live.OrderFact) []string {
		t.Helper()
		c.add(time.Minute)
		after := bookEnd(t, s)
		batch := make([]Fact, len(facts))
		for i, f := range facts {
			f.Source = "shop"
			if f.At.IsZero() {
				f.At = c.now()
			}
			batch[i] = Fact{"o1", f}
		}
		for range 3 { // As platforms do.
			if _, err := s.ApplyFacts(ctx, "m1", batch, c.now()); err != nil {
				t.Fatal(err)
			}
		}
		return toldEarned(t, s, after)
	}
	expect := func(what string, got []string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	bind := func(referrer, who live.PersonID) {
		t.Helper()
		c.add(time.Minute)
		if _, err := s.Bind(ctx, "m1", linkOf(t, s, referrer), who); err != nil {
			t.Fatal(err)
		}
	}
	bind("ann", "d1")
	expect("an order is made", say(live.OrderFact{Kind: live.OrderCreated, Currency: "CNY", Show: "s", Room: "r", Person: "u1", Lines: commissionLine(10_000)}))
	expect("and paid by somebody who is bound to nobody", say(live.OrderFact{Kind: live.OrderPaid, ID: "p", Currency: "CNY", PaidMinor: 10_000}))
	// The buyer turns out to be the one who was bound, on another device.
	c.add(time.Minute)
	after := bookEnd(t, s)
	identified(t, s, "u1", login("u1"), device("d1"))
	expect("the buyer is known", toldEarned(t, s, after),
		"commission_accrued of o1 by u1 for ann: commission_minor=1000 reason=referrer_changed", "referral_converted of o1 by u1 for ann: paid_minor=10000")
	expect("a refund", say(live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 2_500}}}),
		"commission_reversed of o1 by u1 for ann: commission_minor=250 cause=refund_succeeded refund_id=r1")
	expect("two more at once",
		say(live.OrderFact{Kind: live.RefundSucceeded, ID: "r2", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 500}}},
			live.OrderFact{Kind: live.RefundSucceeded, ID: "r3", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 7_000}}}),
		"commission_reversed of o1 by u1 for ann: commission_minor=50 cause=refund_succeeded refund_id=r2",
		"commission_reversed of o1 by u1 for ann: commission_minor=700 cause=refund_succeeded refund_id=r3")
	// Nobody earns of themselves: all of it is taken back, and it is 0 already.
	c.add(time.Minute)
	after = bookEnd(t, s)
	identified(t, s, "u1", login("u1"), device("ann"))
	expect("the referrer is the buyer", toldEarned(t, s, after))

	totals, err := s.CommissionTotals(ctx, CommissionFilter{Merchant: "m1", Until: c.now().Add(time.Hour)})
	if err != nil || len(totals) != 1 || totals[0].Referrer != "" || totals[0].Due() != 0 {
		t.Errorf("totals %+v, %v", totals, err)
	}
}

// TestCommissionFollowsTheReferrer: what was told under a name that stood for
// two people is told to the right one when they turn out to be two.
func TestCommissionFollowsTheReferrer(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	setRule(t, s, "all", "permanent", 0, 0)
	if _, err := s.Bind(ctx, "m1", linkOf(t, s, "ann"), "p"); err != nil {
		t.Fatal(err)
	}
	c.add(time.Minute)
	identified(t, s, "boss", login("boss"), device("ann"))
	for _, f := range []live.OrderFact{
		{Kind: live.OrderCreated, Currency: "CNY", Show: "s", Room: "r", Person: "p", Lines: commissionLine(10_000)},
		{Kind: live.OrderPaid, ID: "p", Currency: "CNY", PaidMinor: 10_000},
	} {
		f.Source = "shop"
		if _, err := s.ApplyFacts(ctx, "m1", []Fact{{"o1", f}}, c.now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Unmerge(ctx, "m1", 1, "a shared device", operator.Actor()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"commission_accrued of o1 by p for boss: commission_minor=1000 cause=order_paid",
		"referral_converted of o1 by p for boss: paid_minor=10000",
		"commission_accrued of o1 by p for ann: commission_minor=1000 reason=referrer_changed",
		"commission_reversed of o1 by p for boss: commission_minor=1000 reason=referrer_changed",
		"referral_converted of o1 by p for ann: paid_minor=10000 instead_of=boss",
	}
	if d := cmp.Diff(want, toldEarned(t, s, 0)); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
}

// TestCommissionOfRehearsal: what is tried out earns nobody anything.
func TestCommissionOfRehearsal(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	setRule(t, s, "all", "permanent", 0, 0)
	stage(t, s, 3)
	do(t, s, live.EndShow, "end", ``)
	if _, err := s.CreateShow(ctx, live.Show{ID: "s2", Room: "r1", Title: "Friday"}, operator); err != nil {
		t.Fatal(err)
	}
	show := do(t, s, live.Rehearse, "r", ``).Show
	if _, err := s.Bind(ctx, "m1", linkOf(t, s, "ann"), "p"); err != nil {
		t.Fatal(err)
	}
	c.add(time.Minute)
	for _, f := range []live.OrderFact{
		{Kind: live.OrderCreated, Currency: "CNY", Show: show, Person: "p", Lines: commissionLine(1000)},
		{Kind: live.OrderPaid, ID: "p", Currency: "CNY", PaidMinor: 1000},
	} {
		f.Source = "shop"
		if _, err := s.ApplyFacts(ctx, "m1", []Fact{{"o1", f}}, c.now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := toldEarned(t, s, 0); got != nil {
		t.Errorf("told %q", got)
	}
}

// TestCommissionFactsAreTheLedger plays bindings, orders in any order and any
// number of times, merges and their ends: what was told adds up to what the
// ledger holds, for each referrer.
func TestCommissionFactsAreTheLedger(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		m := live.MerchantID(fmt.Sprintf("m%d", round))
		after := bookEndOf(r, s)
		if _, err := s.SetReferralRule(ctx, live.ReferralRule{Merchant: m, Who: "all", Term: "overwrite"}, operator.Actor()); err != nil {
			r.Fatal(err)
		}
		people := []live.PersonID{"a", "b", "c", "d"}
		person := rapid.SampledFrom(people)
		orders := rapid.SampledFrom([]live.OrderID{"o1", "o2", "o3"})
		started := c.now()
		instant := func() time.Time { // of an order, at any time since the round began
			return started.Add(time.Duration(rapid.Int64Range(0, c.now().Sub(started).Milliseconds()).Draw(r, "at")) * time.Millisecond)
		}
		var said []Fact
		r.Repeat(map[string]func(*rapid.T){
			"bind": func(r *rapid.T) {
				k, err := s.ShareLink(ctx, live.ShareToken{Merchant: m, Person: person.Draw(r, "referrer")})
				if err == nil {
					_, _ = s.Bind(ctx, m, k.Token, person.Draw(r, "person")) // A loop and an own link are refused.
				}
			},
			"unbind": func(r *rapid.T) { _ = s.Unbind(ctx, m, person.Draw(r, "person"), "", operator.Actor()) }, // Or bound to nobody.
			"merge": func(r *rapid.T) {
				_, _ = s.JoinPersons(ctx, m, person.Draw(r, "one"), person.Draw(r, "other"), "", operator.Actor()) // Or of somebody unknown.
			},
			"part": func(r *rapid.T) {
				if log, err := s.Merges(ctx, m); err == nil && len(log) > 0 {
					_ = s.Unmerge(ctx, m, rapid.Int64Range(1, int64(len(log))).Draw(r, "n"), "", operator.Actor()) // Or undone before.
				}
			},
			"say": func(r *rapid.T) {
				kind := rapid.SampledFrom([]live.Kind{live.OrderCreated, live.OrderPaid, live.OrderPaid, live.RefundSucceeded, live.OrderCancelled}).Draw(r, "kind")
				f := Fact{orders.Draw(r, "order"), live.OrderFact{Kind: kind, Source: "shop", At: instant(), Currency: "CNY"}}
				switch kind {
				case live.OrderCreated:
					f.Person, f.Lines = person.Draw(r, "buyer"), commissionLine(1000)
				case live.OrderPaid:
					f.ID, f.PaidMinor = "p", 1000
				case live.RefundSucceeded:
					f.ID, f.Refunds = rapid.SampledFrom([]string{"r1", "r2"}).Draw(r, "refund"), []live.RefundLine{{Line: "l1", Goods: rapid.Int64Range(1, 600).Draw(r, "goods")}}
				case live.OrderCancelled:
					f.CancelType = live.CancelMerchant
				}
				said = append(said, f)
				if _, err := s.ApplyFacts(ctx, m, []Fact{f}, c.now()); err != nil {
					r.Fatal(err)
				}
			},
			"say again": func(r *rapid.T) {
				if len(said) > 0 {
					if _, err := s.ApplyFacts(ctx, m, said, c.now()); err != nil {
						r.Fatal(err)
					}
				}
			},
			"": func(r *rapid.T) {
				c.add(time.Duration(1+rapid.IntRange(0, 3).Draw(r, "step")) * time.Millisecond)
				if err := s.settleLate(ctx); err != nil {
					r.Fatal(err)
				}
				sameAsLedger(r, s, m, after)
			},
		})
	})
}

func bookEndOf(r *rapid.T, s *Store) int64 {
	var end int64
	if err := s.reader(r.Context()).row(`SELECT COALESCE(MAX(id), 0) FROM outbox`).Scan(&end); err != nil {
		r.Fatal(err)
	}
	return end
}

// sameAsLedger holds the facts of a merchant against the ledger and the orders.
func sameAsLedger(r *rapid.T, s *Store, m live.MerchantID, after int64) {
	ctx := r.Context()
	rows, err := s.Outbox(ctx, after, 100_000)
	if err != nil {
		r.Fatal(err)
	}
	due, converted := map[string]int64{}, map[string]string{}
	for _, row := range rows {
		e := row.Event
		var data struct {
			Order    string        `json:"order_id"`
			Referrer live.PersonID `json:"referrer"`
			Minor    int64         `json:"commission_minor"`
			Instead  string        `json:"instead_of"`
		}
		sign := map[live.Kind]int64{live.CommissionAccrued: 1, live.CommissionReversed: -1, live.ReferralConverted: 0}
		by, ok := sign[e.Kind]
		if !ok || e.Merchant != m {
			continue
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			r.Fatal(err)
		}
		if by != 0 && data.Minor <= 0 {
			r.Fatalf("%s of %d", e.Kind, data.Minor)
		}
		one, err := s.PersonOf(ctx, m, data.Referrer)
		if err != nil {
			r.Fatal(err)
		}
		due[string(one)] += by * data.Minor
		if by == 0 {
			if converted[data.Order] != data.Instead && data.Instead != "" {
				r.Fatalf("order %s converted for %s instead of %s, and %s was told", data.Order, data.Referrer, data.Instead, converted[data.Order])
			}
			converted[data.Order] = string(data.Referrer)
		}
	}
	maps.DeleteFunc(due, func(_ string, minor int64) bool { return minor == 0 })
	want := map[string]int64{}
	totals, err := s.CommissionTotals(ctx, CommissionFilter{Merchant: m, Until: time.UnixMilli(1 << 50)})
	if err != nil {
		r.Fatal(err)
	}
	for _, x := range totals {
		if x.Referrer != "" && x.Due() != 0 {
			want[string(x.Referrer)] = x.Due()
		}
	}
	if d := cmp.Diff(want, due); d != "" {
		r.Fatalf("the facts are not the ledger (-ledger +facts):\n%s", d)
	}
}
