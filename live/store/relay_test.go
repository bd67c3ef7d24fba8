package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

// logbook is a log in memory with the contract of eventlog.AppendOutbox. It
// can fail before storing, or after, as a crash or a lost answer does.
type logbook struct {
	mu      sync.Mutex
	mark    int64
	events  []live.Event
	batches int
	fail    func(batch int) (before, after error)
}

func (l *logbook) OutboxMark(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mark, nil
}

func (l *logbook) AppendOutbox(_ context.Context, through int64, evs []live.Event) ([]live.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches++
	var before, after error
	if l.fail != nil {
		before, after = l.fail(l.batches)
	}
	if before != nil {
		return nil, before
	}
	if through <= l.mark {
		return nil, after
	}
	l.mark = through
	l.events = append(l.events, evs...)
	return make([]live.Position, len(evs)), after
}

func (l *logbook) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

// relay runs a relay until stop is called.
func relay(t *testing.T, s *Store, l *logbook) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- NewRelay(RelayConfig{Store: s, Log: l}).Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("relay: %v", err)
		}
	}
}

// await waits for the machine, however slow, but not for ever.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 30_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

func drained(t *testing.T, s *Store) func() bool {
	return func() bool {
		rows, err := s.Outbox(t.Context(), 0, 1)
		return err == nil && len(rows) == 0
	}
}

func TestRelayMovesEachEventOnce(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, live.MaxStock)
	want := events(t, s)
	l := &logbook{fail: func(batch int) (before, after error) {
		switch batch % 4 {
		case 1:
			return errors.New("refused"), nil
		case 2:
			return nil, errors.New("stored, but the answer was lost")
		}
		return nil, nil
	}}
	stop := relay(t, s, l)
	for i := range 40 {
		mustBuy(t, s, "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
	}
	await(t, "an empty outbox", drained(t, s))
	stop()
	if len(l.events) != len(want)+40 {
		t.Fatalf("%d events in the log, want %d", len(l.events), len(want)+40)
	}
	seen := map[live.EventID]bool{}
	for i, e := range l.events {
		if seen[e.ID] {
			t.Errorf("event %s is in the log twice", e.ID)
		}
		seen[e.ID] = true
		if i < len(want) && e.ID != want[i].ID {
			t.Errorf("event %d is %s, want %s", i, e.ID, want[i].ID)
		}
	}
}

// The process ends between the write to the log and the trimming of the outbox.
func TestRelayAfterCrashBeforeTrim(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, path, c)
	stage(t, s, 5)
	rows, err := s.Outbox(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	l := &logbook{}
	half := rows[:len(rows)/2]
	if _, err := l.AppendOutbox(t.Context(), half[len(half)-1].ID, batch(half)); err != nil {
		t.Fatal(err)
	}
	stop := relay(t, s, l)
	await(t, "an empty outbox", drained(t, s))
	stop()
	if len(l.events) != len(rows) {
		t.Errorf("%d events in the log, want %d", len(l.events), len(rows))
	}
}

// A database from an old backup beside a newer log must not have its events
// taken for duplicates.
func TestRelayWithRestoredDatabase(t *testing.T) {
	s, _ := fresh(t)
	l := &logbook{mark: 1000}
	stop := relay(t, s, l)
	defer stop()
	await(t, "the counter to be raised", func() bool {
		var n int64
		return s.reader(t.Context()).row(`SELECT value FROM counters WHERE name = 'outbox'`).Scan(&n) == nil && n == 1000
	})
	stage(t, s, 5)
	await(t, "the events of the show", func() bool { return l.len() == 4 })
}

func TestBatch(t *testing.T) {
	row := func(size int) OutboxRow { return OutboxRow{size: size} }
	for name, tc := range map[string]struct {
		rows []OutboxRow
		want int
	}{
		"small ones together":   {[]OutboxRow{row(100), row(100), row(100)}, 3},
		"a giant goes alone":    {[]OutboxRow{row(relayBytes + 1), row(1)}, 1},
		"up to the limit":       {[]OutboxRow{row(relayBytes - 1), row(1), row(1)}, 2},
		"a giant does not join": {[]OutboxRow{row(1), row(relayBytes)}, 1},
	} {
		if got := len(batch(tc.rows)); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestEventCodec(t *testing.T) {
	want := live.Event{
		ID: "e", Kind: live.OrderPaid, Source: "shop", Merchant: "m", Room: "r", Show: "s", Actor: live.Actor{ID: "a", Name: "名", Role: live.RoleViewer},
		Person: "p", Channel: "c/d", Campaign: "k", Stage: live.StageConvert, Rehearsal: true,
		OccurredAt: newClock().t, ReceivedAt: newClock().t.Add(time.Millisecond), Data: []byte(`{"a":"` + strings.Repeat("é", 9) + `"}`),
	}
	body, err := encodeEvent(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeEvent(body)
	if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}
