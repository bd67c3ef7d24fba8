package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// shelf is a book over a real store with a show on air.
type shelf struct {
	t     *testing.T
	clock atomic.Int64
	ids   atomic.Int64
	store *store.Store
	book  *Book
	show  live.Show
}

var boss = live.Principal{Subject: "boss", Role: live.RoleMerchant, Merchant: "m1"}

func newShelf(t *testing.T, rehearsal bool) *shelf {
	t.Helper()
	s := &shelf{t: t}
	s.clock.Store(began.UnixMilli())
	now := func() time.Time { return time.UnixMilli(s.clock.Load()).UTC() }
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: now}
	}
	var err error
	if s.store, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.book = NewBook(s.store, func() string { return fmt.Sprintf("%06d", s.ids.Add(1)) })
	if _, err := s.store.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "room", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	if s.show, err = s.store.CreateShow(t.Context(), live.Show{Room: "r1", Title: "show", Rehearsal: rehearsal}, boss); err != nil {
		t.Fatal(err)
	}
	s.command(live.StartShow)
	return s
}

func (s *shelf) command(name live.CommandName) {
	s.t.Helper()
	_, err := s.store.Execute(s.t.Context(), live.Command{ID: fmt.Sprint("c", s.ids.Add(1)), Name: name, Merchant: "m1", Room: "r1", Show: s.show.ID, By: boss})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) raise(subject string) string {
	s.t.Helper()
	id, err := s.book.Raise(s.t.Context(), Alert{
		Merchant: "m1", Show: s.show.ID, Room: "r1", Rule: "stock_out_ahead", Kind: StockOut, Subject: subject, Severity: Warning, Rules: 3, Evidence: json.RawMessage(`{"left":4}`),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestBook: one alert of a rule and subject is open at a time, however often it
// is raised; who was first to take it up stays; each turn is one fact.
func TestBook(t *testing.T) {
	s := newShelf(t, false)
	ctx := t.Context()
	id := s.raise("k1")
	if again := s.raise("k1"); again != id || id == "" {
		t.Errorf("raised again it is %q, before %q", again, id)
	}
	if other := s.raise("k2"); other == id {
		t.Error("another SKU is the same alert")
	}
	s.clock.Add(5000)
	got, err := s.book.Acknowledge(ctx, "m1", s.show.ID, id, live.Actor{ID: "ann", Name: "Ann", Role: live.RoleOperator})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Add(5000)
	second, err := s.book.Acknowledge(ctx, "m1", s.show.ID, id, live.Actor{ID: "ben", Role: live.RoleHost})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(got, second); d != "" {
		t.Errorf("taken up again: %s", d)
	}
	want := Alert{
		ID: id, Merchant: "m1", Show: s.show.ID, Room: "r1", Rule: "stock_out_ahead", Kind: StockOut, Subject: "k1", Severity: Warning, Rules: 3, Evidence: json.RawMessage(`{"left":4}`),
		RaisedAt: began, AckedAt: began.Add(5 * time.Second), AckedBy: live.Actor{ID: "ann", Role: live.RoleOperator},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, c := range []struct {
		m    live.MerchantID
		show live.ShowID
		id   string
	}{{"m2", s.show.ID, id}, {"m1", "other", id}, {"m1", s.show.ID, "none"}} {
		_, err := s.book.Acknowledge(ctx, c.m, c.show, c.id, live.Actor{ID: "eve"})
		if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != "alert_not_found" {
			t.Errorf("%+v is taken up: %v", c, err)
		}
	}
	for range 2 {
		if err := s.book.Clear(ctx, "m1", id, Recovered); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.book.Clear(ctx, "m1", "none", Recovered); err != nil {
		t.Fatal(err)
	}
	if fresh := s.raise("k1"); fresh == id {
		t.Error("an alert that is over was raised again")
	}
	all, err := s.book.OfShow(ctx, s.show.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.book.Open(ctx)
	if err != nil || len(all) != 3 || len(open) != 2 {
		t.Errorf("%d alerts, %d open: %v", len(all), len(open), err)
	}
	s.facts(map[live.Kind]int{live.AlertRaised: 3, live.AlertCleared: 1, live.AlertAcknowledged: 1})
}

// TestBookOfShow: no alert in a rehearsal and none after the end; a show that is
// on air has not ended, whatever a watcher believes.
func TestBookOfShow(t *testing.T) {
	if id := newShelf(t, true).raise("k1"); id != "" {
		t.Errorf("a rehearsal has the alert %s", id)
	}
	s := newShelf(t, false)
	id := s.raise("k1")
	open := func() int {
		t.Helper()
		list, err := s.book.OfShow(t.Context(), s.show.ID, true)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	ends := func() {
		t.Helper()
		if err := s.book.Clear(t.Context(), "m1", id, ShowEnded); err != nil {
			t.Fatal(err)
		}
	}
	if ends(); open() != 1 {
		t.Error("a show on air has ended")
	}
	s.command(live.EndShow)
	if ends(); open() != 0 {
		t.Error("an alert outlived its show")
	}
	if late := s.raise("k1"); late != "" {
		t.Errorf("after the end there is the alert %s", late)
	}
	s.facts(map[live.Kind]int{live.AlertRaised: 1, live.AlertCleared: 1})
}

func TestKeptRules(t *testing.T) {
	s := newShelf(t, false)
	ctx := t.Context()
	if k, err := s.book.Rules(ctx, "m1"); err != nil || k.Version != 0 || len(k.Rules.Rules) != len(DefaultRules().Rules) {
		t.Errorf("who has set none has %+v: %v", k, err)
	}
	for v := range int64(2) {
		k, err := s.book.SetRules(ctx, "m1", rule(5+v, 2, 0, 0), live.Actor{ID: "boss", Role: live.RoleMerchant})
		if err != nil || k.Version != v+1 {
			t.Fatalf("version %d: %v", k.Version, err)
		}
	}
	k, err := s.book.Rules(ctx, "m1")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rule(6, 2, 0, 0), k.Rules); d != "" || k.Version != 2 || k.By.ID != "boss" {
		t.Errorf("version %d by %s: %s", k.Version, k.By.ID, d)
	}
	if _, err := s.book.SetRules(ctx, "m1", rule(0, 0, 0, 0), live.Actor{}); err == nil {
		t.Error("a rule without a limit is taken")
	}
	if k, err := s.book.Rules(ctx, "m2"); err != nil || k.Version != 0 {
		t.Errorf("another merchant has version %d: %v", k.Version, err)
	}
}

// facts counts what stands in the outbox about alerts.
func (s *shelf) facts(want map[live.Kind]int) {
	s.t.Helper()
	got := map[live.Kind]int{}
	rows, err := s.store.Outbox(s.t.Context(), 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		e := row.Event
		if e.Kind == live.AlertRaised || e.Kind == live.AlertCleared || e.Kind == live.AlertAcknowledged {
			got[e.Kind]++
			if e.Show != s.show.ID || e.Room != "r1" || e.Merchant != "m1" {
				s.t.Errorf("%s is of %s in %s of %s", e.Kind, e.Show, e.Room, e.Merchant)
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		s.t.Errorf("facts -want +got\n%s", d)
	}
}
