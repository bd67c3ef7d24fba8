package realtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Fresh is the lag up to which the figures of a show that is over count as
// final; beyond it a snapshot is provisional.
const Fresh = 2 * time.Second

const (
	// batch is how many facts are taken at a time: few enough that a snapshot
	// asked for waits only milliseconds for the fold.
	batch = 4096
	// poll is how long to wait for facts, and so the most a tick can be late.
	poll = 100 * time.Millisecond
	// commitEvery bounds how much is read again after a restart beyond what the
	// held shows need anyway.
	commitEvery = 5 * time.Second
	// maxIgnored bounds the memory for shows that are not held.
	maxIgnored = 10_000
)

// Realtime follows the log. See [New].
type Realtime struct {
	cfg     Config
	metrics *metrics

	mu    sync.Mutex // guards what follows
	shows map[live.ShowID]*held
	// behind is since when, by the server's clock, facts may be missing.
	behind time.Time

	// Only Run's goroutine uses these.
	ignored   map[live.ShowID]bool
	committed live.Position
}

// held is a show in memory.
type held struct {
	fold    *analytics.Fold
	first   live.Position // of its first fact; a restart reads from here
	touched time.Time     // when its newest fact was received
	dirty   bool          // facts since figures
	fresh   bool          // changed since the last snapshot published
	news    bool          // facts since Config.Tick or Config.Change was last told
	figures *analytics.Figures
}

// New checks the configuration and starts nothing.
func New(cfg Config) (*Realtime, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.fill()
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Realtime{
		cfg: cfg, metrics: m, shows: map[live.ShowID]*held{}, ignored: map[live.ShowID]bool{}, behind: cfg.Now(),
	}, nil
}

// Run follows the log until ctx ends, and then returns nil. What goes wrong on
// the way is logged and tried again; until it works the lag grows.
func (r *Realtime) Run(ctx context.Context) error {
	half := time.NewTicker(r.cfg.Every / 2)
	defer half.Stop()
	between := false
	commit := time.NewTicker(commitEvery)
	defer commit.Stop()
	pause := newBackoff()
	for ctx.Err() == nil {
		entries, err := r.cfg.Reader.Next(ctx, batch, poll)
		if err == nil {
			err = r.take(ctx, entries)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			r.cfg.Logger.WarnContext(ctx, "realtime figures wait for the log", "error", err)
			pause.wait(ctx)
		default:
			pause.reset()
		}
		select {
		case <-half.C:
			if between = !between; between {
				r.glance()
			} else {
				r.publish()
			}
		default:
		}
		select {
		case <-commit.C:
			r.commit(ctx)
		default:
		}
	}
	return nil
}

// take folds a batch.
func (r *Realtime) take(ctx context.Context, entries []live.Entry) error {
	fresh := map[live.ShowID]live.Show{}
	for i := range entries {
		if err := r.learn(ctx, &entries[i].Event, fresh); err != nil {
			return err // only when ctx has ended
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range entries {
		r.fold(ctx, entries[i], fresh)
	}
	for id, show := range fresh {
		if h := r.shows[id]; h != nil {
			h.fold.SetShow(show)
			h.dirty = true
		}
	}
	switch n := len(entries); {
	case n < batch:
		r.behind = r.cfg.Now()
	default:
		r.behind = entries[n-1].Event.ReceivedAt
	}
	return nil
}

// learn looks the show of a fact up when it is new here, or when the fact says
// that the show itself changed.
func (r *Realtime) learn(ctx context.Context, e *live.Event, fresh map[live.ShowID]live.Show) error {
	_, known := fresh[e.Show]
	if e.Show == "" || known || r.ignored[e.Show] {
		return nil
	}
	r.mu.Lock()
	h := r.shows[e.Show]
	r.mu.Unlock()
	if h != nil && !lifecycle(e.Kind) {
		return nil
	}
	show, err := r.lookup(ctx, e.Show)
	if err != nil {
		return err
	}
	if h == nil && (show.ID == "" || r.expired(&show)) {
		if len(r.ignored) >= maxIgnored {
			clear(r.ignored)
		}
		r.ignored[e.Show] = true
		return nil
	}
	if show.ID != "" {
		fresh[e.Show] = show
	}
	return nil
}

func lifecycle(k live.Kind) bool {
	return slices.Contains([]live.Kind{live.ShowScheduled, live.ShowStarted, live.ShowPaused, live.ShowResumed, live.ShowEnded}, k)
}

// lookup asks for a show until there is an answer; an unknown show is the zero
// one. It returns an error only when ctx has ended: skipping the fact instead
// would make the figures wrong for good.
func (r *Realtime) lookup(ctx context.Context, id live.ShowID) (live.Show, error) {
	pause := newBackoff()
	for {
		show, err := r.cfg.Shows.Show(ctx, id)
		var refusal *live.Error
		switch {
		case err == nil:
			return show, nil
		case errors.As(err, &refusal) && refusal.Fault == live.FaultNotFound:
			return live.Show{}, nil
		case ctx.Err() != nil:
			return live.Show{}, ctx.Err()
		}
		r.cfg.Logger.WarnContext(ctx, "realtime figures wait for a show", "show_id", string(id), "error", err)
		pause.wait(ctx)
	}
}

// fold adds one fact to the figures of its show. The caller holds mu.
func (r *Realtime) fold(ctx context.Context, e live.Entry, fresh map[live.ShowID]live.Show) {
	h := r.shows[e.Event.Show]
	if h == nil {
		show, ok := fresh[e.Event.Show]
		if !ok {
			return
		}
		h = &held{fold: analytics.NewFold(show), first: e.Position}
		r.shows[show.ID] = h
		r.metrics.held.Set(float64(len(r.shows)))
	}
	if err := h.fold.Add(e); err != nil {
		r.metrics.bad.Inc()
		r.cfg.Logger.ErrorContext(ctx, "realtime figures miss a fact", "show_id", string(e.Event.Show), "event_id", string(e.Event.ID), "error", err)
	}
	r.metrics.facts.Inc()
	h.dirty, h.fresh, h.news = true, true, true
	if e.Event.ReceivedAt.After(h.touched) {
		h.touched = e.Event.ReceivedAt
	}
}

// expired reports whether a show was over too long ago to be held.
func (r *Realtime) expired(s *live.Show) bool {
	return s.State.Over() && r.cfg.Now().Sub(s.EndedAt) > r.cfg.Hold
}
