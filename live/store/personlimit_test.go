package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// limitTo lets one person buy at most n of SKU a.
func limitTo(t *testing.T, s *Store, n int64) {
	t.Helper()
	if _, err := s.PatchItem(t.Context(), "s1", "a", ItemPatch{PerPerson: &n}, operator, s.now()); err != nil {
		t.Fatal(err)
	}
}

func TestPersonLimit(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 50)
	limitTo(t, s, 3)
	a := func(n int64) live.WantedLine { return live.WantedLine{SKU: "a", Qty: n} }
	refused := func(who string, n, have int64) {
		t.Helper()
		before := item(t, s, "a")
		_, err := buy(s, t.Context(), who, fmt.Sprint("no-", n, "-", have, "-", len(events(t, s))), a(n))
		e := wantCode(t, err, "person_limit")
		if e.Data["sku_id"] != "a" || e.Data["limit"] != int64(3) || e.Data["have"] != have || e.Fault != live.FaultConflict {
			t.Errorf("data = %v, want have %d", e.Data, have)
		}
		if after := item(t, s, "a"); after != before {
			t.Errorf("a refusal moved stock: %+v, was %+v", after, before)
		}
	}
	refused("v1", 4, 0)
	first := mustBuy(t, s, "v1", "c1", a(2))
	if again := mustBuy(t, s, "v1", "c1", a(2)); !again.Replay {
		t.Error("a repeat is not the first answer")
	}
	refused("v1", 2, 2)
	_ = mustBuy(t, s, "v2", "c1", a(3))                              // another person
	_ = mustBuy(t, s, "v1", "b", live.WantedLine{SKU: "b", Qty: 40}) // another SKU
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{said{first.ID, c.now()}.paid("p", 0, first.Total)}, c.now()); err != nil {
		t.Fatal(err)
	}
	refused("v1", 2, 2) // paid counts
	second := mustBuy(t, s, "v1", "c2", a(1))
	refused("v1", 1, 3)
	if _, err := s.CancelOrder(t.Context(), "m1", second.ID, viewer("v1"), c.now()); err != nil {
		t.Fatal(err)
	}
	_ = mustBuy(t, s, "v1", "c3", a(1)) // what was cancelled does not
	refused("v1", 1, 3)
	c.add(time.Hour)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = mustBuy(t, s, "v1", "c4", a(1)) // nor what ran out
	limitTo(t, s, 0)
	_ = mustBuy(t, s, "v1", "c5", a(20))
	wantStockHeld(t, s)
}

// However many orders of one person come at once, they get no more than theirs.
func TestPersonLimitAtOnce(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 1000)
	limitTo(t, s, 3)
	var wg sync.WaitGroup
	var got [4]atomic.Int64
	for i := range 80 {
		wg.Go(func() {
			_, err := buy(s, t.Context(), fmt.Sprint("v", i%4), fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: 1})
			if err == nil {
				got[i%4].Add(1)
			} else if !errors.Is(err, live.Conflict("person_limit", "")) {
				t.Errorf("buy: %v", err)
			}
		})
	}
	wg.Wait()
	for i := range got {
		if n := got[i].Load(); n != 3 {
			t.Errorf("person %d got %d units, want 3", i, n)
		}
	}
	wantStock(t, s, "a", 1000, 12, 0)
}
