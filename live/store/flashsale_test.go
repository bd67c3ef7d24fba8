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

// saleEvent is what the room hears of a flash sale.
type saleEvent struct {
	Kind   live.Kind `json:"-"`
	At     time.Time `json:"-"`
	Left   int64     `json:"left"`
	Sold   int64     `json:"sold"`
	Price  int64     `json:"price_minor"`
	SellMS int64     `json:"sell_ms"`
	Reason string    `json:"reason"`
}

func saleEvents(t testing.TB, s *Store) (out []saleEvent) {
	t.Helper()
	for _, e := range events(t, s) {
		if !slices.Contains([]live.Kind{live.FlashSaleScheduled, live.FlashSaleStarted, live.FlashSaleSoldOut, live.FlashSaleEnded}, e.Kind) {
			continue
		}
		d := saleEvent{Kind: e.Kind, At: e.OccurredAt}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		d.Kind, d.At = e.Kind, e.OccurredAt
		out = append(out, d)
	}
	return out
}

func wantSaleEvents(t testing.TB, s *Store, want ...live.Kind) []saleEvent {
	t.Helper()
	got := saleEvents(t, s)
	kinds := make([]live.Kind, len(got))
	for i := range got {
		kinds[i] = got[i].Kind
	}
	if !slices.Equal(kinds, want) {
		t.Fatalf("events %v, want %v", kinds, want)
	}
	return got
}

// payAll pays an order in full.
func payAll(t testing.TB, s *Store, p live.PlacedOrder) {
	t.Helper()
	if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{said{p.ID, s.now()}.paid("p", 0, p.Total)}, s.now()); err != nil {
		t.Fatal(err)
	}
}

func one(sku live.SKUID) live.WantedLine { return live.WantedLine{SKU: sku, Qty: 1} }

func TestFlashSaleRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1", Title: "Next"}, operator); err != nil {
		t.Fatal(err)
	}
	do(t, s, live.StartFlash, "b", `{"sku_id":"b","price_minor":1,"qty":1,"duration_s":60}`)
	for i, tc := range []struct {
		name        live.CommandName
		by          live.Principal
		args        string
		code, field string
	}{
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":0,"duration_s":60}`, "invalid_field", "data.qty"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":-1,"qty":1,"duration_s":60}`, "invalid_field", "data.price_minor"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":1}`, "invalid_field", "data.duration_s"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":1,"duration_s":86401}`, "invalid_field", "data.duration_s"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":1,"duration_s":1,"per_person":-1}`, "invalid_field", "data.per_person"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":1,"duration_s":1,"colour":1}`, "unknown_field", "data.colour"},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":1990,"qty":1,"duration_s":60}`, "price_not_lower", ""},
		{live.StartFlash, operator, `{"sku_id":"a","price_minor":990,"qty":6,"duration_s":60}`, "out_of_stock", ""},
		{live.StartFlash, operator, `{"sku_id":"zz","price_minor":990,"qty":1,"duration_s":60}`, "not_on_shelf", ""},
		{live.StartFlash, operator, `{"sku_id":"b","price_minor":1,"qty":1,"duration_s":60}`, "flash_sale_running", ""},
		{live.StartFlash, operator, `{"show_id":"s2","sku_id":"a","price_minor":1,"qty":1,"duration_s":60}`, "wrong_state", ""},
		{live.StartFlash, host, `{"sku_id":"a","price_minor":1,"qty":1,"duration_s":60}`, "forbidden", ""},
		{live.EndFlash, operator, `{"sku_id":"a"}`, "no_flash_sale", ""},
		{live.EndFlash, operator, `{}`, "invalid_field", "data.sku_id"},
	} {
		cmd := command(tc.name, fmt.Sprint("x", i), tc.args)
		cmd.By = tc.by
		_, err := s.Execute(t.Context(), cmd)
		if e := wantCode(t, err, tc.code); e.Field != tc.field {
			t.Errorf("%s %s: field %q, want %q", tc.name, tc.args, e.Field, tc.field)
		}
	}
	_ = wantSaleEvents(t, s, live.FlashSaleStarted)
	// One sale at a time: also when the program forgets to ask.
	err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`INSERT INTO flash_sales (` + saleColumns + `) VALUES ('f', 's1', 'b', 1, 1, 0, 0, 0, 0, 0, 0, 0, 'running', '')`)
		return err
	})
	if err == nil {
		t.Error("the database took a second sale of one SKU")
	}
	err = s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`UPDATE flash_sales SET sold = qty + 1`)
		return err
	})
	if err == nil {
		t.Error("the database took more sold than the sale has")
	}
	c.add(time.Minute)
	first := do(t, s, live.StartFlash, "again", `{"sku_id":"b","price_minor":1,"qty":1,"duration_s":60}`)
	_ = wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleEnded, live.FlashSaleStarted)
	if again := do(t, s, live.StartFlash, "again", `{"sku_id":"b","price_minor":1,"qty":1,"duration_s":60}`); !again.Replay || again.Event != first.Event {
		t.Errorf("a repeat = %+v, want %+v", again, first)
	}
}

// A sale from its announcement to its end: the price, the limit, what expires
// and comes back, and that every unit paid ends it.
func TestFlashSaleSellsOut(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 10)
	began := c.now()
	do(t, s, live.StartFlash, "f", `{"sku_id":"a","price_minor":990,"qty":3,"duration_s":3600,"per_person":2,"start_in_s":30}`)
	if p := mustBuy(t, s, "v0", "early", one("a")); p.Total != 1990 {
		t.Errorf("before the sale it costs %d", p.Total)
	}
	c.add(45 * time.Second)
	// An order finds the sale running though no job has looked.
	first := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2}, one("b"))
	if first.Total != 2*990+500 {
		t.Errorf("in the sale 2 cost %d", first.Total-500)
	}
	_, err := buy(s, t.Context(), "v1", "c2", one("a"))
	if e := wantCode(t, err, "person_limit"); e.Data["limit"] != int64(2) || e.Data["have"] != int64(2) {
		t.Errorf("data = %v", e.Data)
	}
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || len(state.Sales) != 1 || state.Sales[0].Left() != 1 || state.Sales[0].State != live.FlashRunning || state.Sales[0].Price != 990 {
		t.Fatalf("sales = %+v, %v", state.Sales, err)
	}
	c.add(15 * time.Second)
	second := mustBuy(t, s, "v2", "c1", one("a"))
	got := wantSaleEvents(t, s, live.FlashSaleScheduled, live.FlashSaleStarted, live.FlashSaleSoldOut)
	if !got[1].At.Equal(began.Add(30*time.Second)) || got[2].SellMS != 30_000 || !got[2].At.Equal(began.Add(time.Minute)) {
		t.Errorf("started %v, sold out %v after %d ms", got[1].At, got[2].At, got[2].SellMS)
	}
	_, err = buy(s, t.Context(), "v3", "c1", one("a"))
	if e := wantCode(t, err, "out_of_stock"); e.Data["left"] != int64(0) {
		t.Errorf("data = %v", e.Data)
	}

	// The first pays at their price, the second does not: the unit is back in the sale.
	do(t, s, live.SetPrice, "up", `{"sku_id":"a","price_minor":2990}`)
	payAll(t, s, first)
	c.add(15 * time.Minute)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, _, err := s.Order(t.Context(), "m1", first.ID); err != nil || o.Due() != first.Total || len(o.Flags) > 0 {
		t.Errorf("the paid order = %+v, %v", o, err)
	}
	wantStockHeld(t, s)
	third := mustBuy(t, s, "v3", "c2", one("a"))
	if third.Total != 990 || third.ID == second.ID {
		t.Errorf("third = %+v", third)
	}
	c.add(time.Minute)
	payAll(t, s, third)
	got = wantSaleEvents(t, s, live.FlashSaleScheduled, live.FlashSaleStarted, live.FlashSaleSoldOut, live.FlashSaleEnded)
	if end := got[3]; end.Reason != "sold_out" || end.Sold != 3 || end.SellMS != 30_000 {
		t.Errorf("end = %+v", end)
	}
	if p := mustBuy(t, s, "v4", "c1", one("a")); p.Total != 2990 {
		t.Errorf("after the sale it costs %d", p.Total)
	}
	wantStockHeld(t, s)
}

// A sale ends by its time also when the process was away at that moment, and
// what was reserved in it stays at its price.
func TestFlashSaleEndsByTimeOverARestart(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, c)
	stage(t, s, 10)
	began := c.now()
	do(t, s, live.StartFlash, "a", `{"sku_id":"a","price_minor":990,"qty":5,"duration_s":60}`)
	do(t, s, live.StartFlash, "b", `{"sku_id":"b","price_minor":50,"qty":5,"duration_s":60,"start_in_s":600}`)
	p := mustBuy(t, s, "v1", "c1", one("a"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.add(10*time.Minute + time.Second)
	s = open(t, path, c)
	if err := s.turnSales(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.turnSales(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleScheduled, live.FlashSaleEnded, live.FlashSaleStarted)
	if end := got[2]; end.Reason != "time" || !end.At.Equal(began.Add(time.Minute)) || end.Left != 4 {
		t.Errorf("end = %+v", end)
	}
	if !got[3].At.Equal(began.Add(10 * time.Minute)) {
		t.Errorf("the second sale started %v", got[3].At)
	}
	payAll(t, s, p)
	if o, _, err := s.Order(t.Context(), "m1", p.ID); err != nil || o.State != live.OrderStatePaid || o.Due() != 990 || len(o.Flags) > 0 {
		t.Errorf("order = %+v, %v", o, err)
	}
	wantStockHeld(t, s)
	do(t, s, live.EndShow, "end", ``)
	got = saleEvents(t, s)
	if end := got[len(got)-1]; len(got) != 5 || end.Kind != live.FlashSaleEnded || end.Reason != "command" {
		t.Errorf("the end of the show ended it as %+v", end)
	}
}

// What takes the SKU away ends its sale, and only its.
func TestFlashSaleEndsByCommand(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 10)
	do(t, s, live.StartFlash, "a", `{"sku_id":"a","price_minor":990,"qty":5,"duration_s":60}`)
	do(t, s, live.StartFlash, "b", `{"sku_id":"b","price_minor":50,"qty":5,"duration_s":60}`)
	do(t, s, live.EndFlash, "ea", `{"sku_id":"a"}`)
	if p := mustBuy(t, s, "v1", "c", one("a"), one("b")); p.Total != 1990+50 {
		t.Errorf("total = %d", p.Total)
	}
	do(t, s, live.RemoveProduct, "rb", `{"sku_id":"b"}`)
	got := wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleStarted, live.FlashSaleEnded, live.FlashSaleEnded)
	if got[2].Price != 990 || got[3].Price != 50 || got[3].Reason != "command" {
		t.Errorf("ends = %+v", got[2:])
	}
}

// Two hundred viewers at once, fifty units, two a person: fifty are sold, nobody
// has three, and the events tell it once.
func TestFlashSaleStorm(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 80)
	do(t, s, live.StartFlash, "f", `{"sku_id":"a","price_minor":990,"qty":50,"duration_s":60,"per_person":2}`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var placed []live.PlacedOrder
	var limited, empty atomic.Int64
	have := map[string]int{}
	for i := range 200 {
		wg.Go(func() {
			who := fmt.Sprint("v", i%40) // five tries of each
			p, err := buy(s, t.Context(), who, fmt.Sprint("c", i), one("a"))
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				placed, have[who] = append(placed, p), have[who]+1
				if p.Total != 990 {
					t.Errorf("somebody paid %d", p.Total)
				}
			case errors.Is(err, live.Conflict("person_limit", "")):
				limited.Add(1)
			case errors.Is(err, live.Conflict("out_of_stock", "")):
				empty.Add(1)
			default:
				t.Errorf("buy: %v", err)
			}
		})
	}
	wg.Wait()
	if len(placed) != 50 || limited.Load()+empty.Load() != 150 {
		t.Errorf("%d placed, %d over the limit, %d found none; want 50 placed of 200", len(placed), limited.Load(), empty.Load())
	}
	for who, n := range have {
		if n > 2 {
			t.Errorf("%s has %d", who, n)
		}
	}
	wantStock(t, s, "a", 80, 50, 0)
	_ = wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleSoldOut)
	wantStockHeld(t, s)
	for i := range placed {
		wg.Go(func() { payAll(t, s, placed[i]) })
	}
	wg.Wait()
	_ = wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleSoldOut, live.FlashSaleEnded)
	wantStock(t, s, "a", 80, 0, 50)
	c.add(time.Hour)
	if err := s.turnSales(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = wantSaleEvents(t, s, live.FlashSaleStarted, live.FlashSaleSoldOut, live.FlashSaleEnded)
	wantStockHeld(t, s)
}
