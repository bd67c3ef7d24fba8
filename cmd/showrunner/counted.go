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
	of, err := c.of(ctx, s.Merchant, at)
	if err != nil {
		return analytics.Figures{}, err
	}
	if f, ok := c.kept.Get(of[0]); ok {
		c.again.WithLabelValues("kept").Inc()
		f.AsOf = asOf
		return f, nil
	}
	c.again.WithLabelValues("counted").Inc()
	f, err := c.FiguresOf(ctx, s.Merchant, s, asOf, need)
	if err == nil && need == analytics.Everything {
		err = c.keep(ctx, c.kept, s.Merchant, at, of, []analytics.Figures{f})
	}
	return f, err
}

// metrics are those of shows of a merchant, each once, in their order, as
// [clickhouse.DB.Metrics] counts them. They are shared memory too.
func (c *counted) metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error) {
	of, err := c.of(ctx, m, shows)
	if err != nil {
		return nil, err
	}
	out := make([]analytics.Figures, len(shows))
	var places []int
	var left []analytics.ShowAt
	var leftOf []countedOf
	for i, s := range shows {
		f, ok := c.peers.Get(of[i])
		if ok && settled(s) {
			f.AsOf = s.At
			out[i] = f
			continue
		}
		places, left, leftOf = append(places, i), append(left, s), append(leftOf, of[i])
	}
	c.again.WithLabelValues("kept").Add(float64(len(shows) - len(left)))
	if len(left) == 0 {
		return out, nil
	}
	c.again.WithLabelValues("counted").Add(float64(len(left)))
	fresh, err := c.Metrics(ctx, m, left)
	if err != nil {
		return nil, err
	}
	for i, at := range places {
		out[at] = fresh[i]
	}
	return out, c.keep(ctx, c.peers, m, left, leftOf, fresh)
}

// keep keeps what was counted of shows whose facts stand as they did before it was:
// what came in between is counted or not, and nobody knows.
func (c *counted) keep(ctx context.Context, in *lru.Cache[countedOf, analytics.Figures], m live.MerchantID, shows []analytics.ShowAt, before []countedOf, figures []analytics.Figures) error {
	after, err := c.of(ctx, m, shows)
	if err != nil {
		return err
	}
	for i, s := range shows {
		if settled(s) && after[i] == before[i] {
			in.Add(after[i], figures[i])
		}
	}
	return nil
}

// of is what figures of shows, each as of an instant, come from.
func (c *counted) of(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]countedOf, error) {
	erased, err := c.erased(ctx, m)
	if err != nil {
		return nil, err
	}
	standings, err := c.Standings(ctx, m, shows)
	if err != nil {
		return nil, err
	}
	out := make([]countedOf, len(shows))
	for i := range shows {
		out[i] = countedOf{fmt.Sprintf("%+v", shows[i].Show), standings[i], erased}
	}
	return out, nil
}
