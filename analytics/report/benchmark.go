package report

import (
	"context"

	"golang.org/x/sync/errgroup"

	"showrunner/analytics"
)

// peersAtOnce bounds the own shows that are counted at a time.
const peersAtOnce = 4

// benchmarks holds a show that is over against the own shows before it, each at
// the age of this one, and against the targets of the merchant.
func benchmarks(ctx context.Context, source Source, r *analytics.Report) error {
	age, over := analytics.Age(r.Show, r.AsOf)
	peers := analytics.Peers{Age: age}
	var list []analytics.Benchmark
	if over && !r.Show.Rehearsal && !r.Show.StartedAt.IsZero() {
		shows, err := source.ShowsBefore(ctx, r.Show.Merchant, r.Show.Currency, r.Show.StartedAt, analytics.BenchmarkShows)
		if err != nil {
			return err
		}
		targets, err := source.Targets(ctx, r.Show.Merchant, r.AsOf)
		if err != nil {
			return err
		}
		peers.Values = make([]analytics.Values, len(shows))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(peersAtOnce)
		for i, show := range shows {
			group.Go(func() error {
				at := show.EndedAt.Add(age)
				f, err := source.FiguresOf(ctx, show.Merchant, analytics.AsOf(show, at), at, analytics.PartMetrics)
				if err != nil {
					return err
				}
				f.AsOf = at
				peers.Values[i] = analytics.Read(&f, show.Currency, -1).Values(true)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		list = analytics.Benchmarks(r.Metrics, &peers, targets)
	}
	r.Basis, r.Benchmarks = analytics.BasisTable(&peers, over), analytics.BenchmarkTable(list)
	r.Held, r.Found = list, analytics.Worst(&r.Figures, analytics.Read(&r.Figures, r.Show.Currency, -1), list)
	r.Worst = analytics.WorstTable(r.Found)
	return nil
}
