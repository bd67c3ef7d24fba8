package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics/clickhouse"
)

// auditor compares every rollup of ClickHouse with its facts from time to time
// and shows the result as metrics, so that a difference rings a bell before a
// merchant finds it.
type auditor struct {
	audit func(context.Context) ([]clickhouse.Mismatch, error)
	every time.Duration
	again time.Duration
	now   func() time.Time
	log   *slog.Logger

	mismatches *prometheus.GaugeVec
	finished   prometheus.Gauge
	took       prometheus.Gauge
	failed     prometheus.Counter
}

// auditRest is how many times as long as an audit took there is none after it: it
// reads everything there is, and of much that must not be what ClickHouse does.
const auditRest = 9

// secondLook is how long after a finding the audit is repeated: an insert
// reaches the facts a moment before its rollups, so only a difference that
// stays is one.
const secondLook = 5 * time.Second

func newAuditor(audit func(context.Context) ([]clickhouse.Mismatch, error), every time.Duration, now func() time.Time, log *slog.Logger, reg prometheus.Registerer) *auditor {
	a := &auditor{
		audit: audit, every: every, again: secondLook, now: now, log: log,
		mismatches: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "showrunner_audit_mismatches", Help: "Places where a rollup differs from its facts, by check, at the last audit.",
		}, []string{"check"}),
		finished: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "showrunner_audit_finished_timestamp_seconds", Help: "When the last audit finished.",
		}),
		took: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "showrunner_audit_seconds", Help: "How long ClickHouse was busy with the last audit.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "showrunner_audit_failures_total", Help: "Audits that ClickHouse did not finish.",
		}),
	}
	reg.MustRegister(a.mismatches, a.finished, a.took, a.failed)
	a.clear()
	return a
}

// run audits until ctx ends.
func (a *auditor) run(ctx context.Context) {
	for wait := a.every; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		began := time.Now()
		found, busy, err := a.look(ctx)
		if ctx.Err() != nil {
			return
		}
		a.took.Set(busy.Seconds())
		wait = max(a.every-time.Since(began), auditRest*busy)
		if err != nil {
			a.failed.Inc()
			a.log.WarnContext(ctx, "the audit of ClickHouse could not be finished", "error", err)
			continue
		}
		a.clear()
		for _, m := range found {
			a.mismatches.WithLabelValues(m.Check).Inc()
			a.log.ErrorContext(ctx, "a rollup differs from its facts", "check", m.Check, "merchant_id", m.Merchant,
				"show_id", m.Show, "key", m.Key, "facts", m.Facts, "rollup", m.Rollup)
		}
		a.finished.Set(float64(a.now().Unix()))
	}
}

// clear puts every check at 0: a series that is not there rings no bell.
func (a *auditor) clear() {
	a.mismatches.Reset()
	for _, name := range clickhouse.Checks() {
		a.mismatches.WithLabelValues(name).Set(0)
	}
}

// look audits, and again if something was found; what stays is reported. Busy is
// how long the audits took.
func (a *auditor) look(ctx context.Context) (stays []clickhouse.Mismatch, busy time.Duration, err error) {
	audit := func() ([]clickhouse.Mismatch, error) {
		began := time.Now()
		defer func() { busy += time.Since(began) }()
		return a.audit(ctx)
	}
	first, err := audit()
	if err != nil || len(first) == 0 {
		return nil, busy, err
	}
	select {
	case <-ctx.Done():
		return nil, busy, ctx.Err()
	case <-time.After(a.again):
	}
	second, err := audit()
	if err != nil {
		return nil, busy, err
	}
	type place struct{ check, merchant, show, key string }
	difference := map[place]int64{}
	for _, m := range first {
		difference[place{m.Check, m.Merchant, m.Show, m.Key}] = m.Facts - m.Rollup
	}
	for _, m := range second {
		if d, ok := difference[place{m.Check, m.Merchant, m.Show, m.Key}]; ok && d == m.Facts-m.Rollup {
			stays = append(stays, m)
		}
	}
	return stays, busy, nil
}
