package store

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func TestIdempotency(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	kept, err := s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash1")
	if err != nil || kept != nil {
		t.Fatalf("begin = %v, %v", kept, err)
	}
	_, err = s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash1")
	_ = wantCode(t, err, "idempotency_in_flight")
	_, err = s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash2")
	_ = wantCode(t, err, "idempotency_key_reused")
	if kept, err := s.BeginIdempotent(ctx, "u2 POST /v1/rooms", "k", "hash2"); err != nil || kept != nil {
		t.Errorf("another scope = %v, %v", kept, err)
	}
	if err := s.AbandonIdempotent(ctx, "u1 POST /v1/rooms", "k"); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash2"); err != nil || kept != nil {
		t.Fatalf("begin after abandoning = %v, %v", kept, err)
	}
	want := Kept{Status: 201, ContentType: "application/json", Body: []byte{0, 0xff, '{'}}
	if err := s.FinishIdempotent(ctx, "u1 POST /v1/rooms", "k", want); err != nil {
		t.Fatal(err)
	}
	if err := s.AbandonIdempotent(ctx, "u1 POST /v1/rooms", "k"); err != nil {
		t.Fatal(err)
	}
	got, err := s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash2")
	if err != nil || got == nil || cmp.Diff(want, *got) != "" {
		t.Errorf("kept = %+v, %v; want %+v", got, err, want)
	}
	c.add(keepAnswers + time.Millisecond)
	if err := s.trim(ctx); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.BeginIdempotent(ctx, "u1 POST /v1/rooms", "k", "hash3"); err != nil || kept != nil {
		t.Errorf("a day later = %v, %v", kept, err)
	}
}

func TestRequestsInFlightEndWithTheProcess(t *testing.T) {
	onlySQLite(t)
	c := newClock()
	path := t.TempDir() + "/x.db"
	s := open(t, path, c)
	if _, err := s.BeginIdempotent(t.Context(), "u", "k", "h"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, err := open(t, path, c).BeginIdempotent(t.Context(), "u", "k", "h"); err != nil || kept != nil {
		t.Errorf("after a restart = %v, %v", kept, err)
	}
}

func TestIntegrationsKeepTheirSecret(t *testing.T) {
	s, _ := fresh(t)
	const secret = "whsec_c2VjcmV0"
	for _, in := range []Integration{
		{Merchant: "m2", Source: "shop", Connector: "standard", Secret: "whsec_b2xk"},
		{Merchant: "m1", Source: "shop", Connector: "standard", Secret: secret},
		{Merchant: "m2", Source: "shop", Connector: "standard", Secret: "whsec_bmV3"},
		{Merchant: "m1", Source: "other", Connector: "standard", Secret: "x"},
	} {
		if err := s.PutIntegration(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Integrations(t.Context(), "shop")
	if err != nil || len(list) != 2 || list[0].Merchant != "m1" || list[0].Secret != secret || list[1].Secret != "whsec_bmV3" {
		t.Fatalf("integrations = %d, %v", len(list), err)
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "integration", list[0])
	for _, text := range []string{b.String(), fmt.Sprint(list), fmt.Sprintf("%v %+v %#v", list[0], list[0], list[0])} {
		if strings.Contains(text, "whsec") {
			t.Errorf("the secret stands in %q", text)
		}
	}
	for _, source := range []string{"", live.SourceOwn, SourceSystem, "ws", "a b"} {
		_ = wantCode(t, s.PutIntegration(t.Context(), Integration{Merchant: "m1", Source: source}), "invalid_field")
	}
}

func TestSeen(t *testing.T) {
	s, c := fresh(t)
	key := func(i int) (k [16]byte) {
		k[0], k[7], k[8], k[15] = byte(0x80+i), byte(i>>8), byte(i), 0xff
		return k
	}
	var keys [][16]byte
	for i := range seenChunk + 7 {
		keys = append(keys, key(i))
	}
	if err := s.AddSeen(t.Context(), keys, c.now()); err != nil {
		t.Fatal(err)
	}
	if err := s.AddSeen(t.Context(), append(keys[:2:2], key(9000)), c.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	ask := append(slices.Clone(keys), key(8000), keys[3], key(9000))
	got, err := s.HasSeen(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	for i, seen := range got {
		if want := ask[i] != key(8000); seen != want {
			t.Errorf("key %d seen = %v, want %v", i, seen, want)
		}
	}
	if err := s.TrimSeen(t.Context(), c.now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, err = s.HasSeen(t.Context(), [][16]byte{keys[0], keys[5], key(9000)})
	if err != nil || !slices.Equal(got, []bool{false, false, true}) {
		t.Errorf("after trimming = %v, %v", got, err)
	}
}

func TestListsPage(t *testing.T) {
	s, c := fresh(t)
	var want []string
	for i := range 7 {
		if i%3 == 0 { // some share their instant
			c.add(time.Second)
		}
		id := live.RoomID(fmt.Sprint("room-", i))
		if _, err := s.CreateRoom(t.Context(), live.Room{ID: id, Merchant: "m1", Title: "T", Currency: "CNY", TimeZone: "UTC"}); err != nil {
			t.Fatal(err)
		}
		want = append([]string{string(id)}, want...)
	}
	if _, err := s.CreateRoom(t.Context(), live.Room{ID: "other", Merchant: "m2", Title: "T", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for next, pages := "", 0; ; pages++ {
		rooms, n, err := s.Rooms(t.Context(), RoomFilter{Merchant: "m1", Cursor: next, Limit: 3})
		if err != nil || len(rooms) > 3 || pages > 3 {
			t.Fatalf("page %d: %d rooms, %v", pages, len(rooms), err)
		}
		for _, r := range rooms {
			got = append(got, string(r.ID))
		}
		if next = n; next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages = %v, want %v", got, want)
	}
	if rooms, _, err := s.Rooms(t.Context(), RoomFilter{Rooms: []live.RoomID{}}); err != nil || len(rooms) != 0 {
		t.Errorf("a scope of no rooms sees %d, %v", len(rooms), err)
	}
	if rooms, _, err := s.Rooms(t.Context(), RoomFilter{Rooms: []live.RoomID{"room-1", "other"}}); err != nil || len(rooms) != 2 {
		t.Errorf("a scope of two rooms sees %d, %v", len(rooms), err)
	}
	for _, bad := range []string{"x", "!!", "MXx8", "MXwxfGE=", cursor{1, strings.Repeat("x", 200)}.encode(), "MnwxfGE"} {
		_, _, err := s.Rooms(t.Context(), RoomFilter{Cursor: bad})
		if e := wantCode(t, err, "invalid_cursor"); e.Field != "cursor" {
			t.Errorf("field = %q", e.Field)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{1, "a"}.encode())
	f.Add("MXwtMXxh")
	f.Add("MQ")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decodeCursor(s)
		if err != nil || s == "" {
			return
		}
		if again, err := decodeCursor(c.encode()); err != nil || again != c {
			t.Errorf("%q: %+v became %+v, %v", s, c, again, err)
		}
	})
}

func TestRoomsAndShowsRefuse(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 2)
	ctx := t.Context()
	_, err := s.CreateRoom(ctx, live.Room{ID: "r1", Merchant: "m2", Title: "T", Currency: "CNY", TimeZone: "UTC"})
	_ = wantCode(t, err, "room_exists")
	_, err = s.CreateRoom(ctx, live.Room{Merchant: "m1", Title: "T", Currency: "CNY", TimeZone: "Mars/Olympus"})
	_ = wantCode(t, err, "invalid_field")
	_, err = s.CreateRoom(ctx, live.Room{Merchant: "m1", Title: "T", Currency: "CNY", TimeZone: "Local"})
	_ = wantCode(t, err, "invalid_field")
	_, err = s.Room(ctx, "nowhere")
	_ = wantCode(t, err, "room_not_found")
	_, err = s.CreateShow(ctx, live.Show{Room: "nowhere"}, operator)
	_ = wantCode(t, err, "room_not_found")
	_, err = s.CreateShow(ctx, live.Show{Room: "r1"}, viewer("v1"))
	_ = wantCode(t, err, "forbidden")
	_, err = s.CreateShow(ctx, live.Show{ID: "s1", Room: "r1"}, operator)
	_ = wantCode(t, err, "show_exists")
	long := strings.Repeat("x", live.MaxTitleRunes+1)
	_, err = s.UpdateShow(ctx, "s1", ShowPatch{Title: &long}, operator)
	_ = wantCode(t, err, "invalid_field")
	title := "Renamed"
	sh, err := s.UpdateShow(ctx, "s1", ShowPatch{Title: &title}, operator)
	if on, _ := s.OnAir("r1"); err != nil || sh.Title != title || on != sh {
		t.Errorf("updated %+v, on air %+v, %v", sh, on, err)
	}
	_, err = s.PutShelf(ctx, "s1", nil, viewer("v1"), s.now())
	_ = wantCode(t, err, "forbidden")
	do(t, s, live.EndShow, "end", ``)
	_, err = s.PutShelf(ctx, "s1", nil, operator, s.now())
	_ = wantCode(t, err, "wrong_state")
}

func TestPutShelf(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	do(t, s, live.PinProduct, "pin", `{"product_id":"pb"}`)
	mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	n := len(events(t, s))
	put := func(items ...live.Item) ([]live.Item, error) {
		return s.PutShelf(t.Context(), "s1", items, operator, c.now())
	}
	a := live.Item{Product: "pa", SKU: "a", Title: "A", Price: 1500, Rank: 1, Released: 2}
	got, err := put(a, live.Item{Product: "pc", SKU: "c", Title: "C", Price: 1, Released: 9})
	if err != nil || len(got) != 2 || got[0].SKU != "c" || got[1].Price != 1500 || got[1].Reserved != 2 || got[1].Left() != 0 {
		t.Fatalf("shelf = %+v, %v", got, err)
	}
	var kinds []live.Kind
	for _, e := range events(t, s)[n:] {
		kinds = append(kinds, e.Kind)
	}
	if want := []live.Kind{live.PriceChanged, live.ProductListed, live.ProductListed, live.ProductDelisted, live.ProductUnpinned}; !slices.Equal(kinds, want) {
		t.Errorf("events = %v, want %v", kinds, want)
	}
	if sh, _ := s.OnAir("r1"); sh.Pinned != "" {
		t.Errorf("%s is still pinned", sh.Pinned)
	}
	less := a
	less.Released = 1
	_, err = put(less)
	if e := wantCode(t, err, "stock_in_use"); e.Data["ordered"] != int64(2) {
		t.Errorf("data = %v", e.Data)
	}
	_, err = put(a, a)
	_ = wantCode(t, err, "invalid_field")
	dollars := a
	dollars.Currency = "USD"
	_, err = put(dollars)
	_ = wantCode(t, err, "invalid_field")

	price := int64(7)
	it, err := s.PatchItem(t.Context(), "s1", "c", ItemPatch{Price: &price}, operator, c.now())
	if err != nil || it.Price != 7 || it.Released != 9 {
		t.Errorf("patched = %+v, %v", it, err)
	}
	_, err = s.PatchItem(t.Context(), "s1", "b", ItemPatch{Price: &price}, operator, c.now())
	_ = wantCode(t, err, "item_not_found")
	all, err := s.AllItems(t.Context(), "s1")
	if err != nil || len(all) != 3 {
		t.Errorf("all items = %d, %v; want 3", len(all), err)
	}
}

// The ledger is counted from orders; it must agree with what the deltas say.
func TestLedger(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 30)
	o := func(id string) said { return said{live.OrderID(id), c.now()} }
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2}, live.WantedLine{SKU: "b", Qty: 1})
	pay(t, s, p.ID, "x", p.Total, c.now())
	apply(t, s, o(string(p.ID)).refunded("r", 0, "b", 500))
	q := mustBuy(t, s, "v1", "c2", live.WantedLine{SKU: "b", Qty: 1})
	if _, err := s.CancelOrder(t.Context(), "m1", q.ID, viewer("v1"), c.now()); err != nil {
		t.Fatal(err)
	}
	apply(t, s, o("shop").created(0, "s1", line("1", "a", 1, 100)), o("shop").paid("x", 1, 100), o("shop").cancelled(live.CancelUser, 2))
	got, err := s.Ledger(t.Context(), "m1", "s1")
	want := []live.LedgerTotal{{
		Currency: "CNY", Orders: 3, Paid: 2, Cancelled: 2, Refunded: 1, Buyers: 2, SKUOrders: 4, SKUPaid: 3, ItemsCreated: 5, ItemsPaid: 4,
		CreatedMinor: 4480 + 500 + 100, PaidMinor: 4580, RefundGoodsMinor: 500, CancelMinor: 100, RefundPreShipMinor: 500,
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if other, err := s.Ledger(t.Context(), "m2", "s1"); err != nil || len(other) != 0 {
		t.Errorf("another merchant sees %+v, %v", other, err)
	}
	if got, next, err := s.Orders(t.Context(), OrderFilter{Merchant: "m1", Person: "v1", State: live.OrderPartRefunded}); err != nil || next != "" || len(got) != 1 || got[0].ID != p.ID || len(got[0].Lines) != 2 {
		t.Errorf("orders = %+v, %v", got, err)
	}
}

func TestBind(t *testing.T) {
	const q = `SELECT a FROM b WHERE c = ? AND d IN (?, ?)`
	if got := sqlite.bind(q); got != q {
		t.Errorf("sqlite: %s", got)
	}
	if got, want := (dialect{numbered: true}).bind(q), `SELECT a FROM b WHERE c = $1 AND d IN ($2, $3)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestIDsAscend(t *testing.T) {
	g := &ids{}
	now := newClock().t
	last := ""
	for i := range 10_000 {
		if i == 5000 {
			now = now.Add(-time.Hour)
		}
		id := g.next(now)
		if id <= last || len(id) != 36 || id[14] != '7' {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}
