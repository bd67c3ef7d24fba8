package wall

import (
	"context"
	"fmt"
	"maps"
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

// Wall keeps what the last tick said. Its methods are safe for concurrent use.
type Wall struct {
	onAir func(live.RoomID) (live.Show, bool)
	made  prometheus.Counter
	given prometheus.Counter

	mu      sync.Mutex
	last    *tick
	next    chan struct{} // closed when the next tick is there
	views   map[string]*view
	waiting int
	asked   [2]bool // since the last whole tick, and between the two before
}

// tick is one instant of all merchants. It is not changed.
type tick struct {
	n     int64
	at    time.Time
	shows map[live.MerchantID][]*analytics.Snapshot // on air, by show
}

// forget is how long after the last question a view is kept, in milliseconds.
const forget = 60_000

// Question is whose wall is wanted, and what of it the caller may see.
type Question struct {
	Merchant live.MerchantID
	Money    bool          // amounts, too
	Rooms    []live.RoomID // nil: all
	After    int64         // the frame the caller has, 0 for none
	Changes  bool          // only what is other than in that frame, where that is known
	Wait     time.Duration // how long to wait for the one after it
}

// Frame is the rooms at one tick, as JSON. Body is shared and must not be changed.
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
		onAir: cfg.OnAir, next: make(chan struct{}), last: &tick{}, views: map[string]*view{},
		made:  counter("passes", "Passes over the rooms of a merchant to put them on the wall."),
		given: counter("frames", "Frames of the wall handed out."),
	}
	if cfg.Registerer != nil {
		cfg.Registerer.MustRegister(w.made, w.given)
	}
	return w
}

// Tick takes the snapshots of all shows at an instant. It must not change them
// afterwards.
func (w *Wall) Tick(at time.Time, all []analytics.Snapshot) {
	shows := map[live.MerchantID][]*analytics.Snapshot{}
	for i := range all {
		if s := &all[i]; s.State.OnAir() {
			shows[s.Merchant] = append(shows[s.Merchant], s)
		}
	}
	for _, list := range shows {
		slices.SortFunc(list, byShow)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = [2]bool{false, w.asked[0]}
	for name, v := range w.views {
		if w.last.n-v.asked > forget {
			delete(w.views, name)
		}
	}
	w.advance(at, shows)
}

// Change takes the snapshots of shows about which something was said since the
// last tick, and keeps the others as they are.
func (w *Wall) Change(at time.Time, some []analytics.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	shows := make(map[live.MerchantID][]*analytics.Snapshot, len(w.last.shows))
	own := map[live.MerchantID]bool{}
	maps.Copy(shows, w.last.shows)
	for i := range some {
		s := &some[i]
		if !own[s.Merchant] { // The lists of a tick are not changed.
			shows[s.Merchant], own[s.Merchant] = slices.Clone(shows[s.Merchant]), true
		}
		list := shows[s.Merchant]
		k, known := slices.BinarySearchFunc(list, s, byShow)
		switch {
		case known && s.State.OnAir():
			list[k] = s
		case known:
			list = slices.Delete(list, k, k+1)
		case s.State.OnAir():
			list = slices.Insert(list, k, s)
		}
		shows[s.Merchant] = list
	}
	w.advance(at, shows)
}

// advance puts the next tick up and tells who waits. The caller holds mu.
func (w *Wall) advance(at time.Time, shows map[live.MerchantID][]*analytics.Snapshot) {
	// A clock that was put back does not make it stand still.
	w.last = &tick{n: max(at.UnixMilli(), w.last.n+1), at: at, shows: shows}
	close(w.next)
	w.next = make(chan struct{})
}

func byShow(a, b *analytics.Snapshot) int { return strings.Compare(string(a.Show), string(b.Show)) }

// Watched reports whether somebody waits for a frame, or asked for one since the
// tick before the last: for nobody, changes between ticks need not be told.
func (w *Wall) Watched() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting > 0 || w.asked[0] || w.asked[1]
}

// Frame answers a question with the frame of the last tick, or waits for the next
// one when that is what the caller has.
func (w *Wall) Frame(ctx context.Context, q Question) (Frame, error) {
	w.mu.Lock()
	w.asked[0] = true
	t, next := w.last, w.next
	if wait := q.Wait > 0 && t.n <= q.After; wait {
		w.waiting++
		w.mu.Unlock()
		patience := time.NewTimer(q.Wait)
		defer patience.Stop()
		var err error
		select {
		case <-next:
		case <-patience.C:
		case <-ctx.Done():
			err = fmt.Errorf("wait for the wall: %w", ctx.Err())
		}
		w.mu.Lock()
		w.waiting--
		if err != nil {
			w.mu.Unlock()
			return Frame{}, err
		}
		t = w.last
	}
	name := fmt.Sprintf("%t %s", q.Money, q.Merchant)
	v := w.views[name]
	if v == nil {
		v = newView()
		w.views[name] = v
	}
	v.asked = t.n
	w.mu.Unlock()
	w.given.Inc()
	return w.frame(v, t, &q)
}
