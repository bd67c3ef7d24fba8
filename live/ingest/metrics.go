package ingest

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"showrunner/live"
)

// metrics is what ingest tells about itself.
type metrics struct {
	accepted   prometheus.Counter
	duplicates prometheus.Counter
	rejected   *prometheus.CounterVec // by code, which are few and ours
}

func newMetrics(r prometheus.Registerer) *metrics {
	const space = "showrunner_ingest_"
	with := promauto.With(r)
	return &metrics{
		accepted:   with.NewCounter(prometheus.CounterOpts{Name: space + "accepted_total", Help: "Facts accepted and durable."}),
		duplicates: with.NewCounter(prometheus.CounterOpts{Name: space + "duplicates_total", Help: "Facts that were in the log already."}),
		rejected:   with.NewCounterVec(prometheus.CounterOpts{Name: space + "rejected_total", Help: "Facts refused, by the code of the refusal."}, []string{"code"}),
	}
}

func (m *metrics) count(receipts []live.Receipt) {
	for n := range receipts {
		switch r := &receipts[n]; r.Status {
		case live.Accepted:
			m.accepted.Inc()
		case live.Duplicate:
			m.duplicates.Inc()
		case live.Rejected:
			m.rejected.WithLabelValues(r.Err.Code).Inc()
		}
	}
}
