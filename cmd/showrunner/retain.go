package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// forgetEvery is how often is looked for raw behaviour that is due. A month of it
// is rewritten each time, so it is not done more often than there is a new day.
const forgetEvery = 24 * time.Hour

// kept shows how long raw behaviour is kept, and before when it may be gone.
type kept struct{ long, gone prometheus.Gauge }

func newKept(days int, reg prometheus.Registerer) *kept {
	k := &kept{
		long: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "showrunner_retention_behaviour_seconds", Help: "How long raw behaviour is kept in ClickHouse; 0 is for ever.",
		}),
		gone: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "showrunner_retention_gone_before_timestamp_seconds", Help: "Instant before which raw behaviour may be gone; 0: none is.",
		}),
	}
	reg.MustRegister(k.long, k.gone)
	k.long.Set((time.Duration(days) * 24 * time.Hour).Seconds())
	return k
}

// retain lets raw behaviour go that is past its retention, until ctx ends.
func (s *server) retain(ctx context.Context) {
	for {
		if at, err := s.db.BehaviourGone(ctx); err == nil && !at.IsZero() {
			s.kept.gone.Set(float64(at.Unix()))
		}
		if err := s.forget(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "raw behaviour that is past its retention could not be let go", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(forgetEvery):
		}
	}
}

// forget does it unless a backup is being made, which goes by what is there.
func (s *server) forget(ctx context.Context) error {
	s.backing.Lock()
	defer s.backing.Unlock()
	_, err := s.db.Forget(ctx)
	return err
}
