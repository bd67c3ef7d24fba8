package complaint

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// env is a book in a store on a real database, with a clock that a test moves.
type env struct {
	t     testing.TB
	clock atomic.Int64
	ids   atomic.Int64
	store *store.Store
	book  *Book
	heard int64 // id in the outbox of the last fact that was looked at
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{t: t}
	e.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e.store = s
	e.book = New(Config{
		Store: s, Words: text.Shared, Now: e.now,
		NewID: func() string { return fmt.Sprintf("%06d", e.ids.Add(1)) },
	})
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// show makes a show of the merchant m1 in the room r1, with a product on its shelf.
func (e *env) show(id live.ShowID, products ...live.ProductID) {
	e.t.Helper()
	ctx := e.t.Context()
	if _, err := e.store.Room(ctx, "r1"); err != nil {
		if _, err := e.store.CreateRoom(ctx, live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
			e.t.Fatal(err)
		}
	}
	if _, err := e.store.CreateShow(ctx, live.Show{ID: id, Room: "r1", Merchant: "m1", Title: "Show"}, operator); err != nil {
		e.t.Fatal(err)
	}
	var items []live.Item
	for _, p := range products {
		items = append(items, live.Item{SKU: live.SKUID(p), Product: p, Title: "title of " + string(p), Price: 1000, Currency: "CNY", Released: 10})
	}
	if len(items) > 0 {
		if _, err := e.store.PutShelf(ctx, id, items, operator, e.now()); err != nil {
			e.t.Fatal(err)
		}
	}
}

var (
	operator = live.Principal{Subject: "op", Role: live.RoleOperator, Merchant: "m1"}
	host     = live.Principal{Subject: "host-1", Role: live.RoleHost, Merchant: "m1"}
	agent    = live.Principal{Subject: "agent-1", Role: live.RoleAgent, Merchant: "m1"}
	merchant = care.Reach{Merchant: "m1"}
)

// paid is an order of a platform that was paid now.
func (e *env) paid(id, person, show string, products ...string) {
	e.t.Helper()
	var lines []live.OrderLine
	for i, p := range products {
		lines = append(lines, live.OrderLine{ID: fmt.Sprint("l", i), Product: live.ProductID(p), SKU: live.SKUID(p), Qty: 1, Goods: 1000})
	}
	facts := []store.Fact{
		{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.OrderCreated, Source: "shop", Currency: "CNY", At: e.now(), Person: live.PersonID(person), Show: live.ShowID(show), Lines: lines}},
		{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.OrderPaid, ID: "y", Source: "shop", Currency: "CNY", At: e.now(), PaidMinor: 1000 * int64(len(products))}},
	}
	if _, err := e.store.ApplyFacts(e.t.Context(), "m1", facts, e.now()); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) open(c Claim) Complaint {
	e.t.Helper()
	c.Merchant = "m1"
	if c.Source == "" {
		c.Source = FromDesk
	}
	got, _, err := e.book.Open(e.t.Context(), c, operator.Actor())
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *env) turn(id string, u Turn) Complaint {
	e.t.Helper()
	c, err := e.book.Turn(e.t.Context(), merchant, id, u, operator)
	if err != nil {
		e.t.Fatalf("%s: %v", u.Step, err)
	}
	return c
}

// facts are the facts of a kind that were told since the last call, of every kind
// when it is empty.
func (e *env) facts(kind live.Kind) []live.Event {
	e.t.Helper()
	rows, err := e.store.Outbox(e.t.Context(), e.heard, 1000)
	if err != nil {
		e.t.Fatal(err)
	}
	var list []live.Event
	for _, r := range rows {
		e.heard = r.ID
		if kind == "" || r.Event.Kind == kind {
			list = append(list, r.Event)
		}
	}
	return list
}

// fact is one that a reader of the log would hear.
func (e *env) fact(kind live.Kind, person, show string, data any) live.Entry {
	e.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		e.t.Fatal(err)
	}
	return live.Entry{Event: live.Event{
		ID: live.EventID(fmt.Sprintf("ev-%d", e.ids.Add(1))), Kind: kind, Source: "ws", Merchant: "m1", Room: "r1", Show: live.ShowID(show),
		Actor: live.Actor{ID: person, Role: live.RoleViewer}, Person: live.PersonID(person), OccurredAt: e.now(), ReceivedAt: e.now(), Data: raw,
	}}
}

func (e *env) take(entries ...live.Entry) {
	e.t.Helper()
	if err := e.book.Take(e.t.Context(), entries); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) list(f Filter) []Complaint {
	e.t.Helper()
	f.Reach = merchant
	list, _, err := e.book.Complaints(e.t.Context(), f)
	if err != nil {
		e.t.Fatal(err)
	}
	return list
}

func (e *env) figures(q FigureQuestion) Figures {
	e.t.Helper()
	q.Reach = merchant
	if q.AsOf.IsZero() {
		q.AsOf = e.now()
	}
	f, err := e.book.Figures(e.t.Context(), q)
	if err != nil {
		e.t.Fatal(err)
	}
	return f
}

// refused fails unless err is a refusal with a code.
func refused(t testing.TB, err error, code string) {
	t.Helper()
	var no *live.Error
	if !errors.As(err, &no) || no.Code != code {
		t.Errorf("got %v, want a refusal %q", err, code)
	}
}
