package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// Bounds of what is kept in memory. All figures of a show are some 50 kB, its metrics
// alone, which have no minutes and no products, a few.
const (
	countedShows = 128
	countedPeers = 1024
)

// counted keeps the figures of shows that are over, as they were counted: in memory,
// and beside the facts, where the next start and other servers find them. They are
// given again for as long as the facts in ClickHouse until the instant that is asked
// about are the same, which is looked up each time: a refund weeks later has its show
// counted anew, and a report as of before it has the figures of before it.
type counted struct {
	figuresSource
	erased func(context.Context, live.MerchantID) (int64, error) // erasures that reached the facts
	build  func() (string, error)                                // which program counts
	now    func() time.Time
	log    *slog.Logger

	kept  *lru.Cache[countedOf, analytics.Figures] // everything
	peers *lru.Cache[countedOf, analytics.Figures] // what [figuresSource.Metrics] counts
	asked atomic.Int64                             // how often anybody asked
	later *keeping                                 // of what was counted
	again *prometheus.CounterVec
	lost  prometheus.Counter
}

// figuresSource counts facts, tells how they stand, and has a place for what was
// counted.
type figuresSource interface {
	FiguresOf(ctx context.Context, m live.MerchantID, s live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error)
	FiguresStanding(ctx context.Context, m live.MerchantID, s live.Show, asOf time.Time) (analytics.Figures, clickhouse.Standing, error)
	Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error)
	Standings(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error)
	StandingsOfFacts(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error)
	StandingsByRollup(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error)
	KeepFigures(ctx context.Context, m live.MerchantID, list []clickhouse.KeptFigures) error
	KeptFigures(ctx context.Context, m live.MerchantID, shows []live.ShowID, names []string, everything bool) ([]clickhouse.KeptFigures, error)
	KeptOf(ctx context.Context, m live.MerchantID) ([]clickhouse.KeptFigures, error)
	DropFigures(ctx context.Context, m live.MerchantID, erased int64) error
}

func newCounted(source figuresSource, erased func(context.Context, live.MerchantID) (int64, error), build func() (string, error), now func() time.Time, log *slog.Logger, reg prometheus.Registerer) *counted {
	keep := func(most int) *lru.Cache[countedOf, analytics.Figures] {
		c, err := lru.New[countedOf, analytics.Figures](most)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return c
	}
	c := &counted{figuresSource: source, erased: erased, build: build, now: now, log: log, kept: keep(countedShows), peers: keep(countedPeers), later: newKeeping()}
	c.again = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "showrunner_figures_of_past_shows_total", Help: "Figures of shows that are over, by whether they were kept in memory, stored in ClickHouse or counted, and counted ahead of being asked for.",
	}, []string{"how"})
	for _, how := range []string{"kept", "stored", "counted", "ahead"} {
		c.again.WithLabelValues(how)
	}
	c.lost = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "showrunner_figures_of_past_shows_store_failures_total", Help: "Figures of shows that are over which ClickHouse did not store or give back; they are counted again.",
	})
	reg.MustRegister(c.again, c.lost)
	return c
}

// settled reports whether time alone does not change the figures of a show any more:
// of one that goes on it does.
func settled(s analytics.ShowAt) bool { return s.Show.State.Over() && !s.At.Before(s.Show.EndedAt) }

// figures are those of a show as of an instant: at least the parts needed. They are
// shared memory; nobody changes them.
func (c *counted) figures(ctx context.Context, s live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error) {
	c.asked.Add(1)
	at := []analytics.ShowAt{{Show: s, At: asOf}}
	if !settled(at[0]) {
		return c.FiguresOf(ctx, s.Merchant, s, asOf, need)
	}
	if err := c.later.wait(ctx, at); err != nil {
		return analytics.Figures{}, err
	}
	found, left, err := c.find(ctx, c.kept, s.Merchant, at)
	if err != nil {
		return analytics.Figures{}, err
	}
	if len(left) == 0 {
		return found[0], nil
	}
	c.again.WithLabelValues("counted").Inc()
	if need != analytics.Everything {
		return c.FiguresOf(ctx, s.Merchant, s, asOf, need)
	}
	all, keep, err := c.count(ctx, analytics.Everything, s.Merchant, at, c.kept)
	if err != nil {
		return analytics.Figures{Show: s.ID, AsOf: asOf}, err
	}
	c.keepLater(ctx, at, keep)
	return all[0], nil
}

// metrics are those of shows of a merchant, each once, in their order, as
// [clickhouse.DB.Metrics] counts them. They are shared memory too.
func (c *counted) metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error) {
	c.asked.Add(1)
	if err := c.later.wait(ctx, shows); err != nil {
		return nil, err
	}
	out, places, err := c.find(ctx, c.peers, m, shows)
	if err != nil || len(places) == 0 {
		return out, err
	}
	c.again.WithLabelValues("counted").Add(float64(len(places)))
	left := make([]analytics.ShowAt, len(places))
	for i, at := range places {
		left[i] = shows[at]
	}
	fresh, keep, err := c.count(ctx, analytics.PartMetrics, m, left, c.peers)
	if err != nil {
		return nil, err
	}
	c.keepLater(ctx, left, keep)
	for i, at := range places {
		out[at] = fresh[i]
	}
	return out, nil
}

// find gives the figures of shows that were counted before, from one of the two
// memories or from where they are stored, and the places of the others.
func (c *counted) find(ctx context.Context, in *lru.Cache[countedOf, analytics.Figures], m live.MerchantID, shows []analytics.ShowAt) (out []analytics.Figures, left []int, err error) {
	out = make([]analytics.Figures, len(shows))
	var stored []clickhouse.KeptFigures
	looked := len(shows) == 1 && settled(shows[0]) && !c.remembers(in, shows[0].Show)
	if looked { // How its facts stand matters only if it was ever counted.
		if stored = c.storedUnder(ctx, in, m, []live.ShowID{shows[0].Show.ID}, nil); len(stored) == 0 {
			return out, []int{0}, nil
		}
	}
	of, err := c.of(ctx, m, shows, c.Standings)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range shows {
		f, ok := in.Get(of[i])
		if !ok && in == c.peers {
			f, ok = c.kept.Get(of[i])
			f = analytics.MetricsOf(f)
		}
		if !ok || !settled(s) {
			left = append(left, i)
			continue
		}
		f.AsOf = s.At
		out[i] = f
	}
	c.again.WithLabelValues("kept").Add(float64(len(shows) - len(left)))
	build, err := c.build()
	if err != nil {
		return out, left, nil //nolint:nilerr // Without a name nothing is found, and everything is counted.
	}
	names := map[int]string{}
	for _, i := range left {
		if settled(shows[i]) {
			names[i] = of[i].name(build)
		}
	}
	if !looked && len(names) > 0 {
		var ids []live.ShowID
		for i := range names {
			ids = append(ids, shows[i].Show.ID)
		}
		stored = c.storedUnder(ctx, in, m, ids, slices.Collect(maps.Values(names)))
	}
	return out, c.unpack(ctx, in, shows, of, names, stored, left, out), nil
}

// remembers reports whether a memory has figures of a show, however its facts stood.
func (c *counted) remembers(in *lru.Cache[countedOf, analytics.Figures], s live.Show) bool {
	show := fmt.Sprintf("%+v", s)
	is := func(of countedOf) bool { return of.show == show }
	return slices.ContainsFunc(in.Keys(), is) || in == c.peers && slices.ContainsFunc(c.kept.Keys(), is)
}

// counting counts shows and keeps what was counted, at once.
func (c *counted) counting(ctx context.Context, need analytics.Part, m live.MerchantID, shows []analytics.ShowAt, in *lru.Cache[countedOf, analytics.Figures]) ([]analytics.Figures, error) {
	figures, keep, err := c.count(ctx, need, m, shows, in)
	if err != nil {
		return figures, err
	}
	return figures, keep(ctx)
}

// count counts shows. What it gives with them keeps what was counted of those whose
// facts stand after it as they did before: what came in between is counted or not, and
// nobody knows. It goes by the facts themselves: rollups have a fact a moment later
// than they do, or earlier, and it would be kept for one that is counted, or not, and is
// the other.
//
// Everything is counted of one show, the metrics of any number; they are stored, and
// remembered in a memory if one is given.
func (c *counted) count(ctx context.Context, need analytics.Part, m live.MerchantID, shows []analytics.ShowAt, in *lru.Cache[countedOf, analytics.Figures]) (figures []analytics.Figures, keep func(context.Context) error, err error) {
	stand := c.StandingsOfFacts
	if need == analytics.Everything { // Counting it tells how its facts stood, for less than asking.
		stand = func(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error) {
			f, stood, err := c.FiguresStanding(ctx, m, shows[0].Show, shows[0].At)
			figures = []analytics.Figures{f}
			return []clickhouse.Standing{stood}, err
		}
	}
	before, err := c.of(ctx, m, shows, stand)
	if err == nil && need != analytics.Everything {
		figures, err = c.Metrics(ctx, m, shows)
	}
	if err != nil {
		return nil, nil, err
	}
	return figures, func(ctx context.Context) error {
		after, err := c.of(ctx, m, shows, c.StandingsOfFacts)
		if err != nil {
			return err
		}
		var same []countedShow
		for i, s := range shows {
			if settled(s) && after[i] == before[i] {
				same = append(same, countedShow{s, after[i], figures[i]})
				if in != nil {
					in.Add(after[i], figures[i])
				}
			}
		}
		c.store(ctx, m, need, same)
		return nil
	}, nil
}

// keepLater keeps what was counted of shows when who asked has the answer.
func (c *counted) keepLater(ctx context.Context, shows []analytics.ShowAt, keep func(context.Context) error) {
	c.later.start(ctx, shows, func(ctx context.Context) {
		if err := keep(ctx); err != nil {
			c.failed(ctx, "figures were counted and not kept", err)
		}
	})
}

// run waits for the end of the server, and then until all that is to be kept is.
func (c *counted) run(ctx context.Context) error {
	<-ctx.Done()
	c.later.end()
	return nil
}
