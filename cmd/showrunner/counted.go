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

// countedShows bounds the shows that are kept. Figures are some 50 kB each.
const countedShows = 128

// counted keeps the figures of shows that are over, as they were counted last. They
// are given again for as long as the facts in ClickHouse are the same, which is
// looked up each time: a refund weeks later has its show counted anew.
type counted struct {
	count    func(context.Context, live.MerchantID, live.Show, time.Time, analytics.Part) (analytics.Figures, error)
	standing func(context.Context, live.MerchantID, live.ShowID) (clickhouse.Standing, error)
	erased   func(context.Context, live.MerchantID) (int64, error) // erasures that reached the facts
	now      func() time.Time

	kept  *lru.Cache[live.ShowID, countedShow]
	again *prometheus.CounterVec
}

// countedShow is what was counted, and of what.
type countedShow struct {
	of      countedOf
	figures analytics.Figures
}

// countedOf is all that figures of a show that is over come from.
type countedOf struct {
	show     string // with its times
	standing clickhouse.Standing
	erased   int64
}

func newCounted(c counted, reg prometheus.Registerer) *counted {
	kept, err := lru.New[live.ShowID, countedShow](countedShows)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	c.kept = kept
	c.again = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "showrunner_figures_of_past_shows_total", Help: "Questions about figures of shows that are over, by whether they were kept or counted.",
	}, []string{"how"})
	for _, how := range []string{"kept", "counted"} {
		c.again.WithLabelValues(how)
	}
	reg.MustRegister(c.again)
	return &c
}

// figures are those of a show now: at least the parts needed. They are shared
// memory; nobody changes them.
func (c *counted) figures(ctx context.Context, s live.Show, need analytics.Part) (analytics.Figures, error) {
	asOf := c.now()
	// Of a show that goes on, time alone changes the figures.
	settled := s.State.Over() && !asOf.Before(s.EndedAt)
	var of countedOf
	if settled {
		var err error
		// Before it is counted: what comes in between is counted, and not in here, so
		// that the next who asks has it counted again.
		if of, err = c.of(ctx, s); err != nil {
			return analytics.Figures{}, err
		}
		settled = of.standing.Latest() <= asOf.UnixMilli()
	}
	if settled {
		if x, ok := c.kept.Get(s.ID); ok && x.of == of {
			c.again.WithLabelValues("kept").Inc()
			x.figures.AsOf = asOf
			return x.figures, nil
		}
	}
	c.kept.Remove(s.ID)
	c.again.WithLabelValues("counted").Inc()
	f, err := c.count(ctx, s.Merchant, s, asOf, need)
	if err == nil && settled && need == analytics.Everything {
		c.kept.Add(s.ID, countedShow{of, f})
	}
	return f, err
}

func (c *counted) of(ctx context.Context, s live.Show) (countedOf, error) {
	out := countedOf{show: fmt.Sprintf("%+v", s)}
	var err error
	if out.erased, err = c.erased(ctx, s.Merchant); err != nil {
		return out, err
	}
	out.standing, err = c.standing(ctx, s.Merchant, s.ID)
	return out, err
}
