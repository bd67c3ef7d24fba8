package main

import (
	"context"
	"time"

	"showrunner/analytics/clickhouse"
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
