package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
)

// slowSeen takes keys only once it may.
type slowSeen struct {
	*memorySeen
	gate chan struct{}
}

func (s slowSeen) AddSeen(ctx context.Context, keys [][16]byte, at time.Time) error {
	select {
	case <-s.gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.memorySeen.AddSeen(ctx, keys, at)
}

// A producer's server died before it answered. The next one, whose memory is
// not saved that far, knows the fact all the same; a process that believes the
// log to be its own does not, which is what the test is worth.
func TestSharedLogIsReadToItsEnd(t *testing.T) {
	for shared, want := range map[bool]string{true: "duplicate accepted", false: "accepted accepted"} {
		synctest.Test(t, func(t *testing.T) {
			gate := make(chan struct{})
			w := begin(t, nil)
			w.Ingest = New(Config{
				Log: w.log, Seen: slowSeen{w.seen, gate}, Reader: w.reader, Shared: shared, Now: func() time.Time { return now },
			})
			defer w.run(t)()
			synctest.Wait()
			// What keeps the saving busy is on its way when the fact arrives elsewhere.
			w.log.put([]live.Event{liked("x")})
			synctest.Wait()
			w.log.put([]live.Event{liked("a")})
			if got := statuses(mustIngest(t, w, liked("a"), liked("b"))); got != want {
				t.Errorf("shared %v: got %s, want %s", shared, got, want)
			}
			close(gate)
		})
	}
}

// A log that says how far it goes and cannot be read is not waited for without end.
func TestSharedLogThatIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		w.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: w.reader, Shared: true, Now: func() time.Time { return now }})
		w.reader.paused = make(chan struct{})
		stop := w.run(t)
		synctest.Wait()
		w.log.put([]live.Event{liked("x")})
		_, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a")})
		if !errors.Is(err, live.Unavailable("ingest_behind", 0, "")) {
			t.Errorf("got %v, want ingest_behind", err)
		}
		// What has no ID has no repeats, and is taken.
		if got := statuses(mustIngest(t, w, liked(""))); got != "accepted" {
			t.Errorf("got %s", got)
		}
		stop()
	})
}

// put stores what another process appended.
func (l *memoryLog) put(events []live.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.store(events)
}
