package store

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// firstPaid lets SKU a go to who pays first.
func firstPaid(t testing.TB, s *Store) {
	t.Helper()
	policy := live.StockFirstPaid
	if it, err := s.PatchItem(t.Context(), "s1", "a", ItemPatch{Policy: &policy}, operator, s.now()); err != nil || it.Policy != policy {
		t.Fatalf("item = %+v, %v", it, err)
	}
}

func TestFirstPaidFirstServed(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 2)
	bad := live.StockPolicy("lottery")
	_, err := s.PatchItem(t.Context(), "s1", "a", ItemPatch{Policy: &bad}, operator, c.now())
	if e := wantCode(t, err, "invalid_field"); e.Field != "stock_policy" {
		t.Errorf("field = %s", e.Field)
	}
	firstPaid(t, s)
	var placed []live.PlacedOrder
	for i := range 4 {
		placed = append(placed, mustBuy(t, s, fmt.Sprint("v", i), "c", one("a"), one("b")))
		if i == 1 {
			do(t, s, live.ReleaseStock, "more", `{"sku_id":"b","qty":2,"extend":true}`)
		}
	}
	wantStock(t, s, "a", 2, 0, 0)
	wantStock(t, s, "b", 4, 4, 0)
	_, err = buy(s, t.Context(), "v9", "c", live.WantedLine{SKU: "a", Qty: 3})
	_ = wantCode(t, err, "out_of_stock")
	for _, i := range []int{3, 1, 0} {
		c.add(time.Second)
		payAll(t, s, placed[i])
	}
	wantStock(t, s, "a", 2, 0, 2)
	wantStock(t, s, "b", 4, 1, 2) // the overtaken order gave its other line back
	wantStockHeld(t, s)
	o, facts, err := s.Order(t.Context(), "m1", placed[0].ID)
	if err != nil || o.State != live.OrderStateCanceled || o.Cancel != live.CancelOversold || !slices.Contains(o.Flags, live.FlagOversold) || len(facts) != 3 {
		t.Fatalf("overtaken = %+v, %d facts, %v", o, len(facts), err)
	}
	var owed int64
	for i := range o.Lines {
		owed += o.Lines[i].CancelledPaid
	}
	if owed != placed[0].Total || slices.Contains(o.Flags, live.FlagPaidAfterCancel) {
		t.Errorf("owed %d of %d, flags %v", owed, placed[0].Total, o.Flags)
	}
	evs := events(t, s)
	if e := evs[len(evs)-1]; e.Kind != live.OrderCancelled || e.Actor.Role != live.RoleSystem || e.Source != live.SourceOwn {
		t.Errorf("the last event is %+v", e)
	}

	// Told again, or refunded, it stays as it is; the last one runs out of time.
	payAll(t, s, placed[0])
	refund := Fact{placed[0].ID, live.OrderFact{
		Kind: live.RefundSucceeded, ID: "r", Source: "shop", At: c.now(), Currency: "CNY",
		Refunds: []live.RefundLine{{Line: "1", Goods: 1990}, {Line: "2", Goods: 500}},
	}}
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{refund}, c.now()); err != nil {
		t.Fatal(err)
	}
	if o, facts, err = s.Order(t.Context(), "m1", placed[0].ID); err != nil || len(facts) != 4 || o.Lines[0].CancelledPaid != 0 || !slices.Contains(o.Flags, live.FlagOversold) {
		t.Errorf("refunded = %+v, %d facts, %v", o, len(facts), err)
	}
	c.add(time.Hour)
	if n, err := s.expireOrders(t.Context()); err != nil || n != 1 {
		t.Errorf("expired %d, %v", n, err)
	}
	wantStock(t, s, "a", 2, 0, 2)
	wantStock(t, s, "b", 4, 0, 2)
	wantStockHeld(t, s)

	// Paid in time and told late, when nothing is left: owed back as well.
	late := said{placed[2].ID, c.now().Add(-time.Hour)}.paid("p", 0, placed[2].Total)
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{late}, c.now()); err != nil {
		t.Fatal(err)
	}
	if o, _, err = s.Order(t.Context(), "m1", placed[2].ID); err != nil || o.Cancel != live.CancelOversold || o.Lines[0].CancelledPaid == 0 {
		t.Errorf("told late = %+v, %v", o, err)
	}
	wantStockHeld(t, s)
}

// Sixty payments at once for twenty units of a flash sale: twenty are served,
// forty are owed their money, and no unit is sold twice.
func TestFirstPaidStorm(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 30)
	firstPaid(t, s)
	do(t, s, live.StartFlash, "f", `{"sku_id":"a","price_minor":990,"qty":20,"duration_s":600}`)
	placed := make([]live.PlacedOrder, 60)
	for i := range placed {
		placed[i] = mustBuy(t, s, fmt.Sprint("v", i), "c", one("a"))
	}
	wantStock(t, s, "a", 30, 0, 0)
	var wg sync.WaitGroup
	var served, owed atomic.Int64
	for _, p := range placed {
		wg.Go(func() {
			payAll(t, s, p)
			o, _, err := s.Order(t.Context(), "m1", p.ID)
			switch {
			case err != nil:
				t.Error(err)
			case o.State == live.OrderStatePaid:
				served.Add(1)
			case o.Cancel == live.CancelOversold && o.Lines[0].CancelledPaid == 990:
				owed.Add(1)
			default:
				t.Errorf("order = %+v", o)
			}
		})
	}
	wg.Wait()
	if served.Load() != 20 || owed.Load() != 40 {
		t.Errorf("%d served, %d owed", served.Load(), owed.Load())
	}
	wantStock(t, s, "a", 30, 0, 20)
	wantStockHeld(t, s)
	got := saleEvents(t, s)
	if len(got) != 3 || got[2].Reason != "sold_out" || got[2].Sold != 20 {
		t.Errorf("sale = %+v", got)
	}
}
