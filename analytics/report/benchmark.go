package report

import (
	"context"

	"showrunner/analytics"
)

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
		at := make([]analytics.ShowAt, len(shows))
		for i, show := range shows {
			at[i].At = show.EndedAt.Add(age)
			at[i].Show = analytics.AsOf(show, at[i].At)
		}
		counted, err := source.Metrics(ctx, r.Show.Merchant, at)
		if err != nil {
			return err
		}
		for i := range counted {
			counted[i].AsOf = at[i].At
			peers.Values = append(peers.Values, analytics.Read(&counted[i], shows[i].Currency, -1).Values(true))
		}
		list = analytics.Benchmarks(r.Metrics, &peers, targets)
	}
	r.Basis, r.Benchmarks = analytics.BasisTable(&peers, over), analytics.BenchmarkTable(list)
	r.Held, r.Found = list, analytics.Worst(&r.Figures, analytics.Read(&r.Figures, r.Show.Currency, -1), list)
	r.Worst = analytics.WorstTable(r.Found)
	return nil
}
