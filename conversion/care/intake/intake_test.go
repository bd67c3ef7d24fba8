package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/need"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// entries of service are none here.
type entries struct{ need.Entries }

// flaky is a store that is away now and then.
type flaky struct {
	*store.Store
	asked atomic.Int64
}

func (f *flaky) Change(ctx context.Context, fn func(*store.Tx) error) error {
	if n := f.asked.Add(1); n == 2 || n == 7 || n == 20 || n == 50 {
		return errors.New("the database is away")
	}
	return f.Store.Change(ctx, fn)
}

// counting counts what a hearer is told of.
type counting struct {
	Hearer
	n int
}

func (c *counting) Take(ctx context.Context, list []live.Entry) error {
	c.n += len(list)
	return c.Hearer.Take(ctx, list)
}

// env is a log and a store, with a clock that stands still.
type env struct {
	t     *testing.T
	clock time.Time
	store *store.Store
	log   *eventlog.Log
	book  *complaint.Book
	needs *need.Loop
	n     int
}

func (e *env) now() time.Time { return e.clock }

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{t: t, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	var err error
	if e.store, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if e.log, err = eventlog.Open(t.Context(), eventlog.Config{Dir: filepath.Join(t.TempDir(), "log"), Now: e.now}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var logging sync.WaitGroup
	logging.Go(func() {
		if err := e.log.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		logging.Wait()
		if err := errors.Join(e.log.Close(), e.store.Close()); err != nil {
			t.Error(err)
		}
	})
	var ids atomic.Int64
	newID := func() string { return fmt.Sprintf("%06d", ids.Add(1)) }
	away := &flaky{Store: e.store}
	e.needs = need.New(need.Config{Store: away, Words: text.Shared, Entries: entries{}, NewID: newID, Now: e.now})
	e.book = complaint.New(complaint.Config{Store: away, Words: text.Shared, NewID: newID, Now: e.now})
	if _, err := e.store.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	operator := live.Principal{Subject: "op", Role: live.RoleOperator, Merchant: "m1"}
	if _, err := e.store.CreateShow(t.Context(), live.Show{ID: "s1", Room: "r1", Merchant: "m1", Title: "Show"}, operator); err != nil {
		t.Fatal(err)
	}
	return e
}

// say puts complaints and questions on the log, so many of each.
func (e *env) say(n int) {
	e.t.Helper()
	var list []live.Event
	for range n {
		e.n++
		who := fmt.Sprint("p", e.n)
		for kind, data := range map[live.Kind]any{
			live.RefundSucceeded: map[string]any{"order_id": "o" + who, "reason": "NOT_MATCH_PRODUCT_DESC"},
			live.QuestionAsked:   map[string]any{"text": "什么时候发货"},
			live.Liked:           map[string]any{"count": 1}, // which nobody cares for
		} {
			raw, err := json.Marshal(data)
			if err != nil {
				e.t.Fatal(err)
			}
			list = append(list, live.Event{
				ID: live.EventID(fmt.Sprint(kind, e.n)), Kind: kind, Source: "shop", Merchant: "m1", Room: "r1", Show: "s1", Person: live.PersonID(who),
				Actor: live.Actor{ID: who, Role: live.RoleViewer}, OccurredAt: e.now(), ReceivedAt: e.now(), Data: raw,
			})
		}
	}
	if _, err := e.log.Append(e.t.Context(), list); err != nil {
		e.t.Fatal(err)
	}
}

// listen runs an intake to the end of the log and tells how many facts it had.
func (e *env) listen() int {
	e.t.Helper()
	head, err := e.log.Head(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	r, err := e.log.Reader(e.t.Context(), "care", live.Position{})
	if err != nil {
		e.t.Fatal(err)
	}
	told := &counting{Hearer: e.book}
	now := e.now()
	in := New(Config{
		Reader: r, Log: e.log, Store: e.store, Hearers: []Hearer{e.needs, told}, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { now = now.Add(time.Minute); return now }, // it is always time to tell the log
	})
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan error, 1)
	go func() { done <- in.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		_, next, err := e.store.LogCheckpoint(e.t.Context(), reader)
		if at, known := r.Checkpoint(); err == nil && !next.Less(head) && known == nil && !at.Less(head) {
			break
		}
		if time.Now().After(end) {
			e.t.Fatal("the intake does not come to the end of the log")
		}
	}
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		e.t.Fatal(err)
	}
	return told.n
}

// heard fails unless everything that was said was heard, once.
func (e *env) heard() {
	e.t.Helper()
	for table, column := range map[string]string{"care_evidence": "ref", "care_complaints": "person_id", "care_needs": "ref"} {
		var rows, kinds int
		if err := e.store.View(e.t.Context()).Row(`SELECT COUNT(*), COUNT(DISTINCT `+column+`) FROM `+table).Scan(&rows, &kinds); err != nil {
			e.t.Fatal(err)
		}
		if rows != e.n || kinds != e.n {
			e.t.Errorf("%s has %d rows of %d, want %d", table, rows, kinds, e.n)
		}
	}
}

// TestIntake: every complaint and question is heard once, over a database that
// comes and goes, over restarts, and again where a store that was restored from
// an older backup lacks them.
func TestIntake(t *testing.T) {
	e := newEnv(t)
	e.say(9)
	e.listen()
	e.heard()
	e.say(6)
	e.listen()
	e.heard()
	if n := e.listen(); n != 0 {
		t.Errorf("with nothing new %d facts were told", n)
	}
	_, until, err := e.store.LogCheckpoint(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}

	// The backup is from before all of it; what was logged of steps stays.
	restore := func(tx *store.Tx) error {
		for _, table := range []string{"care_evidence", "care_complaints", "care_needs"} {
			if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
				return err
			}
		}
		return tx.MoveLogCheckpoint(reader, e.log.Epoch(), live.Position{Seq: 1})
	}
	if err := e.store.Change(t.Context(), restore); err != nil {
		t.Fatal(err)
	}
	e.listen()
	e.heard()

	// Behind the store, a reader does not tell again what is there.
	in := taker{Config{Log: e.log, Store: e.store, Hearers: []Hearer{&counting{Hearer: e.book}}}}
	told := in.Hearers[0].(*counting)
	var all []live.Entry
	if err := e.log.Range(t.Context(), live.Position{Seq: 1}, until, func(x live.Entry) error { all = append(all, x); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := in.Take(t.Context(), all, until, true); err != nil || told.n != 0 {
		t.Errorf("told again: %d facts, %v", told.n, err)
	}
	if _, at, err := e.store.LogCheckpoint(t.Context(), reader); err != nil || at != until || len(all) != 3*e.n {
		t.Errorf("the checkpoint went from %v to %v over %d facts: %v", until, at, len(all), err)
	}
}
