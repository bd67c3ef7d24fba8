package clickhouse

import "github.com/prometheus/client_golang/prometheus"

type sinkMetrics struct {
	rows       *prometheus.CounterVec
	batches    prometheus.Counter
	retries    prometheus.Counter
	unreadable prometheus.Counter
	failing    prometheus.Gauge
	all        []prometheus.Collector
}

func newSinkMetrics(reg prometheus.Registerer, s *Sink) *sinkMetrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "showrunner", Subsystem: "clickhouse_sink", Name: name, Help: help})
	}
	m := &sinkMetrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "showrunner", Subsystem: "clickhouse_sink", Name: "rows_total", Help: "Rows acknowledged by ClickHouse.",
		}, []string{"table"}),
		batches:    counter("batches_total", "Ranges of the log that are in ClickHouse."),
		retries:    counter("retries_total", "Inserts sent again."),
		unreadable: counter("unreadable_total", "Order events whose deltas could not be read."),
		failing: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "showrunner", Subsystem: "clickhouse_sink", Name: "failing", Help: "1 while the last insert failed.",
		}),
	}
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "showrunner", Subsystem: "clickhouse_sink", Name: "lag_seconds",
		Help: "Age of the oldest event read from the log and not in ClickHouse: the oldest intent, while there is one.",
	}, func() float64 { return s.Lag(s.cfg.Now()).Seconds() })
	m.all = []prometheus.Collector{m.rows, m.batches, m.retries, m.unreadable, m.failing, lag}
	if reg != nil {
		reg.MustRegister(m.all...)
	}
	return m
}

func (m *sinkMetrics) unregister(reg prometheus.Registerer) {
	if reg == nil {
		return
	}
	for _, c := range m.all {
		reg.Unregister(c)
	}
}
