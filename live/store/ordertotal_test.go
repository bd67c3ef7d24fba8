package store

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// TestOrderTotals walks more orders than a page holds, in byte order, and holds
// their sums against the ledger of the show.
func TestOrderTotals(t *testing.T) {
	s, c := fresh(t)
	const n = 2*orderPage + 7
	var facts []Fact
	for i := range n {
		// Upper and lower case: languages sort them together, bytes do not.
		id := live.OrderID(fmt.Sprintf("%c%04d", "aBcD"[i%4], i))
		line := live.OrderLine{ID: "l1", SKU: "s1", Qty: 2, Goods: int64(100 + i), Subsidy: 3}
		facts = append(facts,
			Fact{id, live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: c.now(), Currency: "CNY", Show: "s", Room: "r", Person: live.PersonID(id), Lines: []live.OrderLine{line}}},
			Fact{id, live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: c.now().Add(time.Duration(i) * time.Minute), Currency: "CNY", PaidMinor: line.Payable()}})
	}
	for len(facts) > 0 {
		k := min(len(facts), maxFactBatch)
		if _, err := s.ApplyFacts(t.Context(), "m", facts[:k], c.now()); err != nil {
			t.Fatal(err)
		}
		facts = facts[k:]
	}
	var sum live.LedgerTotal
	last, seen := live.OrderID(""), 0
	for o, err := range s.OrderTotals(t.Context(), "m", "s") {
		if err != nil {
			t.Fatal(err)
		}
		if o.Order <= last {
			t.Fatalf("%s comes after %s", o.Order, last)
		}
		last, seen = o.Order, seen+1
		sum.Currency = o.Currency
		sum.Orders, sum.Paid, sum.Buyers = sum.Orders+o.Orders, sum.Paid+o.Paid, sum.Buyers+o.Buyers
		sum.SKUOrders, sum.SKUPaid = sum.SKUOrders+o.SKUOrders, sum.SKUPaid+o.SKUPaid
		sum.ItemsCreated, sum.ItemsPaid = sum.ItemsCreated+o.ItemsCreated, sum.ItemsPaid+o.ItemsPaid
		sum.CreatedMinor, sum.PaidMinor, sum.SubsidyMinor = sum.CreatedMinor+o.CreatedMinor, sum.PaidMinor+o.PaidMinor, sum.SubsidyMinor+o.SubsidyMinor
	}
	ledger, err := s.Ledger(t.Context(), "m", "s")
	if err != nil || len(ledger) != 1 || seen != n || ledger[0] != sum {
		t.Errorf("%d orders sum to %+v, the ledger says %+v, %v", seen, sum, ledger, err)
	}
	for o, err := range s.OrderTotals(t.Context(), "m", "s") {
		if err != nil || o.Order == "" {
			t.Fatalf("the first order: %+v %v", o, err)
		}
		break // A reader may have enough.
	}
	seen = 0
	for o, err := range s.TotalsPaid(t.Context(), "m", "r", c.now().Add(time.Minute), c.now().Add(11*time.Minute)) {
		if err != nil || o.PaidAt.IsZero() {
			t.Fatalf("paid order: %+v %v", o, err)
		}
		seen++
	}
	if seen != 10 {
		t.Errorf("%d orders were paid in ten minutes, want 10", seen)
	}
	seen = 0
	for h, err := range s.Histories(t.Context(), "m", c.now(), c.now().Add(time.Millisecond)) {
		if err != nil || len(h.Facts) != 2 || !h.Facts[0].Received.Equal(c.now()) {
			t.Fatalf("history: %+v %v", h, err)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d histories, want %d", seen, n)
	}
}
