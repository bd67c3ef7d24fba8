package delivery

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what operators watch. No label names a subscription: there may be
// thousands.
type metrics struct {
	attempts *prometheus.CounterVec
	seconds  prometheus.Histogram
	pending  prometheus.Gauge
	dead     prometheus.Gauge
	oldest   prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "showrunner_delivery_attempts_total", Help: "Webhooks posted, by result: delivered, or the word for why not.",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "showrunner_delivery_attempt_seconds", Help: "Time of one attempt.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 13),
		}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_delivery_pending", Help: "Webhooks that wait to be delivered."}),
		dead:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_delivery_dead", Help: "Webhooks that were given up and are still kept."}),
		oldest:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_delivery_oldest_pending_seconds", Help: "How long the longest waiting webhook of an active subscription has been due."}),
	}
	m.attempts.WithLabelValues("delivered") // There from the start, as 0.
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.attempts, m.seconds, m.pending, m.dead, m.oldest} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register delivery metrics: %w", err)
		}
	}
	return m, nil
}
