package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"showrunner/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errEngine = errors.New("the engine is away")

// memoryLog is a log for the tests of what stands before it: a slice of
// messages. Its engine fails as fail says.
type memoryLog struct {
	mu       sync.Mutex
	more     chan struct{} // closed when a message comes
	messages [][]live.Event
	// fail, if set, is asked before each append: an error stands for the append,
	// which is stored all the same if stored is true.
	fail func() (err error, stored bool)
	// gate, if set, holds back every append until it can be received from.
	gate chan struct{}
	// late, if set, holds back the answer of every append that was stored.
	late chan struct{}
}

func newMemoryLog() *memoryLog { return &memoryLog{more: make(chan struct{})} }

func (l *memoryLog) Append(ctx context.Context, events []live.Event) ([]live.Position, error) {
	if l.gate != nil {
		select {
		case <-l.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if l.late != nil {
		defer func() { <-l.late }()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err, stored := l.fail(); err != nil {
			if stored {
				l.store(events)
			}
			return nil, err
		}
	}
	return l.store(events), nil
}

func (l *memoryLog) store(events []live.Event) []live.Position {
	l.messages = append(l.messages, slices.Clone(events))
	close(l.more)
	l.more = make(chan struct{})
	positions := make([]live.Position, len(events))
	for n := range events {
		positions[n] = live.Position{Seq: uint64(len(l.messages)), Index: uint32(n)}
	}
	return positions
}

func (l *memoryLog) Head(context.Context) (live.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return live.Position{Seq: uint64(len(l.messages)) + 1}, nil
}

func (l *memoryLog) events() []live.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.messages...)
}

// memoryReader reads a memoryLog message by message.
type memoryReader struct {
	log       *memoryLog
	next      live.Position
	committed live.Position
	lost      bool
	paused    chan struct{} // if set, nothing is read before it is closed
}

func (r *memoryReader) Next(ctx context.Context, _ int, wait time.Duration) ([]live.Entry, error) {
	if r.paused != nil {
		select {
		case <-r.paused:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		r.log.mu.Lock()
		messages, more := r.log.messages, r.log.more
		r.log.mu.Unlock()
		if r.next.Seq <= uint64(len(messages)) {
			var entries []live.Entry
			for n, e := range messages[r.next.Seq-1] {
				entries = append(entries, live.Entry{Position: live.Position{Seq: r.next.Seq, Index: uint32(n)}, Event: e})
			}
			r.next.Seq++
			return entries, nil
		}
		select {
		case <-more:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *memoryReader) Position() live.Position { return r.next }

func (r *memoryReader) Commit(_ context.Context, next live.Position, _ []byte) error {
	if r.lost {
		return fmt.Errorf("commit: %w", live.Conflict("reader_lost", "another owner"))
	}
	r.committed = next
	return nil
}

// memorySeen is a Seen that can fail.
type memorySeen struct {
	mu      sync.Mutex
	keys    map[[16]byte]time.Time
	fail    error
	saves   int
	trimmed time.Time
}

func newMemorySeen() *memorySeen { return &memorySeen{keys: map[[16]byte]time.Time{}} }

func (s *memorySeen) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *memorySeen) has(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.keys[k]
	return ok
}

func (s *memorySeen) HasSeen(_ context.Context, keys [][16]byte) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	out := make([]bool, len(keys))
	for n, k := range keys {
		_, out[n] = s.keys[k]
	}
	return out, nil
}

func (s *memorySeen) AddSeen(_ context.Context, keys [][16]byte, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.saves++
	for _, k := range keys {
		if _, ok := s.keys[k]; !ok {
			s.keys[k] = at
		}
	}
	return nil
}

func (s *memorySeen) TrimSeen(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trimmed = before
	return nil
}

// now is the clock of the tests.
var now = time.Date(2026, 11, 21, 20, 15, 1, 234e6, time.UTC)

// world is an Ingest with its engines.
type world struct {
	*Ingest
	log    *memoryLog
	seen   *memorySeen
	reader *memoryReader
}

// begin makes a world; prepare may change it before it runs.
func begin(t testing.TB, prepare func(w *world)) *world {
	t.Helper()
	w := &world{log: newMemoryLog(), seen: newMemorySeen()}
	w.reader = &memoryReader{log: w.log, next: live.Position{Seq: 1}}
	if prepare != nil {
		prepare(w)
	}
	w.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: w.reader, Now: func() time.Time { return now }})
	return w
}

// run runs an Ingest until the test ends or stop is called.
func (w *world) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// comment is a fact as a producer sends it.
func comment(id string) live.Event {
	return live.Event{
		ID: live.EventID(id), Kind: live.CommentSent, Source: "app", Merchant: "m-1", Room: "r-1",
		Actor: live.Actor{ID: "v-1", Name: "小雨", Role: live.RoleViewer}, Person: "v-1", Data: []byte(`{"text":"hi"}`),
	}
}

func liked(id string) live.Event {
	e := comment(id)
	e.Kind, e.Data = live.Liked, []byte(`{"count":3}`)
	return e
}
