package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"showrunner/live"
)

// together hands in orders that share one transaction, and waits for all.
func together(t *testing.T, s *Store, orders ...live.PlaceOrder) ([]live.PlacedOrder, []error) {
	t.Helper()
	release := block(t, s)
	placed, errs := make([]live.PlacedOrder, len(orders)), make([]error, len(orders))
	var wg sync.WaitGroup
	for i, w := range orders {
		wg.Go(func() { placed[i], errs[i] = s.PlaceOrder(t.Context(), w) })
		queued(s, i+1) // one after the other, so that their turns are known
	}
	release()
	wg.Wait()
	return placed, errs
}

func wish(who, client string, lines ...live.WantedLine) live.PlaceOrder {
	return live.PlaceOrder{ClientID: client, Room: "r1", Buyer: viewer(who), Lines: lines}
}

// Orders of one group are decided in their turn: each sees what those before
// it left, a refusal takes nothing, and a name given twice is one order.
func TestOrdersOfOneGroup(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	before := len(events(t, s))
	a, b := live.WantedLine{SKU: "a", Qty: 3}, live.WantedLine{SKU: "b", Qty: 5}
	stranger := wish("v6", "c", a)
	stranger.Buyer.Merchant = "m2"
	elsewhere := wish("v7", "c", a)
	elsewhere.Room = "r9"
	placed, errs := together(
		t, s,
		wish("v1", "c", a),    // takes 3 of 5
		wish("v2", "c", b, a), // b would do, a does not: takes neither
		wish("v3", "c", b),    // all of b, which v2 did not take
		wish("v1", "c", a),    // the same name again
		wish("v4", "c", live.WantedLine{SKU: "a", Qty: 2}),
		wish("v5", "c", live.WantedLine{SKU: "zz", Qty: 1}),
		stranger, elsewhere,
	)
	for i, code := range []string{"", "out_of_stock", "", "", "", "not_on_shelf", "forbidden", "show_not_live"} {
		var e *live.Error
		if code == "" && errs[i] != nil || code != "" && (!errors.As(errs[i], &e) || e.Code != code) {
			t.Errorf("order %d: %v, want code %q", i, errs[i], code)
		}
	}
	if e := wantCode(t, errs[1], "out_of_stock"); e.Data["left"] != int64(2) || e.Data["sku_id"] != "a" {
		t.Errorf("data = %v, want that 2 of a are left", e.Data)
	}
	if placed[3].ID != placed[0].ID || !placed[3].Replay || placed[0].Replay {
		t.Errorf("the same name twice: %+v and %+v", placed[0], placed[3])
	}
	wantStock(t, s, "a", 5, 5, 0)
	wantStock(t, s, "b", 5, 5, 0)
	wantStockHeld(t, s)
	ids := []live.OrderID{placed[0].ID, placed[2].ID, placed[4].ID}
	for i, e := range events(t, s)[before:] {
		if i < 3 && e.ID != live.EventID(ids[i]+":order_created") {
			t.Errorf("event %d is %s, want the creation of %s", i, e.ID, ids[i])
		}
	}
	for _, id := range ids {
		if o := order(t, s, id); o.State != live.OrderUnpaid || len(o.Lines) != 1 || o.Due() != o.Lines[0].Goods {
			t.Errorf("order = %+v", o)
		}
	}
	// The same names again, when they are in the database and not in the group.
	replays, errs := together(t, s, wish("v1", "c", a), wish("v3", "c", b), wish("v4", "c", a))
	for i, p := range replays {
		if errs[i] != nil || p.ID != ids[i] || !p.Replay || !slices.ContainsFunc(placed, func(q live.PlacedOrder) bool {
			return q.ID == p.ID && q.Total == p.Total && q.ExpiresAt.Equal(p.ExpiresAt) && q.Currency == p.Currency
		}) {
			t.Errorf("replay %d = %+v, %v", i, p, errs[i])
		}
	}
	wantStock(t, s, "a", 5, 5, 0)
}

// An order that the database will not take is refused alone: the orders and
// changes that share its transaction are kept, each once.
func TestOneBadOrderDoesNotSpoilTheGroup(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 500)
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`CREATE UNIQUE INDEX poison ON orders (campaign) WHERE campaign = 'poison'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	poison := wish("v0", "first", live.WantedLine{SKU: "a", Qty: 1})
	poison.Campaign = "poison"
	if _, err := s.PlaceOrder(t.Context(), poison); err != nil {
		t.Fatal(err)
	}
	before := len(events(t, s))
	var orders []live.PlaceOrder
	for i := range 90 { // more than the largest INSERT takes
		orders = append(orders, wish(fmt.Sprint("v", i), "c", live.WantedLine{SKU: "a", Qty: 1}, live.WantedLine{SKU: "b", Qty: 2}))
	}
	orders[70].Campaign = "poison"
	placed, errs := together(t, s, orders...)
	ids := map[live.OrderID]bool{}
	for i, err := range errs {
		var refusal *live.Error
		if i == 70 {
			if err == nil || errors.As(err, &refusal) {
				t.Errorf("the poisoned order: %v, want a failure", err)
			}
			continue
		}
		if err != nil {
			t.Errorf("order %d: %v", i, err)
		}
		ids[placed[i].ID] = true
	}
	wantStock(t, s, "a", 500, 90, 0)
	wantStock(t, s, "b", 500, 178, 0)
	wantStockHeld(t, s)
	told := map[live.OrderID]bool{}
	for _, e := range events(t, s)[before:] {
		told[live.OrderID(e.ID[:len(e.ID)-len(":order_created")])] = true
	}
	if len(ids) != 89 || !maps.Equal(ids, told) || len(events(t, s)) != before+89 {
		t.Errorf("%d orders acknowledged, %d told", len(ids), len(told))
	}
}

// Orders of one person in one group count together against their limit.
func TestPersonLimitWithinOneGroup(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 50)
	limitTo(t, s, 3)
	a := func(n int64) live.WantedLine { return live.WantedLine{SKU: "a", Qty: n} }
	_, errs := together(t, s, wish("v1", "c1", a(2)), wish("v1", "c2", a(2)), wish("v2", "c1", a(3)), wish("v1", "c3", a(1)), wish("v1", "c4", a(1)))
	for i, have := range map[int]int64{1: 2, 4: 3} {
		if e := wantCode(t, errs[i], "person_limit"); e.Data["have"] != have {
			t.Errorf("order %d: data = %v, want have %d", i, e.Data, have)
		}
	}
	for _, i := range []int{0, 2, 3} {
		if errs[i] != nil {
			t.Errorf("order %d: %v", i, errs[i])
		}
	}
	wantStock(t, s, "a", 50, 6, 0)
}
