package ws_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	client "github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/gateway/ws"
	"showrunner/live/hub"
)

// TestSlowViewersCostLittle: of a hundred viewers in a room of large messages
// five never read. The others get everything, once and in order, and what
// the five cost is bounded: the ticks that wait for them are shared and not
// copied, and beyond the queue they are skipped.
func TestSlowViewersCostLittle(t *testing.T) {
	const (
		viewers, slow = 100, 5
		messages      = 60
		size          = 16 << 10
		each          = 64 << 10 // what one slow viewer may cost
	)
	// Every object is followed to who made it.
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	// room plays it, and says how much less is in use once the slow have gone.
	room := func(t *testing.T) int64 {
		reg := prometheus.NewRegistry()
		r := newRig(t, func(d *ws.Deps, h *hub.Config) {
			h.Tick = hub.Tick{Least: 2 * time.Millisecond, Most: 2 * time.Millisecond}
			h.Queue, h.Registerer = 8, reg
			d.Timing.Write, d.Timing.Ping, d.Timing.Idle = time.Hour, time.Hour, time.Hour
		})
		var deaf []net.Conn
		for range slow {
			c := r.mute(t, "viewer2")
			deaf = append(deaf, c)
			if tcp, ok := c.(*net.TCPConn); ok {
				if err := tcp.SetReadBuffer(4096); err != nil {
					t.Fatal(err)
				}
			}
		}
		peers := make([]*peer, viewers-slow)
		for i := range peers {
			peers[i], _ = r.enter(t, "viewer", "")
		}
		eventually(t, "everybody is in", func() bool { return r.hub.Members() == viewers })
		pad := strings.Repeat("x", size)
		for i := range messages {
			r.log.state(comment(fmt.Sprintf("message-%d %s", i, pad)))
			want := fmt.Appendf(nil, "message-%d ", i)
			// The next one is said when everybody who reads has this: a slow machine
			// makes nobody else slow.
			for n, p := range peers {
				for {
					kind, raw, err := p.conn.Read(p.ctx)
					if err != nil || kind != client.MessageText {
						t.Fatalf("viewer %d waits for message %d: %v", n, i, err)
					}
					if bytes.HasPrefix(raw, []byte(`{"type":"ack"`)) {
						continue
					}
					if !bytes.HasPrefix(raw, []byte(`{"type":"events"`)) || bytes.Count(raw, []byte("message-")) != 1 || !bytes.Contains(raw, want) {
						t.Fatalf("viewer %d got %.200s instead of message %d", n, raw, i)
					}
					break
				}
			}
		}
		if n := r.hub.Members(); n != viewers {
			t.Fatalf("%d of %d are there", n, viewers)
		}
		if counted(t, reg, "showrunner_hub_skipped_frames_total") == 0 {
			t.Error("who never reads skipped nothing")
		}
		with := held(t)
		for _, c := range deaf {
			_ = c.Close() // Its end is what is wanted.
		}
		eventually(t, "the slow have gone", func() bool { return r.hub.Members() == viewers-slow })
		without := held(t)
		runtime.KeepAlive(peers)
		return with - without
	}
	if cost := room(t); cost > slow*each {
		t.Errorf("%d who never read cost %d bytes, %d allowed", slow, cost, slow*each)
	} else {
		t.Logf("%d who never read cost %d bytes", slow, cost)
	}
}

// counted reads a counter.
func counted(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// held is how many bytes the server's own objects have that are in use, of those made
// since every object is followed. What tests and their clients hold does not count,
// nor what is left of tests before: how much of that goes meanwhile is not the
// server's.
func held(t *testing.T) (bytes int64) {
	t.Helper()
	for range 3 { // A profile is of the garbage collection before the last; pools hold things for two.
		runtime.GC()
	}
	records := make([]runtime.MemProfileRecord, 1<<14)
	n, ok := runtime.MemProfile(records, false)
	if !ok {
		t.Fatalf("there are %d records of memory", n)
	}
	for _, r := range records[:n] {
		if ofServer(r.Stack()) {
			bytes += r.InUseBytes()
		}
	}
	return bytes
}

// ofServer reports whether what called was not a test or its client.
func ofServer(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		for _, no := range []string{"showrunner/gateway/ws_test.", "github.com/coder/websocket.", "testing.", "runtime.MemProfile"} {
			if strings.HasPrefix(f.Function, no) {
				return false
			}
		}
		if !more {
			return true
		}
	}
}
