package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics/clickhouse"
)

// upkeepEvery is how often the tables of ClickHouse are looked at.
const upkeepEvery = 15 * time.Second

// upkeep shows how the tables of ClickHouse lie on the disk, so that an operator
// sees too many parts, and a table that grows, before inserts are refused.
type upkeep struct {
	tables func(context.Context) ([]clickhouse.Table, error)
	log    *slog.Logger

	parts, most, rows, bytes *prometheus.GaugeVec
	failed                   prometheus.Counter
}

func newUpkeep(tables func(context.Context) ([]clickhouse.Table, error), log *slog.Logger, reg prometheus.Registerer) *upkeep {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "showrunner_clickhouse_table_" + name, Help: help}, []string{"table"})
	}
	u := &upkeep{
		tables: tables, log: log,
		parts:  gauge("parts", "Active parts of a table."),
		most:   gauge("partition_parts", "Active parts of the partition of a table that has most."),
		rows:   gauge("rows", "Rows of a table."),
		bytes:  gauge("bytes", "Bytes of a table on disk, compressed."),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_clickhouse_table_failures_total", Help: "Looks at the tables that ClickHouse did not answer."}),
	}
	reg.MustRegister(u.parts, u.most, u.rows, u.bytes, u.failed)
	return u
}

// run looks at once and from time to time, until ctx ends.
func (u *upkeep) run(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		u.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (u *upkeep) look(ctx context.Context) {
	tables, err := u.tables(ctx)
	if err != nil {
		if ctx.Err() == nil {
			u.failed.Inc()
			u.log.WarnContext(ctx, "the tables of ClickHouse could not be looked at", "error", err)
		}
		return
	}
	for _, g := range []*prometheus.GaugeVec{u.parts, u.most, u.rows, u.bytes} {
		g.Reset()
	}
	for _, t := range tables {
		u.parts.WithLabelValues(t.Name).Set(float64(t.Parts))
		u.most.WithLabelValues(t.Name).Set(float64(t.MostParts))
		u.rows.WithLabelValues(t.Name).Set(float64(t.Rows))
		u.bytes.WithLabelValues(t.Name).Set(float64(t.Bytes))
	}
}
