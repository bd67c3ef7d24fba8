package eventlog

import "github.com/prometheus/client_golang/prometheus"

// metrics is what the log tells about itself.
type metrics struct {
	events     prometheus.Counter
	messages   prometheus.Counter
	bytes      prometheus.Counter
	latency    prometheus.Histogram
	pending    prometheus.Gauge
	retries    prometheus.Counter
	unknown    prometheus.Counter
	reopened   prometheus.Counter
	size       prometheus.Gauge
	readerLag  prometheus.Gauge
	trimmed    prometheus.Counter
	collectors []prometheus.Collector
}

func newMetrics() *metrics {
	const space = "showrunner_eventlog_"
	m := &metrics{
		events:    prometheus.NewCounter(prometheus.CounterOpts{Name: space + "events_appended_total", Help: "Events made durable by this process."}),
		messages:  prometheus.NewCounter(prometheus.CounterOpts{Name: space + "batches_appended_total", Help: "Messages, each a batch of events, made durable by this process."}),
		bytes:     prometheus.NewCounter(prometheus.CounterOpts{Name: space + "appended_bytes_total", Help: "Payload bytes made durable by this process."}),
		latency:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: space + "append_seconds", Help: "Time from offering events to their being durable.", Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16)}),
		pending:   prometheus.NewGauge(prometheus.GaugeOpts{Name: space + "pending_events", Help: "Events offered and not yet answered."}),
		retries:   prometheus.NewCounter(prometheus.CounterOpts{Name: space + "publish_retries_total", Help: "Publishes tried again after a refusal or a missing answer."}),
		unknown:   prometheus.NewCounter(prometheus.CounterOpts{Name: space + "unknown_total", Help: "Batches given up without knowing whether they were stored."}),
		reopened:  prometheus.NewCounter(prometheus.CounterOpts{Name: space + "reader_reopens_total", Help: "Times a reader had to begin its consumer anew."}),
		size:      prometheus.NewGauge(prometheus.GaugeOpts{Name: space + "stream_bytes", Help: "Bytes the stream holds."}),
		readerLag: prometheus.NewGauge(prometheus.GaugeOpts{Name: space + "oldest_reader_lag_messages", Help: "Messages between the slowest named reader's checkpoint and the end of the log."}),
		trimmed:   prometheus.NewCounter(prometheus.CounterOpts{Name: space + "trimmed_messages_total", Help: "Messages trimmed by this process."}),
	}
	m.collectors = []prometheus.Collector{
		m.events, m.messages, m.bytes, m.latency, m.pending, m.retries, m.unknown, m.reopened, m.size, m.readerLag, m.trimmed,
	}
	return m
}

func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	for _, c := range m.collectors {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *metrics) unregister(r prometheus.Registerer) {
	if r == nil {
		return
	}
	for _, c := range m.collectors {
		r.Unregister(c)
	}
}
