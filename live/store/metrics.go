package store

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics is what operators watch of the writer.
type metrics struct {
	changes prometheus.Histogram
	commit  prometheus.Histogram
	events  prometheus.Counter
	retries prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	return &metrics{
		changes: f.NewHistogram(prometheus.HistogramOpts{
			Name: "showrunner_store_group_changes", Help: "Changes that shared one transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		commit: f.NewHistogram(prometheus.HistogramOpts{
			Name: "showrunner_store_commit_seconds", Help: "Time of one transaction, from begin until it is on disk.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12),
		}),
		retries: f.NewCounter(prometheus.CounterOpts{
			Name: "showrunner_store_commit_retries_total", Help: "Transactions run again after a deadlock or a lost connection.",
		}),
		events: f.NewCounter(prometheus.CounterOpts{
			Name: "showrunner_store_outbox_events_total", Help: "Events written to the outbox.",
		}),
	}
}

func (m *metrics) group(changes, events int, took time.Duration) {
	m.changes.Observe(float64(changes))
	m.commit.Observe(took.Seconds())
	m.events.Add(float64(events))
}
