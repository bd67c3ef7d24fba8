package store

import (
	"encoding/json"
	"testing"
	"time"

	"showrunner/live"
)

// returned sums the stock_returned events of each SKU.
func returned(t *testing.T, s *Store) map[live.SKUID]int64 {
	t.Helper()
	sums := map[live.SKUID]int64{}
	for _, e := range events(t, s) {
		if e.Kind != live.StockReturned {
			continue
		}
		var d struct {
			SKU live.SKUID `json:"sku_id"`
			Qty int64      `json:"qty"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		sums[d.SKU] += d.Qty
	}
	return sums
}

func wantReturned(t *testing.T, s *Store, sku live.SKUID, want int64) {
	t.Helper()
	if it, told := item(t, s, sku), returned(t, s)[sku]; it.Returned != want || told != want || it.Left() != 0 {
		t.Errorf("%s: returned %d, told %d, want %d; %d left", sku, it.Returned, told, want, it.Left())
	}
}

// What a show did not sell goes back when it ends, also off the shelf, and
// reserved units follow when their orders end.
func TestUnsoldReturns(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 10)
	do(t, s, live.HoldStock, "h", `{"sku_id":"a","qty":3}`)
	do(t, s, live.RemoveProduct, "rm", `{"sku_id":"b"}`)
	paid := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 1})
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{said{paid.ID, c.now()}.paid("p", 0, paid.Total)}, c.now()); err != nil {
		t.Fatal(err)
	}
	taken := mustBuy(t, s, "v2", "c1", live.WantedLine{SKU: "a", Qty: 2})
	_ = mustBuy(t, s, "v3", "c1", live.WantedLine{SKU: "a", Qty: 1})
	do(t, s, live.EndShow, "end", ``)
	wantStock(t, s, "a", 4, 3, 1)
	wantReturned(t, s, "a", 6)
	wantStock(t, s, "b", 0, 0, 0)
	wantReturned(t, s, "b", 10)

	if _, err := s.CancelOrder(t.Context(), "m1", taken.ID, viewer("v2"), c.now()); err != nil {
		t.Fatal(err)
	}
	wantStock(t, s, "a", 2, 1, 1)
	wantReturned(t, s, "a", 8)
	c.add(time.Hour)
	if n, err := s.expireOrders(t.Context()); err != nil || n != 1 {
		t.Fatalf("expired %d, %v", n, err)
	}
	wantStock(t, s, "a", 1, 0, 1)
	wantReturned(t, s, "a", 9)
	if it := item(t, s, "a"); it.Allotted() != 10 {
		t.Errorf("allotted %d after everything, want 10", it.Allotted())
	}
	wantStockHeld(t, s)

	// A platform tells late of an order it sold during the show.
	late := Fact{"platform-1", live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: c.now(), Currency: "CNY", Show: "s1", Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 2, Goods: 10}}}}
	pay := said{late.Order, c.now()}.paid("p", 0, 10)
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{late, pay}, c.now()); err != nil {
		t.Fatal(err)
	}
	wantStock(t, s, "a", 3, 0, 3)
	wantReturned(t, s, "a", 7)
	wantStockHeld(t, s)
}

// What is allotted and not released is withheld.
func TestAllotmentByShelf(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 4)
	if it := item(t, s, "a"); it.Allotted() != 4 || it.Withheld != 0 {
		t.Errorf("by default %d are allotted, %d withheld", it.Allotted(), it.Withheld)
	}
	most := int64(9)
	it, err := s.PatchItem(t.Context(), "s1", "a", ItemPatch{Allotted: &most}, operator, c.now())
	if err != nil || it.Withheld != 5 || it.Released != 4 {
		t.Errorf("patched = %+v, %v", it, err)
	}
	least := int64(3)
	_, err = s.PatchItem(t.Context(), "s1", "a", ItemPatch{Allotted: &least}, operator, c.now())
	if e := wantCode(t, err, "invalid_field"); e.Field != "allotted" {
		t.Errorf("field = %s", e.Field)
	}
	// The database refuses what the program might believe.
	for _, set := range []string{`withheld = -1`, `returned = -1`, `released = 0, sold = 1`} {
		if err := s.write(t.Context(), func(t *tx) error {
			_, err := t.once(`UPDATE items SET ` + set + ` WHERE sku_id = 'a'`)
			return err
		}); err == nil {
			t.Errorf("the database took %s", set)
		}
	}
}
