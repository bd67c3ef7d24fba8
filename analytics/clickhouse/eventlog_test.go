package clickhouse

import (
	"context"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
)

// TestSinkEventlog follows the real log over two lives of log and sink. The
// first life ends with a range that was written down and sent, and whose answer
// was lost: the second must send it again, and go on behind it.
func TestSinkEventlog(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.HTTPURL())
	w := play(41, 400)
	dir := t.TempDir()
	half := len(w.entries) / 2
	for life, part := range [][]live.Entry{w.entries[:half], w.entries[half:]} {
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
		sink := NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: r, MaxRows: 150, MaxAge: 5 * time.Millisecond, Now: time.Now})
		if life == 0 {
			loseAnswer(t, sink)
			if _, note := r.Checkpoint(); len(note) == 0 {
				t.Fatal("no range was left on its way")
			}
		} else {
			until(t, sink, head)
		}
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

// loseAnswer runs the sink until its second range went in, and ends it before
// it learns that.
func loseAnswer(t *testing.T, s *Sink) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	send, sent := s.cfg.send, 0
	s.cfg.send = func(ctx context.Context, b *block, token string) error {
		if err := send(ctx, b, token); err != nil {
			return err
		}
		if sent++; sent == 3 { // Two tables make a range.
			cancel()
			return context.Canceled
		}
		return nil
	}
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
}
