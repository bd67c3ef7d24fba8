package credit

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of the package itself.
type metrics struct {
	told    *prometheus.CounterVec
	seconds prometheus.Histogram
	tail    prometheus.Gauge
	bad     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		told: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "showrunner_credit_orders_total", Help: "Orders whose credit was divided, by cause."}, []string{"cause"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "showrunner_credit_seconds", Help: "From the receipt of a payment until its credit was durable.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
		tail: prometheus.NewGauge(prometheus.GaugeOpts{Name: "showrunner_credit_tail_touches", Help: "Touches kept in memory because ClickHouse may not have them yet."}),
		bad:  prometheus.NewCounter(prometheus.CounterOpts{Name: "showrunner_credit_unreadable_total", Help: "Order events that name no order; the next one of the order makes it good."}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.told, m.seconds, m.tail, m.bad} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the tracker's metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) unregister(reg prometheus.Registerer) {
	if reg == nil {
		return
	}
	for _, c := range []prometheus.Collector{m.told, m.seconds, m.tail, m.bad} {
		reg.Unregister(c)
	}
}
