package realtime

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of the package itself.
type metrics struct {
	facts     prometheus.Counter
	bad       prometheus.Counter
	snapshots prometheus.Counter
	held      prometheus.Gauge
	lag       prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		facts:     prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_realtime_facts_total", Help: "Facts of held shows folded."}),
		bad:       prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_realtime_unreadable_total", Help: "Order facts that could not be read and are missing from the live figures."}),
		snapshots: prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_realtime_snapshots_total", Help: "Snapshots published."}),
		held:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_realtime_shows", Help: "Shows held in memory."}),
		lag:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_realtime_lag_seconds", Help: "How far the live figures are behind the log."}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.facts, m.bad, m.snapshots, m.held, m.lag} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register realtime metrics: %w", err)
		}
	}
	return m, nil
}
