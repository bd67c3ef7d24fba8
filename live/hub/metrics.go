package hub

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	members    prometheus.Gauge
	messages   prometheus.Counter
	frames     prometheus.Counter
	deliveries prometheus.Counter
	skipped    prometheus.Counter
	gaps       prometheus.Counter
	recovered  prometheus.Counter
	tooOld     prometheus.Counter
	leftOut    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Namespace: "showrunner", Subsystem: "hub", Name: name, Help: help})
	}
	return &metrics{
		members: f.NewGauge(prometheus.GaugeOpts{
			Namespace: "showrunner", Subsystem: "hub", Name: "members", Help: "Sockets in all rooms.",
		}),
		messages:   counter("messages_total", "Messages published to rooms."),
		frames:     counter("frames_total", "Frames encoded, each once for all who get it."),
		deliveries: counter("deliveries_total", "Frames handed to a member's queue."),
		skipped:    counter("skipped_frames_total", "Frames that a slow member did not get."),
		gaps:       counter("gaps_total", "Gaps told to slow members."),
		leftOut:    counter("comments_left_out_total", "Comments that the viewers of a large room were spared, their author aside."),
		recovered:  counter("recovered_total", "Messages handed to members who came back."),
		tooOld:     counter("too_old_total", "Members who came back later than the ring remembers."),
	}
}

func (m *metrics) joined(j *Joined) {
	m.members.Inc()
	m.recovered.Add(float64(len(j.Messages)))
	if j.TooOld {
		m.tooOld.Inc()
	}
}

func (m *metrics) pass(p *Pass, sum outcome) {
	frames := 0
	for _, b := range p.built {
		if b != nil {
			frames += len(b.frames)
		}
	}
	m.frames.Add(float64(frames))
	m.deliveries.Add(float64(sum.delivered))
	m.skipped.Add(float64(sum.skipped))
}
