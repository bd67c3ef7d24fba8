package eventlog

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"showrunner/live"
)

func mustMark(t testing.TB, l *Log) int64 {
	t.Helper()
	mark, err := l.OutboxMark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return mark
}

func TestOutboxBatchIsStoredOnce(t *testing.T) {
	dir := t.TempDir()
	l, stop := openLog(t, Config{Dir: dir})
	if got := mustMark(t, l); got != 0 {
		t.Errorf("the mark of an empty log is %d", got)
	}
	ctx := t.Context()
	first, err := l.AppendOutbox(ctx, 7, events("order", 3))
	if err != nil || len(first) != 3 {
		t.Fatalf("got %v, %v", first, err)
	}
	mustAppend(t, l, event("between"))
	for _, through := range []int64{7, 3} {
		if again, err := l.AppendOutbox(ctx, through, events("order", 3)); again != nil || err != nil {
			t.Errorf("through %d again: %v, %v, want nothing", through, again, err)
		}
	}
	if _, err := l.AppendOutbox(ctx, 9, events("more", 1)); err != nil {
		t.Fatal(err)
	}
	stop()
	l, _ = openLog(t, Config{Dir: dir}) // a relay that has forgotten everything
	if again, err := l.AppendOutbox(ctx, 9, events("more", 1)); again != nil || err != nil {
		t.Errorf("after a restart: %v, %v, want nothing", again, err)
	}
	if got := mustMark(t, l); got != 9 {
		t.Errorf("the mark is %d, want 9", got)
	}
	if got, want := fmt.Sprint(ids(all(t, l))), "[order-0 order-1 order-2 between more-0]"; got != want {
		t.Errorf("the log holds %s, want %s", got, want)
	}
}

func TestOutboxRefuses(t *testing.T) {
	l, _ := openLog(t, Config{})
	huge := events("huge", 6)
	for i := range huge {
		huge[i].Data = make([]byte, live.MaxOrderData)
	}
	for _, c := range []struct {
		through int64
		events  []live.Event
		code    string
	}{
		{0, events("e", 1), "invalid_field"},
		{1, nil, "invalid_field"},
		{1, events("e", live.MaxBatch+1), "batch_too_large"},
		{1, huge, "batch_too_large"},
	} {
		_, err := l.AppendOutbox(t.Context(), c.through, c.events)
		if !errors.Is(err, &live.Error{Code: c.code}) {
			t.Errorf("through %d with %d events: %v, want %s", c.through, len(c.events), err, c.code)
		}
	}
}

// second is another process on the same stream, as far as the outbox knows.
func second(l *Log) *Log {
	return &Log{cfg: l.cfg, logger: l.logger, metrics: l.metrics, conn: l.conn, js: l.js, stream: l.stream, marks: l.marks, epoch: l.epoch, payload: l.payload}
}

func TestOutboxOfAnotherRelay(t *testing.T) {
	l, _ := openLog(t, Config{})
	other := second(l)
	ctx := t.Context()
	if _, err := l.AppendOutbox(ctx, 1, events("begin", 1)); err != nil {
		t.Fatal(err)
	}
	mustMark(t, other)
	if _, err := other.AppendOutbox(ctx, 5, events("first", 4)); err != nil {
		t.Fatal(err)
	}
	// All of ours is there.
	if p, err := l.AppendOutbox(ctx, 4, events("first", 3)); p != nil || err != nil {
		t.Errorf("got %v, %v, want nothing", p, err)
	}
	// A part of ours is there: storing it would double that part, however often we ask.
	for range 2 {
		if p, err := l.AppendOutbox(ctx, 8, events("first", 7)); !errors.Is(err, ErrOutboxMoved) {
			t.Errorf("got %v, %v, want ErrOutboxMoved", p, err)
		}
	}
	if got := mustMark(t, l); got != 5 {
		t.Errorf("the mark is %d, want 5", got)
	}
	if p, err := l.AppendOutbox(ctx, 8, events("second", 3)); len(p) != 3 || err != nil {
		t.Errorf("got %v, %v, want it stored", p, err)
	}
	if got := len(all(t, l)); got != 8 {
		t.Errorf("%d events in the log, want 8", got)
	}
}

// Relays that race for the same outbox store every row once, in order.
func TestCompetingRelays(t *testing.T) {
	const rows, relays = 300, 4
	l, _ := openLog(t, Config{})
	var wg sync.WaitGroup
	for n := range relays {
		relay := second(l)
		wg.Go(func() {
			for {
				mark, err := relay.OutboxMark(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if mark == rows {
					return
				}
				for range 3 { // some batches without asking again
					through := min(mark+int64(1+(int(mark)+n)%7), rows)
					var evs []live.Event
					for id := mark + 1; id <= through; id++ {
						evs = append(evs, event(fmt.Sprintf("row-%d", id)))
					}
					if len(evs) == 0 {
						break
					}
					_, err := relay.AppendOutbox(t.Context(), through, evs)
					if errors.Is(err, ErrOutboxMoved) {
						break
					}
					if err != nil {
						t.Error(err)
						return
					}
					mark = through
				}
			}
		})
	}
	wg.Wait()
	got := ids(all(t, l))
	if len(got) != rows {
		t.Fatalf("%d rows in the log, want %d", len(got), rows)
	}
	for i, id := range got {
		if want := fmt.Sprintf("row-%d", i+1); id != want {
			t.Fatalf("row %d of the log is %s, want %s", i, id, want)
		}
	}
}
