package store

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// BenchmarkApplyFacts takes in history as an import does: 500 facts at a time,
// of orders of two lines that are created, paid and, one in eight, refunded.
func BenchmarkApplyFacts(b *testing.B) {
	s, c := fresh(b)
	const chunk = 500
	at := c.now().Add(-24 * time.Hour)
	var facts []Fact
	n, done := 0, 0
	b.ResetTimer()
	for b.Loop() {
		facts = facts[:0]
		for len(facts) < chunk {
			facts = append(facts, historic(n, at)...)
			n++
		}
		done += len(facts)
		if _, err := s.ApplyFacts(b.Context(), "m1", facts, c.now()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "facts/s")
}

// historic is the facts of one order of the past.
func historic(n int, at time.Time) []Fact {
	id := live.OrderID(fmt.Sprintf("o-%08d", n))
	say := func(f live.OrderFact) Fact {
		f.Source, f.Currency, f.At = "import", "CNY", at.Add(time.Duration(n)*time.Millisecond)
		return Fact{id, f}
	}
	out := []Fact{
		say(live.OrderFact{Kind: live.OrderCreated, Person: live.PersonID(fmt.Sprint("p", n%1000)), Lines: []live.OrderLine{
			{ID: "1", Product: "p1", SKU: "a", Qty: 1, Goods: 1990}, {ID: "2", Product: "p2", SKU: "b", Qty: 2, Goods: 500, Discount: 20},
		}}),
		say(live.OrderFact{Kind: live.OrderPaid, ID: "pay", PaidMinor: 2470}),
	}
	if n%8 == 0 {
		out = append(out, say(live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Refunds: []live.RefundLine{{Line: "1", Goods: 100}}}))
	}
	return out
}
