package store

import (
	"testing"
	"time"

	"showrunner/live"
)

func TestPlaceOrder(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2}, live.WantedLine{SKU: "b", Qty: 1})
	if p.Total != 2*1990+500 || p.Currency != "CNY" || p.State != live.OrderUnpaid || p.Replay {
		t.Errorf("placed = %+v", p)
	}
	if want := c.now().Add(15 * time.Minute); !p.ExpiresAt.Equal(want) {
		t.Errorf("expires at %v, want %v", p.ExpiresAt, want)
	}
	wantStock(t, s, "a", 5, 2, 0)
	wantStock(t, s, "b", 5, 1, 0)

	again := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2}, live.WantedLine{SKU: "b", Qty: 1})
	if !again.Replay || again.ID != p.ID || again.Total != p.Total || !again.ExpiresAt.Equal(p.ExpiresAt) {
		t.Errorf("again = %+v, want the first answer %+v", again, p)
	}
	wantStock(t, s, "a", 5, 2, 0)
	if other := mustBuy(t, s, "v2", "c1", live.WantedLine{SKU: "a", Qty: 1}); other.ID == p.ID {
		t.Error("two buyers share an order by its client id")
	}

	o, facts, err := s.Order(t.Context(), "m1", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if o.Person != "v1" || o.Channel != "group" || o.Show != "s1" || o.Room != "r1" || len(o.Lines) != 2 || len(facts) != 1 || o.Due() != p.Total {
		t.Errorf("order = %+v, %d facts", o, len(facts))
	}
	_, _, err = s.Order(t.Context(), "m2", p.ID)
	_ = wantCode(t, err, "order_not_found")

	do(t, s, live.EndShow, "end", ``)
	if late := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2}); !late.Replay || late.ID != p.ID {
		t.Errorf("a retry after the show = %+v", late)
	}
	_, err = buy(s, t.Context(), "v1", "c2", live.WantedLine{SKU: "a", Qty: 1})
	_ = wantCode(t, err, "show_not_live")
}

func TestPlaceOrderRefuses(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	a := func(q int64) []live.WantedLine { return []live.WantedLine{{SKU: "a", Qty: q}} }
	many := make([]live.WantedLine, live.MaxLines+1)
	before := len(events(t, s))
	for name, tc := range map[string]struct {
		change func(*live.PlaceOrder)
		code   string
	}{
		"no client id":   {func(w *live.PlaceOrder) { w.ClientID = "" }, "invalid_field"},
		"no lines":       {func(w *live.PlaceOrder) { w.Lines = nil }, "invalid_field"},
		"too many lines": {func(w *live.PlaceOrder) { w.Lines = many }, "invalid_field"},
		"no quantity":    {func(w *live.PlaceOrder) { w.Lines = a(0) }, "invalid_field"},
		"negative":       {func(w *live.PlaceOrder) { w.Lines = a(-1) }, "invalid_field"},
		"too much":       {func(w *live.PlaceOrder) { w.Lines = a(live.MaxQuantity + 1) }, "invalid_field"},
		"twice a sku":    {func(w *live.PlaceOrder) { w.Lines = append(a(1), a(1)...) }, "invalid_field"},
		"coupon":         {func(w *live.PlaceOrder) { w.Coupon = "k1" }, "coupon_not_usable"},
		"bad coupon":     {func(w *live.PlaceOrder) { w.Coupon = "k 1" }, "invalid_field"},
		"not a viewer":   {func(w *live.PlaceOrder) { w.Buyer = host }, "forbidden"},
		"other merchant": {func(w *live.PlaceOrder) { w.Buyer.Merchant = "m2" }, "forbidden"},
		"other room":     {func(w *live.PlaceOrder) { w.Buyer.Rooms = []live.RoomID{"r2"} }, "forbidden"},
		"no such show":   {func(w *live.PlaceOrder) { w.Show = "s9" }, "show_not_found"},
		"unknown sku":    {func(w *live.PlaceOrder) { w.Lines[0].SKU = "zz" }, "not_on_shelf"},
		"out of stock":   {func(w *live.PlaceOrder) { w.Lines = a(4) }, "out_of_stock"},
		"second line short": {func(w *live.PlaceOrder) {
			w.Lines = []live.WantedLine{{SKU: "a", Qty: 1}, {SKU: "b", Qty: 4}}
		}, "out_of_stock"},
	} {
		t.Run(name, func(t *testing.T) {
			w := live.PlaceOrder{ClientID: "c", Room: "r1", Buyer: viewer("v1"), Lines: a(1)}
			tc.change(&w)
			_, err := s.PlaceOrder(t.Context(), w)
			e := wantCode(t, err, tc.code)
			if tc.code == "out_of_stock" && e.Data["left"] != int64(3) {
				t.Errorf("left = %v, want 3", e.Data["left"])
			}
		})
	}
	wantStock(t, s, "a", 3, 0, 0)
	wantStock(t, s, "b", 3, 0, 0)
	if after := len(events(t, s)); after != before {
		t.Errorf("refusals wrote %d events", after-before)
	}
	do(t, s, live.PauseShow, "pause", ``)
	_, err := buy(s, t.Context(), "v1", "c9", a(1)...)
	if e := wantCode(t, err, "show_not_live"); e.Data["state"] != "paused" {
		t.Errorf("data = %v", e.Data)
	}
	do(t, s, live.ResumeShow, "resume", ``)
	do(t, s, live.RemoveProduct, "rm", `{"sku_id":"a"}`)
	_, err = buy(s, t.Context(), "v1", "c9", a(1)...)
	_ = wantCode(t, err, "not_on_shelf")
}

func TestCancelOrder(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	_, err := s.CancelOrder(t.Context(), "m1", p.ID, viewer("v2"), c.now())
	_ = wantCode(t, err, "order_not_found")
	o, err := s.CancelOrder(t.Context(), "m1", p.ID, viewer("v1"), c.now())
	if err != nil || o.State != live.OrderStateCanceled || o.Cancel != live.CancelUser {
		t.Fatalf("cancel = %+v, %v", o, err)
	}
	wantStock(t, s, "a", 3, 0, 0)
	n := len(events(t, s))
	if _, err := s.CancelOrder(t.Context(), "m1", p.ID, viewer("v1"), c.now()); err != nil {
		t.Errorf("cancel again: %v", err)
	}
	if len(events(t, s)) != n {
		t.Error("cancelling again wrote an event")
	}
	wantStock(t, s, "a", 3, 0, 0)

	q := mustBuy(t, s, "v1", "c2", live.WantedLine{SKU: "a", Qty: 1})
	pay(t, s, q.ID, "p1", 1990, c.now())
	_, err = s.CancelOrder(t.Context(), "m1", q.ID, viewer("v1"), c.now())
	if e := wantCode(t, err, "wrong_state"); e.Data["state"] != "paid" {
		t.Errorf("data = %v", e.Data)
	}
}

func pay(t testing.TB, s *Store, id live.OrderID, payment string, minor int64, when time.Time) {
	t.Helper()
	apply(t, s, Fact{id, live.OrderFact{Kind: live.OrderPaid, ID: payment, Source: "shop", At: when, Currency: "CNY", PaidMinor: minor}})
}

func apply(t testing.TB, s *Store, facts ...Fact) []FactStatus {
	t.Helper()
	st, err := s.ApplyFacts(t.Context(), "m1", facts, s.now())
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return st
}

func order(t testing.TB, s *Store, id live.OrderID) live.Order {
	t.Helper()
	o, _, err := s.Order(t.Context(), "m1", id)
	if err != nil {
		t.Fatalf("order %s: %v", id, err)
	}
	return o
}

func TestExpiry(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 300)
	late := mustBuy(t, s, "v0", "late", live.WantedLine{SKU: "b", Qty: 7})
	paid := mustBuy(t, s, "v0", "paid", live.WantedLine{SKU: "b", Qty: 5})
	pay(t, s, paid.ID, "p", 2500, c.now())
	for i := range expiryBatch + 5 {
		mustBuy(t, s, "v1", "c"+string(rune('a'+i%26))+string(rune('a'+i/26)), live.WantedLine{SKU: "a", Qty: 1})
	}
	c.add(15*time.Minute - time.Millisecond)
	if n, err := s.expireOrders(t.Context()); n != 0 || err != nil {
		t.Fatalf("too early: expired %d, %v", n, err)
	}
	wantStock(t, s, "a", 300, expiryBatch+5, 0)
	c.add(time.Millisecond)
	if n, err := s.expireOrders(t.Context()); n != expiryBatch+6 || err != nil {
		t.Fatalf("expired %d, %v; want %d", n, err, expiryBatch+6)
	}
	wantStock(t, s, "a", 300, 0, 0)
	wantStock(t, s, "b", 300, 0, 5)
	o := order(t, s, late.ID)
	if o.State != live.OrderStateCanceled || o.Cancel != live.CancelTimeout {
		t.Errorf("order = %+v", o)
	}
	if n, err := s.expireOrders(t.Context()); n != 0 || err != nil {
		t.Errorf("expired again: %d, %v", n, err)
	}

	// The payment was made in time and only told late: the order lives again.
	pay(t, s, late.ID, "p7", 3500, c.now().Add(-time.Minute))
	if o := order(t, s, late.ID); o.State != live.OrderStatePaid || len(o.Flags) != 0 {
		t.Errorf("order = %+v", o)
	}
	wantStock(t, s, "b", 300, 0, 12)
}
