package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// watcher is a client that only looks on, through whichever server answers, and
// keeps everything it was shown.
type watcher struct {
	name string
	sock *socket
	base [2]string // of the socket's URLs, without since

	mu      sync.Mutex
	begin   uint64 // offset of the first welcome
	offset  uint64 // seen up to here
	epoch   string
	events  []string          // ids in the order they were shown
	framed  map[string]uint64 // offset of the frame whose last event it was
	online  float64           // of the newest totals
	resumed int
	fault   error
}

// watch starts a watcher; it ends with ctx.
func watch(ctx context.Context, done *sync.WaitGroup, name string, sock *socket) *watcher {
	w := &watcher{name: name, sock: sock, base: [2]string{sock.url, sock.spare}, framed: map[string]uint64{}}
	done.Go(func() {
		defer sock.close()
		for ctx.Err() == nil {
			if err := w.look(ctx); err != nil && ctx.Err() == nil {
				w.mu.Lock()
				w.fault = err
				w.mu.Unlock()
				return
			}
		}
	})
	return w
}

// look reads frames until the connection ends, which is no fault.
func (w *watcher) look(ctx context.Context) error {
	if w.sock.conn == nil {
		if err := w.sock.connect(ctx); err != nil {
			pause(ctx)
			return nil
		}
	}
	frame, err := w.sock.read(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.sock.url = fmt.Sprintf("%s&since=%s:%d", w.base[0], w.epoch, w.offset)
		w.sock.spare = fmt.Sprintf("%s&since=%s:%d", w.base[1], w.epoch, w.offset)
		return nil
	}
	switch frame["type"] {
	case "welcome":
		offset := uint64(frame["offset"].(float64))
		w.online = frame["room"].(object)["online"].(float64)
		if w.epoch == "" {
			w.epoch, w.begin, w.offset = frame["epoch"].(string), offset, offset
			return nil
		}
		w.resumed++
		if frame["recovered"] != true || frame["epoch"] != w.epoch {
			return fmt.Errorf("came back at %d and was not recovered: %v", w.offset, frame)
		}
	case "gap", "bye":
		return fmt.Errorf("got %v", frame)
	case "events":
		offset := uint64(frame["offset"].(float64))
		if offset < w.offset {
			return fmt.Errorf("offset %d after %d", offset, w.offset)
		}
		w.offset = offset
		last := ""
		for _, e := range frame["events"].([]any) {
			e := e.(object)
			if e["type"] == "room_stats" {
				w.online = e["data"].(object)["online"].(float64)
				continue
			}
			last = e["event_id"].(string)
			w.events = append(w.events, last)
		}
		if last != "" {
			w.framed[last] = offset
		}
	}
	return nil
}

// seen is how many events the watcher was shown, and up to which offset.
func (w *watcher) seen() (int, uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.events), w.offset
}

// hold compares what was shown with the log: everything after the welcome, once,
// in the log's order, every frame with an offset that fits.
func (w *watcher) hold(t *testing.T, log []logged, panel bool) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault != nil {
		t.Errorf("%s: %v", w.name, w.fault)
		return
	}
	next := 0
	var before uint64 // offset of the event shown last
	for _, l := range log {
		if l.offset <= w.begin || l.panels && !panel {
			continue
		}
		if next == len(w.events) || w.events[next] != l.id {
			got := "nothing"
			if next < len(w.events) {
				got = w.events[next]
			}
			t.Errorf("%s: event %d is %s, the log has %s at %d", w.name, next, got, l.id, l.offset)
			return
		}
		if next > 0 {
			if at, ends := w.framed[w.events[next-1]]; ends && (at < before || at >= l.offset) {
				t.Errorf("%s: a frame ends at %d, between events at %d and %d", w.name, at, before, l.offset)
			}
		}
		before = l.offset
		next++
	}
	if next < len(w.events) {
		t.Errorf("%s: %d events beyond the log, the first is %s", w.name, len(w.events)-next, w.events[next])
	}
}
