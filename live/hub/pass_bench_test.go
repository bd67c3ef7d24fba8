package hub_test

import (
	"log/slog"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// ticker is a sink that is through with a pass at once.
type ticker struct{ done chan struct{} }

func (s ticker) Pass(p *hub.Pass) {
	p.Wire(func(frames [][]byte) []byte { return frames[0] })
	p.Done(1, 0)
	s.done <- struct{}{}
}
func (ticker) Bye()                        {}
func (ticker) Expel(live.PersonID, string) {}

// BenchmarkTick is what a tick with one message costs beside its frames.
func BenchmarkTick(b *testing.B) {
	h := hub.New(hub.Config{Framer: framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Tick: hub.Tick{Least: 1}})
	s := ticker{make(chan struct{}, 1)}
	f := h.NewFan("r1", hub.ClassViewer, s)
	if _, err := f.Sit(hub.JoinOptions{Person: "ann"}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	offset := uint64(0)
	for b.Loop() {
		offset++
		h.Publish("r1", []hub.Message{roomMsg(offset)})
		<-s.done
	}
}
