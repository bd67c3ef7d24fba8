package main

import (
	"context"
	"fmt"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/conversion"
)

// retention answers who comes back from ClickHouse, once it has what was
// received until the instant asked about.
type retention struct {
	*clickhouse.DB
	figures *figures
}

// Settled waits for the facts as a report does.
func (r retention) Settled(ctx context.Context, asOf time.Time) (bool, error) {
	return r.figures.complete(ctx, asOf)
}

// Funnel is asked once for all who ask the same at the same time.
func (r retention) Funnel(ctx context.Context, q conversion.FunnelQuestion) ([]conversion.FunnelStep, error) {
	named := q
	named.Zone = nil
	return askOnce(ctx, r.figures.shared, fmt.Sprintf("funnel %v %+v", q.Zone, named), func(ctx context.Context) ([]conversion.FunnelStep, error) {
		return r.DB.Funnel(ctx, q)
	})
}

// Cohorts are asked once for all who ask the same at the same time.
func (r retention) Cohorts(ctx context.Context, q conversion.CohortQuestion) (conversion.CohortTable, error) {
	named := q
	named.Zone = nil
	return askOnce(ctx, r.figures.shared, fmt.Sprintf("cohorts %v %+v", q.Zone, named), func(ctx context.Context) (conversion.CohortTable, error) {
		return r.DB.Cohorts(ctx, q)
	})
}
