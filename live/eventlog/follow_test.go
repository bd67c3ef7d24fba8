package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// ledger is a taker as a database is one: what it makes of the facts and its
// checkpoint change together, and its answer may be lost.
type ledger struct {
	t  *testing.T
	mu sync.Mutex

	epoch string
	next  live.Position
	taken []string

	fault   func() int // 0: none, 1: before, 2: after it was done
	missing int        // facts that came after a gap
}

func (g *ledger) Checkpoint(context.Context) (string, live.Position, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault != nil && g.fault() == 1 {
		return "", live.Position{}, errors.New("the database is away")
	}
	return g.epoch, g.next, nil
}

func (g *ledger) take(epoch string, entries []live.Entry, next live.Position, settle bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	fault := 0
	if g.fault != nil {
		fault = g.fault()
	}
	if fault == 1 {
		return errors.New("the database is away")
	}
	moved := settle
	for _, e := range entries {
		switch {
		case e.Position.Less(g.next): // Told again.
			continue
		case !e.Position.Less(next):
			g.t.Errorf("%v is not before %v", e.Position, next)
		}
		if string(e.Event.ID) != fmt.Sprintf("e-%d", len(g.taken)) {
			g.missing++
		}
		g.taken, moved = append(g.taken, string(e.Event.ID)), true
	}
	if moved && g.next.Less(next) {
		g.epoch, g.next = epoch, next
	}
	if fault == 2 {
		return errors.New("the answer was lost")
	}
	return nil
}

// through is a ledger behind a log.
type through struct {
	*ledger
	log *Log
}

func (x through) Take(_ context.Context, entries []live.Entry, next live.Position, settle bool) error {
	return x.take(x.log.Epoch(), entries, next, settle)
}

// restless is a clock on which every look is later than a commit is due.
func restless() func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return time.UnixMilli(0).Add(time.Duration(looks.Add(1)) * 2 * CommitEvery) }
}

// follow carries the log into a ledger until it has so many facts and the log
// has been told.
func follow(t *testing.T, l *Log, g *ledger, until int) {
	t.Helper()
	r, err := l.Reader(t.Context(), "ledger", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	f := &Follower{Name: "the ledger", Reader: r, Log: l, Taker: through{g, l}, Batch: 7, Wait: time.Millisecond, Now: restless(), Logger: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	for {
		g.mu.Lock()
		n, next := len(g.taken), g.next
		g.mu.Unlock()
		if at, _ := r.Checkpoint(); n >= until && !at.Less(next) {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("%d facts of %d were taken", n, until)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		t.Fatal(err)
	}
}

// Every fact is taken once and in order, whatever goes wrong on the way, over
// restarts, and when the taker is older than what the log was told.
func TestFollowerSkipsNothing(t *testing.T) {
	l, _ := openLog(t, Config{})
	all := events("e", 120)
	tries := 0
	g := &ledger{t: t, fault: func() int {
		tries++
		return []int{0, 2, 0, 1, 0}[tries%5]
	}}
	backup := &ledger{t: t}
	for part := range slices.Chunk(all, 40) {
		for some := range slices.Chunk(part, 9) {
			mustAppend(t, l, some...)
		}
		follow(t, l, g, len(g.taken)+len(part))
		if len(backup.taken) == 0 {
			backup.epoch, backup.next, backup.taken = g.epoch, g.next, slices.Clone(g.taken)
		}
	}
	for name, x := range map[string]*ledger{"the ledger": g, "an older one": backup} {
		if x == backup {
			follow(t, l, x, len(all))
		}
		if len(x.taken) != len(all) || x.missing > 0 {
			t.Errorf("%s has %d facts of %d, %d after a gap", name, len(x.taken), len(all), x.missing)
		}
	}
	// Of another log, or none: the reader goes on where it is.
	other := &ledger{t: t, epoch: "another", next: live.Position{Seq: 1}}
	mustAppend(t, l, event("e-new"))
	follow(t, l, other, 1)
	if !slices.Equal(other.taken, []string{"e-new"}) {
		t.Errorf("taken %v", other.taken)
	}
}

// The log is told after the taker has settled, never before, and who was
// overtaken ends.
func TestFollowerThatWasOvertaken(t *testing.T) {
	l, _ := openLog(t, Config{})
	mustAppend(t, l, events("e", 3)...)
	r := openReader(t, l, "ledger", live.Position{})
	g := &ledger{t: t}
	f := &Follower{Name: "the ledger", Reader: r, Log: l, Taker: through{g, l}, Batch: 2, Wait: time.Millisecond, Now: restless(), Logger: slog.New(slog.DiscardHandler)}
	openReader(t, l, "ledger", live.Position{}) // Somebody else.
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	if err := f.Run(ctx); !errors.Is(err, ErrReaderLost) {
		t.Fatalf("ended with %v", err)
	}
	if at, err := l.Checkpoint(t.Context(), "ledger"); err != nil || g.next.Less(at) {
		t.Errorf("the log was told %v, the ledger stands at %v: %v", at, g.next, err)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := f.Run(ended); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
