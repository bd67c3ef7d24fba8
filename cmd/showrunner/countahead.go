package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/live"
)

// How the figures of shows that are over are counted before anybody asks.
const (
	aheadGrace  = 20 * time.Second // after the end of a show: facts of its last seconds are on their way
	aheadLook   = 10 * time.Second // between two looks for shows that just ended
	aheadWhole  = 5 * time.Minute  // between two looks at all shows
	aheadShows  = 20_000           // in one look
	aheadFaults = 3                // after so many in a row it waits for the next look
	aheadFor    = 30 * time.Second // it counts until it looks again: a show that just ended comes first
	aheadLeast  = 50 * time.Millisecond
	aheadMost   = 10 * time.Second
)

// ahead counts the figures of shows that are over before anybody asks for them: of
// shows that just ended, and of all of the last days that are not stored as their
// facts stand now. It counts one show at a time, the newest first, and gives way: it
// rests for as long as it worked, three times as long while others ask.
type ahead struct {
	over *counted
	// shows are those that ended in a span, the newest first.
	shows func(ctx context.Context, from, until time.Time, most int) ([]live.Show, error)
	// lag is how far ClickHouse is behind.
	lag  func(now time.Time) time.Duration
	days int
	now  func() time.Time
	log  *slog.Logger

	tried map[live.ShowID]countedOf // counted, and how its facts seemed to stand
	asked int64

	waiting prometheus.Gauge
	faults  prometheus.Counter
}

func newAhead(over *counted, shows func(context.Context, time.Time, time.Time, int) ([]live.Show, error), lag func(time.Time) time.Duration, days int, now func() time.Time, log *slog.Logger, reg prometheus.Registerer) *ahead {
	a := &ahead{
		over: over, shows: shows, lag: lag, days: days, now: now, log: log, tried: map[live.ShowID]countedOf{},
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_figures_ahead_waiting", Help: "Shows that are over whose figures are to be counted before anybody asks; -1 until it was looked for them."}),
		faults:  prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_figures_ahead_failures_total", Help: "Shows whose figures could not be counted before anybody asked."}),
	}
	a.waiting.Set(-1)
	reg.MustRegister(a.waiting, a.faults)
	return a
}

// run looks and counts until ctx ends.
func (a *ahead) run(ctx context.Context) {
	var whole, seen time.Time // of the last look at all shows; up to which end it was looked
	for ctx.Err() == nil {
		now := a.now()
		from, until := seen, now.Add(-aheadGrace-a.lag(now))
		all := whole.IsZero() || now.Sub(whole) >= aheadWhole || now.Before(whole)
		if all {
			from = now.AddDate(0, 0, -a.days)
		}
		done, err := true, error(nil)
		if until.After(from) {
			done, err = a.pass(ctx, from, until, all)
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			a.faults.Inc()
			a.log.WarnContext(ctx, "figures of past shows are not counted ahead", "error", err)
			a.rest(ctx, aheadLook)
		case done:
			seen = until
			if all {
				whole = now
			}
			a.rest(ctx, aheadLook)
		}
	}
}

func (*ahead) rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// pass counts the shows that ended in a span and are not stored as they stand, for
// some time; it tells whether that are all of them.
func (a *ahead) pass(ctx context.Context, from, until time.Time, all bool) (done bool, err error) {
	shows, err := a.shows(ctx, from, until, aheadShows)
	if err != nil {
		return false, err
	}
	if all { // What is remembered of others is of no more use.
		tried := make(map[live.ShowID]countedOf, len(a.tried))
		for i := range shows {
			if of, ok := a.tried[shows[i].ID]; ok {
				tried[shows[i].ID] = of
			}
		}
		a.tried = tried
	}
	left, err := a.uncounted(ctx, shows)
	if err != nil {
		return false, err
	}
	faults, looked := 0, time.Now()
	for i, show := range left {
		a.waiting.Set(float64(len(left) - i))
		began := time.Now()
		if began.Sub(looked) > aheadFor {
			return false, nil
		}
		err := a.count(ctx, show.at.Show)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err == nil:
			faults = 0
			a.tried[show.at.Show.ID] = show.of
		default:
			a.faults.Inc()
			a.log.WarnContext(ctx, "the figures of a past show could not be counted ahead", "show_id", string(show.at.Show.ID), "error", err)
			if faults++; faults == aheadFaults {
				return false, err
			}
		}
		a.giveWay(ctx, time.Since(began))
	}
	a.waiting.Set(0)
	return true, nil
}

// uncounted are those of the shows that are not stored as they stand, in their order.
func (a *ahead) uncounted(ctx context.Context, shows []live.Show) (left []countedShow, err error) {
	build, err := a.over.build()
	if err != nil {
		return nil, err
	}
	of := map[live.MerchantID][]analytics.ShowAt{}
	now := a.now()
	for _, s := range shows {
		if at := (analytics.ShowAt{Show: s, At: now}); settled(at) {
			of[s.Merchant] = append(of[s.Merchant], at)
		}
	}
	for m, list := range of {
		stand, err := a.over.of(ctx, m, list, a.over.StandingsByRollup)
		if err != nil {
			return nil, err
		}
		stored, err := a.over.KeptOf(ctx, m)
		if err != nil {
			return nil, err
		}
		has, outlived := map[live.ShowID]string{}, false
		for _, k := range stored {
			has[k.Show], outlived = k.Of, outlived || k.Erased < stand[0].erased
		}
		if outlived { // They may name who was forgotten since.
			if err := a.over.DropFigures(ctx, m, stand[0].erased); err != nil {
				return nil, err
			}
		}
		for i, s := range list {
			if a.tried[s.Show.ID] != stand[i] && has[s.Show.ID] != stand[i].name(build) {
				left = append(left, countedShow{at: s, of: stand[i]})
			}
		}
	}
	slices.SortFunc(left, func(x, y countedShow) int { return y.at.Show.EndedAt.Compare(x.at.Show.EndedAt) })
	return left, nil
}

// count counts everything of a show, unless somebody did meanwhile.
func (a *ahead) count(ctx context.Context, s live.Show) error {
	at := []analytics.ShowAt{{Show: s, At: a.now()}}
	if _, left, err := a.over.find(ctx, a.over.kept, s.Merchant, at); err != nil || len(left) == 0 {
		return err
	}
	a.over.again.WithLabelValues("ahead").Inc()
	// Not remembered: what people look at stays in memory.
	_, err := a.over.counting(ctx, analytics.Everything, s.Merchant, at, nil)
	return err
}

// giveWay rests after work, so that the engine is others' for most of the time.
func (a *ahead) giveWay(ctx context.Context, worked time.Duration) {
	if asked := a.over.asked.Load(); asked != a.asked {
		a.asked = asked
		worked *= 3
	}
	a.rest(ctx, min(max(worked, aheadLeast), aheadMost))
}
