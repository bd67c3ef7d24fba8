package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

func queueUp(s *Store, t testing.TB, who string, sku live.SKUID, qty int64) (live.WaitPlace, error) {
	return s.JoinWaitlist(t.Context(), live.JoinWaitlist{Room: "r1", Person: viewer(who), SKU: sku, Qty: qty})
}

func mustQueue(t testing.TB, s *Store, who string, qty int64) live.WaitPlace {
	t.Helper()
	w, err := queueUp(s, t, who, "a", qty)
	if err != nil {
		t.Fatalf("%s queues up: %v", who, err)
	}
	return w
}

// told is what was said to whom about the waitlist: "offered v1 2".
func told(t testing.TB, s *Store) (out []string) {
	t.Helper()
	for _, e := range events(t, s) {
		if e.Kind != live.WaitlistOffered && e.Kind != live.WaitlistExpired {
			continue
		}
		var d struct {
			SKU       string    `json:"sku_id"`
			Qty       int64     `json:"qty"`
			Reason    string    `json:"reason"`
			ExpiresAt time.Time `json:"expires_at"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil || d.SKU != "a" || e.Room != "r1" || e.Show != "s1" {
			t.Fatalf("event %+v: %v", e, err)
		}
		if e.Kind == live.WaitlistOffered {
			if !d.ExpiresAt.Equal(e.OccurredAt.Add(5 * time.Minute)) {
				t.Errorf("an offer of %v until %v", e.OccurredAt, d.ExpiresAt)
			}
			out = append(out, fmt.Sprint("offered ", e.Person, " ", d.Qty))
		} else {
			out = append(out, fmt.Sprint("expired ", e.Person, " ", d.Reason))
		}
	}
	return out
}

func wantTold(t testing.TB, s *Store, want ...string) {
	t.Helper()
	if got := told(t, s); !slices.Equal(got, want) {
		t.Fatalf("told %q, want %q", got, want)
	}
}

func TestWaitlistRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	left := one("a")
	_, err := queueUp(s, t, "v1", "a", 5)
	if e := wantCode(t, err, "in_stock"); e.Data["left"] != int64(3) {
		t.Errorf("data = %v", e.Data)
	}
	left.Qty = 3
	_ = mustBuy(t, s, "v0", "all", left)
	for name, tc := range map[string]struct {
		who  live.Principal
		sku  live.SKUID
		qty  int64
		code string
	}{
		"no unit":   {viewer("v1"), "a", 0, "invalid_field"},
		"too many":  {viewer("v1"), "a", live.MaxQuantity + 1, "invalid_field"},
		"bad sku":   {viewer("v1"), "a b", 1, "invalid_field"},
		"no sku":    {viewer("v1"), "zz", 1, "not_on_shelf"},
		"staff":     {operator, "a", 1, "forbidden"},
		"elsewhere": {live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m9"}, "a", 1, "forbidden"},
		"no name":   {live.Principal{Role: live.RoleViewer, Merchant: "m1"}, "a", 1, "invalid_field"},
	} {
		_, err := s.JoinWaitlist(t.Context(), live.JoinWaitlist{Room: "r1", Person: tc.who, SKU: tc.sku, Qty: tc.qty})
		var e *live.Error
		if !errors.As(err, &e) || e.Code != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	limitTo(t, s, 3)
	_, err = queueUp(s, t, "v0", "a", 1)
	_ = wantCode(t, err, "person_limit")
	firstPaid(t, s)
	_, err = queueUp(s, t, "v1", "a", 1)
	_ = wantCode(t, err, "no_waitlist")
	do(t, s, live.PauseShow, "p", ``)
	_, err = queueUp(s, t, "v1", "a", 1)
	_ = wantCode(t, err, "show_not_live")
	_ = c
	wantTold(t, s)
}

// The whole way of a line: who is first is offered what comes free, holds it
// against everybody else, takes it or lets it pass.
func TestWaitlist(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, c)
	stage(t, s, 3)
	p1 := mustBuy(t, s, "b1", "c", live.WantedLine{SKU: "a", Qty: 2})
	p2 := mustBuy(t, s, "b2", "c", one("a"))
	first := mustQueue(t, s, "v1", 1)
	second := mustQueue(t, s, "v2", 2)
	_ = mustQueue(t, s, "v3", 1)
	if again := mustQueue(t, s, "v2", 1); !again.Replay || again.Place != second.Place || again.Qty != 2 || again.Ahead != 1 || first.Ahead != 0 {
		t.Errorf("again = %+v, first %+v", again, first)
	}
	joined := 0
	for _, e := range events(t, s) {
		if e.Kind == live.WaitlistJoined {
			joined++
		}
	}
	if joined != 3 {
		t.Errorf("%d joined, want 3", joined)
	}
	wantTold(t, s)

	// One unit comes free: it is the first's, for nobody else to order.
	if _, err := s.CancelOrder(t.Context(), "m1", p2.ID, viewer("b2"), c.now()); err != nil {
		t.Fatal(err)
	}
	wantTold(t, s, "offered v1 1")
	wantStock(t, s, "a", 3, 3, 0)
	wantStockHeld(t, s)
	_, err := buy(s, t.Context(), "v9", "c", one("a"))
	_ = wantCode(t, err, "out_of_stock")
	_, err = buy(s, t.Context(), "v1", "two", live.WantedLine{SKU: "a", Qty: 2})
	if e := wantCode(t, err, "out_of_stock"); e.Data["left"] != int64(1) {
		t.Errorf("data = %v", e.Data)
	}
	mine := mustBuy(t, s, "v1", "mine", one("a"))
	if again := mustBuy(t, s, "v1", "mine", one("a")); !again.Replay || again.ID != mine.ID {
		t.Errorf("again = %+v", again)
	}
	wantStock(t, s, "a", 3, 3, 0)
	wantStockHeld(t, s)

	// An order for two runs out: the second is offered both, lets them pass over
	// a restart, and the third takes one; the other is anybody's.
	c.add(15 * time.Minute)
	payAll(t, s, mine)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, _, err := s.Order(t.Context(), "m1", p1.ID); err != nil || o.Cancel != live.CancelTimeout {
		t.Fatalf("order = %+v, %v", o, err)
	}
	wantTold(t, s, "offered v1 1", "offered v2 2")
	if list, err := s.Waitlist(t.Context(), "s1", "v3"); err != nil || len(list) != 1 || list[0].Ahead != 0 || list[0].State != live.Waiting {
		t.Errorf("places of v3 = %+v, %v", list, err)
	}
	if list, err := s.Waitlist(t.Context(), "s1", "v2"); err != nil || len(list) != 1 || list[0].State != live.WaitOffered || !list[0].ExpiresAt.Equal(c.now().Add(5*time.Minute)) {
		t.Errorf("places of v2 = %+v, %v", list, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.add(5 * time.Minute)
	s = open(t, path, c)
	_, err = buy(s, t.Context(), "v2", "late", one("a"))
	_ = wantCode(t, err, "out_of_stock") // their time is over, though no job has looked
	if err := s.expireOffers(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTold(t, s, "offered v1 1", "offered v2 2", "expired v2 time", "offered v3 1")
	_ = mustBuy(t, s, "v9", "free", one("a"))
	_ = mustBuy(t, s, "v3", "mine", one("a"))
	wantStock(t, s, "a", 3, 2, 1)
	wantStockHeld(t, s)

	// Nothing is left and nobody waits: the end sends away who comes now.
	_ = mustQueue(t, s, "v4", 1)
	_ = mustQueue(t, s, "v5", 1)
	do(t, s, live.ReleaseStock, "more", `{"sku_id":"a","qty":1,"extend":true}`)
	wantStockHeld(t, s)
	do(t, s, live.EndShow, "end", ``)
	wantTold(t, s, "offered v1 1", "offered v2 2", "expired v2 time", "offered v3 1", "offered v4 1", "expired v4 show_ended", "expired v5 show_ended")
	wantStock(t, s, "a", 3, 2, 1)
	wantReturned(t, s, "a", 1)
	wantStockHeld(t, s)
}

// In a flash sale an offer holds a unit of the sale, and is taken at its price.
func TestWaitlistInFlashSale(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 10)
	do(t, s, live.StartFlash, "f", `{"sku_id":"a","price_minor":990,"qty":1,"duration_s":3600}`)
	p := mustBuy(t, s, "b1", "c", one("a"))
	_ = mustQueue(t, s, "v1", 1)
	_ = mustQueue(t, s, "v2", 1)
	if _, err := s.CancelOrder(t.Context(), "m1", p.ID, viewer("b1"), c.now()); err != nil {
		t.Fatal(err)
	}
	wantTold(t, s, "offered v1 1")
	wantStockHeld(t, s)
	if got := mustBuy(t, s, "v1", "c", one("a")); got.Total != 990 {
		t.Errorf("total = %d", got.Total)
	}
	wantStockHeld(t, s)
	// When the sale ends, its bound is gone and the shelf has units.
	do(t, s, live.EndFlash, "e", `{"sku_id":"a"}`)
	wantTold(t, s, "offered v1 1", "offered v2 1")
	if got := mustBuy(t, s, "v2", "c", one("a")); got.Total != 1990 {
		t.Errorf("total = %d", got.Total)
	}
	_ = mustBuy(t, s, "v3", "all", live.WantedLine{SKU: "a", Qty: 8})
	_ = mustQueue(t, s, "v4", 1)
	do(t, s, live.RemoveProduct, "rm", `{"sku_id":"a"}`)
	wantTold(t, s, "offered v1 1", "offered v2 1", "expired v4 delisted")
	wantStockHeld(t, s)
}

// A hundred wait for what twenty give back: twenty are offered one each, in the
// order they came, and only they get it.
func TestWaitlistStorm(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 20)
	placed := make([]live.PlacedOrder, 20)
	for i := range placed {
		placed[i] = mustBuy(t, s, fmt.Sprint("b", i), "c", one("a"))
	}
	for i := range 100 {
		_ = mustQueue(t, s, fmt.Sprint("v", i), 1)
	}
	var wg sync.WaitGroup
	var got atomic.Int64
	for i := range placed {
		wg.Go(func() {
			if _, err := s.CancelOrder(t.Context(), "m1", placed[i].ID, viewer(fmt.Sprint("b", i)), c.now()); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 200 {
		wg.Go(func() {
			if _, err := buy(s, t.Context(), fmt.Sprint("x", i), "c", one("a")); err == nil {
				t.Error("somebody passed the line")
			} else if !errors.Is(err, live.Conflict("out_of_stock", "")) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantStockHeld(t, s)
	for i := range 100 {
		wg.Go(func() {
			if _, err := buy(s, t.Context(), fmt.Sprint("v", i), "c", one("a")); err == nil {
				if got.Add(1); i >= 20 {
					t.Errorf("v%d was not among the first", i)
				}
			}
		})
	}
	wg.Wait()
	if got.Load() != 20 {
		t.Errorf("%d of those offered got theirs", got.Load())
	}
	wantStock(t, s, "a", 20, 20, 0)
	wantStockHeld(t, s)
}
