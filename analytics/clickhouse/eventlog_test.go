package clickhouse

import (
	"context"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
)

// TestSinkEventlog follows the real log over two lives of log and sink.
func TestSinkEventlog(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.HTTPURL())
	w := play(41, 400)
	dir := t.TempDir()
	half := len(w.entries) / 2
	for _, part := range [][]live.Entry{w.entries[:half], w.entries[half:]} {
		log, err := eventlog.Open(t.Context(), eventlog.Config{Dir: dir, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- log.Run(ctx) }()
		var evs []live.Event
		for _, e := range part {
			evs = append(evs, e.Event)
		}
		for len(evs) > 0 {
			n := min(len(evs), 37)
			if _, err := log.Append(t.Context(), evs[:n]); err != nil {
				t.Fatal(err)
			}
			evs = evs[n:]
		}
		head, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := log.Reader(t.Context(), "clickhouse", live.Position{})
		if err != nil {
			t.Fatal(err)
		}
		until(t, NewSink(SinkConfig{DB: db, Log: log, Reader: r, MaxRows: 150, MaxAge: 5 * time.Millisecond, Now: time.Now}), head)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
	clean(t, db)
	totals(t, db, w)
}
