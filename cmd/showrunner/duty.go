package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live/eventlog"
)

// Names of the duties that one server of those that share a database does at a
// time. They name locks, so they must never change.
const (
	dutySink     = "sink"
	dutyDelivery = "delivery"
	dutyLadder   = "ladder"
	dutyCredit   = "credit"
)

// dutyAgain is the wait before a duty that failed is taken up again.
const dutyAgain = time.Second

// duty is the run of a part whose work one server does at a time. When the one
// that does it ends, or is no longer heard by the database, another goes on. A
// server alone does it at once, and cannot go on without it; of several, one
// that fails says so and tries again, so that a fault does not take them all.
func (s *server) duty(name string, run func(context.Context) error) func(context.Context) error {
	if s.cfg.Node == "" {
		return func(ctx context.Context) error {
			s.duties.WithLabelValues(name).Set(1)
			return run(ctx)
		}
	}
	return func(ctx context.Context) error {
		for ctx.Err() == nil {
			var err error
			s.store.Lead(ctx, name, func(leading context.Context) {
				s.log.InfoContext(ctx, "this server does it from now on", "duty", name)
				s.duties.WithLabelValues(name).Set(1)
				defer s.duties.WithLabelValues(name).Set(0)
				err = run(leading)
			})
			switch {
			case ctx.Err() != nil:
				return err
			case errors.Is(err, eventlog.ErrReaderLost):
				s.log.WarnContext(ctx, "another server has taken over", "duty", name)
			default:
				s.log.ErrorContext(ctx, "a duty failed and is tried again", "duty", name, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(dutyAgain):
			}
		}
		return nil
	}
}

// newDuties shows which duties this server does.
func newDuties(reg prometheus.Registerer) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "showrunner_node_duty", Help: "1 while this server does what only one of those that share a database does at a time.",
	}, []string{"duty"})
	reg.MustRegister(g)
	for _, name := range []string{dutySink, dutyDelivery, dutyLadder, dutyCredit, dutyGuard, dutyAlerts, dutyReports, dutyService, readerFollowers} {
		g.WithLabelValues(name).Set(0)
	}
	return g
}
