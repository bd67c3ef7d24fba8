package bus

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	sent      prometheus.Counter
	sentBytes prometheus.Counter
	heard     prometheus.Counter
	dropped   prometheus.Counter
	twins     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, b *Bus) *metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Namespace: "showrunner", Subsystem: "bus", Name: name, Help: help})
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "showrunner", Subsystem: "bus", Name: "nodes", Help: "Servers that live, this one among them.",
	}, func() float64 { return float64(len(b.Nodes())) })
	return &metrics{
		sent:      counter("frames_sent_total", "Messages with frames of rooms that this server owns."),
		sentBytes: counter("frame_bytes_sent_total", "Bytes of frames sent."),
		heard:     counter("frames_heard_total", "Messages with frames of rooms that others own."),
		dropped:   counter("dropped_total", "Messages that were not sent, or too many to be heard."),
		twins:     counter("twins_total", "Beats of another server under this server's name."),
	}
}
