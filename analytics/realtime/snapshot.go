package realtime

import (
	"cmp"
	"context"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Figures answers the figures of a held show, up to the newest fact folded. The
// caller must not change them. It is false for shows not held: those that were
// over more than Config.Hold ago, and those nothing was ever said about.
func (r *Realtime) Figures(show live.ShowID) (analytics.Figures, bool) {
	now := r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.shows[show]
	if h == nil {
		return analytics.Figures{}, false
	}
	return *h.at(now), true
}

// Snapshot answers every metric of a held show as of now. It is false for shows
// not held, see [Realtime.Figures].
func (r *Realtime) Snapshot(show live.ShowID) (analytics.Snapshot, bool) {
	store, now := r.cfg.StoreLag(), r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.shows[show]
	if h == nil {
		return analytics.Snapshot{}, false
	}
	return h.snapshot(now, max(r.lag(now), store), &r.cfg), true
}

// OnAir lists the held shows that are on air, by id.
func (r *Realtime) OnAir() []live.Show {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []live.Show
	for _, h := range r.shows {
		if show := h.fold.Show(); show.State.OnAir() {
			out = append(out, show)
		}
	}
	slices.SortFunc(out, func(a, b live.Show) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Lag is how far the figures may be behind the log.
func (r *Realtime) Lag() time.Duration {
	now := r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lag(now)
}

// lag is the time since everything was read, or the age of the newest fact read
// if there is more. The caller holds mu.
func (r *Realtime) lag(now time.Time) time.Duration { return max(0, now.Sub(r.behind)) }

// at are the figures at an instant. Only new facts make them be put together
// again; time alone changes the minutes on air.
func (h *held) at(now time.Time) *analytics.Figures {
	if h.dirty || h.figures == nil {
		f := h.fold.Figures(now)
		h.figures, h.dirty = &f, false
		return h.figures
	}
	f := *h.figures
	h.fold.Air(&f, now)
	h.figures = &f
	return h.figures
}

func (h *held) snapshot(now time.Time, lag time.Duration, cfg *Config) analytics.Snapshot {
	show := h.fold.Show()
	provisional := !show.State.Over() || lag > Fresh
	online, everybody := h.fold.Online(now)
	s := analytics.SnapshotOf(show, h.at(now), online, now, lag, provisional)
	s.Raw = analytics.Raw(h.figures, everybody)
	s.Standing, s.Audience = analytics.StandingOf(show, h.figures, cfg.Past(show)), cfg.Audience(show)
	s.Dropped, s.Credited = h.fold.Dropped(), h.fold.Credited()
	return s
}

// publish hands out the snapshots of this second: of every show on air, and of
// the others when something about them changed.
func (r *Realtime) publish() {
	store, now := r.cfg.StoreLag(), r.cfg.Now()
	var out []analytics.Snapshot
	r.mu.Lock()
	lag := r.lag(now)
	for id, h := range r.shows {
		show := h.fold.Show()
		if show.State.OnAir() || h.fresh {
			out = append(out, h.snapshot(now, max(lag, store), &r.cfg))
			h.fresh, h.news = false, false
		}
		if r.expired(&show) {
			delete(r.shows, id)
		}
	}
	r.metrics.held.Set(float64(len(r.shows)))
	r.mu.Unlock()
	r.metrics.lag.Set(lag.Seconds())
	slices.SortFunc(out, func(a, b analytics.Snapshot) int { return cmp.Compare(a.Show, b.Show) })
	r.cfg.Tick(now, out) // First: publishing takes its time when the rooms are many.
	for _, s := range out {
		r.cfg.Publish(s)
		r.metrics.snapshots.Inc()
	}
}

// glance hands out, between two ticks, what is new since the last.
func (r *Realtime) glance() {
	if !r.cfg.Watched() {
		return
	}
	store, now := r.cfg.StoreLag(), r.cfg.Now()
	var some []analytics.Snapshot
	r.mu.Lock()
	lag := r.lag(now)
	for _, h := range r.shows {
		if h.news {
			some = append(some, h.snapshot(now, max(lag, store), &r.cfg))
			h.news = false
		}
	}
	r.mu.Unlock()
	if len(some) > 0 {
		r.cfg.Change(now, some)
	}
}

// commit moves the checkpoint to the earliest fact that a held show needs. A
// show about which nothing was said for Config.Forget no longer holds the log
// back; should it go on after a restart, its earlier facts are only in the report.
func (r *Realtime) commit(ctx context.Context) {
	next := r.cfg.Reader.Position()
	now := r.cfg.Now()
	r.mu.Lock()
	for _, h := range r.shows {
		if now.Sub(h.touched) <= r.cfg.Forget && h.first.Less(next) {
			next = h.first
		}
	}
	r.mu.Unlock()
	if !r.committed.Less(next) {
		return
	}
	if err := r.cfg.Reader.Commit(ctx, next, nil); err != nil {
		if ctx.Err() == nil {
			r.cfg.Logger.WarnContext(ctx, "realtime checkpoint waits for the log", "error", err)
		}
		return
	}
	r.committed = next
}
