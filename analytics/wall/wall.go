package wall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/live"
)

// Config is what [New] needs.
type Config struct {
	// OnAir finds the show of a room that is on air as it is now, at once.
	OnAir      func(live.RoomID) (live.Show, bool)
	Registerer prometheus.Registerer // nil means none
}

// Wall keeps the frame of the last tick. Its methods are safe for concurrent use.
type Wall struct {
	onAir func(live.RoomID) (live.Show, bool)
	made  prometheus.Counter
	given prometheus.Counter

	mu   sync.Mutex
	last *tick
	next chan struct{} // closed when the next tick is there
}

// tick is one second of all merchants.
type tick struct {
	n     int64
	at    time.Time
	shows map[live.MerchantID][]analytics.Snapshot

	mu     sync.Mutex
	cards  map[string]*cards
	frames map[string]Frame
}

// Question is whose wall is wanted, and what of it the caller may see.
type Question struct {
	Merchant live.MerchantID
	Money    bool          // amounts, too
	Rooms    []live.RoomID // nil: all
	After    int64         // the frame the caller has, 0 for none
	Wait     time.Duration // how long to wait for the one after it
}

// Frame is all rooms at one tick, as JSON. Body is shared and must not be changed.
type Frame struct {
	Tick int64 // names it: later ones have greater numbers
	Body []byte
}

// New makes an empty wall.
func New(cfg Config) *Wall {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_wall_" + name + "_total", Help: help})
	}
	w := &Wall{
		onAir: cfg.OnAir, next: make(chan struct{}),
		made:  counter("passes", "Passes over the rooms of a merchant to put them on the wall."),
		given: counter("frames", "Frames of the wall handed out."),
	}
	w.last = newTick(time.Time{}, nil)
	w.last.n = 0
	if cfg.Registerer != nil {
		cfg.Registerer.MustRegister(w.made, w.given)
	}
	return w
}

func newTick(at time.Time, all []analytics.Snapshot) *tick {
	t := &tick{
		n: at.UnixMilli(), at: at, shows: map[live.MerchantID][]analytics.Snapshot{},
		cards: map[string]*cards{}, frames: map[string]Frame{},
	}
	for _, s := range all {
		if s.State.OnAir() {
			t.shows[s.Merchant] = append(t.shows[s.Merchant], s)
		}
	}
	return t
}

// Tick takes the snapshots of all shows at an instant. It must not change them
// afterwards.
func (w *Wall) Tick(at time.Time, all []analytics.Snapshot) {
	t := newTick(at, all)
	w.mu.Lock()
	defer w.mu.Unlock()
	t.n = max(t.n, w.last.n+1) // A clock that was put back does not make it stand still.
	w.last = t
	close(w.next)
	w.next = make(chan struct{})
}

// Frame answers a question with the frame of the last tick, or waits for the next
// one when that is what the caller has.
func (w *Wall) Frame(ctx context.Context, q Question) (Frame, error) {
	w.mu.Lock()
	t, next := w.last, w.next
	w.mu.Unlock()
	if q.Wait > 0 && t.n <= q.After {
		patience := time.NewTimer(q.Wait)
		defer patience.Stop()
		select {
		case <-next:
		case <-patience.C:
		case <-ctx.Done():
			return Frame{}, fmt.Errorf("wait for the wall: %w", ctx.Err())
		}
		w.mu.Lock()
		t = w.last
		w.mu.Unlock()
	}
	w.given.Inc()
	return w.frame(t, &q)
}

// frame finds the frame of a tick, or makes it for all who see the same.
func (w *Wall) frame(t *tick, q *Question) (Frame, error) {
	class := fmt.Sprintf("%t %s", q.Money, q.Merchant)
	rooms := slices.Clone(q.Rooms)
	slices.Sort(rooms)
	sees := class + " *"
	if q.Rooms != nil {
		sees = fmt.Sprint(class, rooms)
	}
	// Whoever comes while it is made waits for it.
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.frames[sees]; ok {
		return f, nil
	}
	c := t.cards[class]
	if c == nil {
		made, err := w.cardsOf(t.shows[q.Merchant], q.Money)
		if err != nil {
			return Frame{}, err
		}
		c = made
		t.cards[class] = c
		w.made.Inc()
	}
	var b strings.Builder
	at := "null"
	if !t.at.IsZero() {
		at = `"` + analytics.Stamp(t.at) + `"`
	}
	fmt.Fprintf(&b, `{"tick":%d,"at":%s,"rooms":[`, t.n, at)
	first := true
	for i, body := range c.bodies {
		if q.Rooms != nil && !slices.Contains(rooms, c.rooms[i]) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(body)
	}
	b.WriteString("]}")
	f := Frame{Tick: t.n, Body: []byte(b.String())}
	t.frames[sees] = f
	return f, nil
}
