package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"showrunner/analytics/clickhouse"
	"showrunner/gateway/api"
	"showrunner/live"
)

// CreditPaths are read from ClickHouse as of an instant that cannot change any
// more, one answer at a time: it may hold half a million touches.
func (f *figures) CreditPaths(ctx context.Context, s api.CreditSpan) (p api.CreditPaths, err error) {
	select {
	case f.credit <- struct{}{}:
		defer func() { <-f.credit }()
	case <-ctx.Done():
		return p, live.Unavailable("timeout", 0, "other attributions are under way, try again later")
	}
	if p.AsOf = s.AsOf; p.AsOf.IsZero() {
		p.AsOf = f.now().Add(-settle)
	}
	if p.Complete, err = f.complete(ctx, p.AsOf); err != nil {
		return p, err
	}
	span := clickhouse.Span{
		Merchant: s.Merchant, From: s.From, Until: s.Until, AsOf: p.AsOf, Window: s.Window, Experiment: s.Experiment,
		MaxOrders: s.MaxOrders, MaxTouches: s.MaxTouches,
	}
	group, at := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		p.Journeys, err = f.db.PaidJourneys(at, span)
		return err
	})
	group.Go(func() (err error) {
		p.Costs, err = f.db.Costs(at, span, s.By)
		return err
	})
	group.Go(func() (err error) {
		p.Arms, err = f.db.Holdouts(at, span)
		return err
	})
	if err := group.Wait(); err != nil || !s.Lost {
		return p, err
	}
	p.Lost, err = f.db.LostPaths(ctx, span, s.By)
	return p, err
}
