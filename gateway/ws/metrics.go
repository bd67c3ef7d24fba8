package ws

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	connections *prometheus.GaugeVec // by path
	refused     prometheus.Counter
	panics      prometheus.Counter
	requests    *prometheus.CounterVec // by type and result
	byes        *prometheus.CounterVec // by close code
	acks        prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	const ns, sub = "showrunner", "ws"
	return &metrics{
		connections: f.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: ns, Subsystem: sub, Name: "connections", Help: "Open websockets, by how they are carried.",
		}, []string{"path"}),
		refused: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "refused_total", Help: "Requests refused before the upgrade."}),
		panics:  f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "panics_total", Help: "Connections that ended in a panic."}),
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "requests_total", Help: "Client frames by type and result code, ok for success.",
		}, []string{"type", "result"}),
		byes: f.NewCounterVec(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "byes_total", Help: "Connections ended by the server, by close code.",
		}, []string{"code"}),
		acks: f.NewHistogram(prometheus.HistogramOpts{
			Namespace: ns, Subsystem: sub, Name: "fact_ack_seconds", Help: "From reading a fact to its durable acknowledgement.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
	}
}
