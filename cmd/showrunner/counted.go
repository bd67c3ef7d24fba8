package main

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// Bounds of what is kept. All figures of a show are some 50 kB, its metrics alone,
// which have no minutes and no products, a few.
const (
	countedShows = 128
	countedPeers = 1024
)

// counted keeps the figures of shows that are over, as they were counted. They are
// given again for as long as the facts in ClickHouse until the instant that is asked
// about are the same, which is looked up each time: a refund weeks later has its show
// counted anew, and a report as of before it has the figures of before it.
type counted struct {
	figuresSource
	erased func(context.Context, live.MerchantID) (int64, error) // erasures that reached the facts

	kept  *lru.Cache[countedOf, analytics.Figures] // everything
	peers *lru.Cache[countedOf, analytics.Figures] // what [figuresSource.Metrics] counts
	again *prometheus.CounterVec
}

// figuresSource counts facts, and tells how they stand.
type figuresSource interface {
	FiguresOf(ctx context.Context, m live.MerchantID, s live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error)
	Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error)
	Standings(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error)
	StandingsOfFacts(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error)
}

// countedOf is all that figures of a show that is over come from.
type countedOf struct {
	show     string // with its times
	standing clickhouse.Standing
	erased   int64
}

func newCounted(source figuresSource, erased func(context.Context, live.MerchantID) (int64, error), reg prometheus.Registerer) *counted {
	keep := func(most int) *lru.Cache[countedOf, analytics.Figures] {
		c, err := lru.New[countedOf, analytics.Figures](most)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return c
	}
	c := &counted{figuresSource: source, erased: erased, kept: keep(countedShows), peers: keep(countedPeers)}
	c.again = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "showrunner_figures_of_past_shows_total", Help: "Figures of shows that are over, by whether they were kept or counted.",
	}, []string{"how"})
	for _, how := range []string{"kept", "counted"} {
		c.again.WithLabelValues(how)
	}
	reg.MustRegister(c.again)
	return c
}

// settled reports whether time alone does not change the figures of a show any more:
// of one that goes on it does.
func settled(s analytics.ShowAt) bool { return s.Show.State.Over() && !s.At.Before(s.Show.EndedAt) }

// figures are those of a show as of an instant: at least the parts needed. They are
// shared memory; nobody changes them.
func (c *counted) figures(ctx context.Context, s live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error) {
	at := []analytics.ShowAt{{Show: s, At: asOf}}
	if !settled(at[0]) {
		return c.FiguresOf(ctx, s.Merchant, s, asOf, need)
	}
	of, err := c.of(ctx, s.Merchant, at, c.Standings)
	if err != nil {
		return analytics.Figures{}, err
	}
	if f, ok := c.kept.Get(of[0]); ok {
		c.again.WithLabelValues("kept").Inc()
		f.AsOf = asOf
		return f, nil
	}
	c.again.WithLabelValues("counted").Inc()
	if need != analytics.Everything {
		return c.FiguresOf(ctx, s.Merchant, s, asOf, need)
	}
	all, err := c.counting(ctx, c.kept, s.Merchant, at, func() ([]analytics.Figures, error) {
		f, err := c.FiguresOf(ctx, s.Merchant, s, asOf, need)
		return []analytics.Figures{f}, err
	})
	if len(all) == 0 {
		return analytics.Figures{}, err
	}
	return all[0], err
}

// metrics are those of shows of a merchant, each once, in their order, as
// [clickhouse.DB.Metrics] counts them. They are shared memory too.
func (c *counted) metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error) {
	of, err := c.of(ctx, m, shows, c.Standings)
	if err != nil {
		return nil, err
	}
	out := make([]analytics.Figures, len(shows))
	var places []int
	var left []analytics.ShowAt
	for i, s := range shows {
		f, ok := c.peers.Get(of[i])
		if ok && settled(s) {
			f.AsOf = s.At
			out[i] = f
			continue
		}
		places, left = append(places, i), append(left, s)
	}
	c.again.WithLabelValues("kept").Add(float64(len(shows) - len(left)))
	if len(left) == 0 {
		return out, nil
	}
	c.again.WithLabelValues("counted").Add(float64(len(left)))
	fresh, err := c.counting(ctx, c.peers, m, left, func() ([]analytics.Figures, error) { return c.Metrics(ctx, m, left) })
	if err != nil {
		return nil, err
	}
	for i, at := range places {
		out[at] = fresh[i]
	}
	return out, nil
}

// counting counts shows, and keeps what was counted of those whose facts stand after
// it as they did before: what came in between is counted or not, and nobody knows. It
// goes by the facts themselves: rollups have a fact a moment later than they do, or
// earlier, and it would be kept for one that is counted, or not, and is the other.
func (c *counted) counting(ctx context.Context, in *lru.Cache[countedOf, analytics.Figures], m live.MerchantID, shows []analytics.ShowAt, count func() ([]analytics.Figures, error)) ([]analytics.Figures, error) {
	before, err := c.of(ctx, m, shows, c.StandingsOfFacts)
	if err != nil {
		return nil, err
	}
	figures, err := count()
	if err != nil {
		return figures, err
	}
	after, err := c.of(ctx, m, shows, c.StandingsOfFacts)
	if err != nil {
		return nil, err
	}
	for i, s := range shows {
		if settled(s) && after[i] == before[i] {
			in.Add(after[i], figures[i])
		}
	}
	return figures, nil
}

// of is what figures of shows, each as of an instant, come from.
func (c *counted) of(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt, stand func(context.Context, live.MerchantID, []analytics.ShowAt) ([]clickhouse.Standing, error)) ([]countedOf, error) {
	erased, err := c.erased(ctx, m)
	if err != nil {
		return nil, err
	}
	standings, err := stand(ctx, m, shows)
	if err != nil {
		return nil, err
	}
	out := make([]countedOf, len(shows))
	for i := range shows {
		out[i] = countedOf{fmt.Sprintf("%+v", shows[i].Show), standings[i], erased}
	}
	return out, nil
}
