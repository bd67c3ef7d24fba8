package eventlog

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// external starts a NATS server of its own on 127.0.0.1; port 0 picks one.
func external(t testing.TB, dir string, port int) (url string, at int, stop func()) {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(wait) {
		t.Fatal("the NATS server is not ready")
	}
	var once sync.Once
	stop = func() { once.Do(func() { srv.Shutdown(); srv.WaitForShutdown() }) }
	t.Cleanup(stop)
	var number int
	if _, err := fmt.Sscanf(srv.ClientURL()[strings.LastIndex(srv.ClientURL(), ":")+1:], "%d", &number); err != nil {
		t.Fatal(err)
	}
	return srv.ClientURL(), number, stop
}

// The server goes away in the middle of everything and comes back: whoever was
// acknowledged is stored once, and the reader goes on by itself.
func TestExternalServerRestarts(t *testing.T) {
	dir := t.TempDir()
	url, port, stopServer := external(t, dir, 0)
	reg := prometheus.NewRegistry()
	l, _ := openLog(t, Config{URL: url, Stream: "test", Registerer: reg})
	r := openReader(t, l, "sink", live.Position{})
	first := mustAppend(t, l, event("first"))
	read(t, r, 1)

	const callers = 8
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	back := make(chan struct{}) // closed when the server is there again
	var begun, done sync.WaitGroup
	begun.Add(callers)
	calls := make([]int, callers) // acknowledged, by caller
	for caller := range callers {
		done.Go(func() {
			for more := 10; more > 0; calls[caller]++ {
				if _, err := l.Append(ctx, []live.Event{event(fmt.Sprintf("%d-%d", caller, calls[caller]))}); err != nil {
					t.Error(err)
					return
				}
				if calls[caller] == 5 {
					begun.Done()
				}
				select {
				case <-back:
					more--
				default:
				}
			}
		})
	}
	begun.Wait()
	stopServer()
	external(t, dir, port)
	close(back)
	done.Wait()

	total := 0
	for _, n := range calls {
		total += n
	}
	seen := map[string]int{}
	last := first[0]
	for _, e := range read(t, r, total) {
		seen[string(e.Event.ID)]++
		if !last.Less(e.Position) {
			t.Fatalf("%v after %v", e.Position, last)
		}
		last = e.Position
	}
	for caller, n := range calls {
		for call := range n {
			if id := fmt.Sprintf("%d-%d", caller, call); seen[id] != 1 {
				t.Errorf("%s was read %d times, want once", id, seen[id])
			}
		}
	}
	if extra, err := r.Next(ctx, 1, 10*time.Millisecond); len(extra) > 0 || err != nil {
		t.Errorf("after everything: %v, %v", ids(extra), err)
	}
	if err := r.Commit(ctx, r.Position(), nil); err != nil {
		t.Error(err)
	}
	if err := l.Ready(ctx); err != nil {
		t.Error(err)
	}
	if got := metric(t, reg, "publish_retries_total"); got == 0 {
		t.Error("nothing was tried again: the server was never away")
	}
}

func TestTwoLogsOnOneServer(t *testing.T) {
	url, _, _ := external(t, t.TempDir(), 0)
	a, _ := openLog(t, Config{URL: url, Stream: "test"})
	b, _ := openLog(t, Config{URL: url, Stream: "test"})
	if a.Epoch() != b.Epoch() {
		t.Errorf("epochs %s and %s on one stream", a.Epoch(), b.Epoch())
	}
	r := openReader(t, b, "", live.Position{})
	mustAppend(t, a, event("from-a"))
	mustAppend(t, b, event("from-b"))
	if got := fmt.Sprint(ids(read(t, r, 2))); got != "[from-a from-b]" {
		t.Errorf("read %s", got)
	}
}

func TestForeignStreamIsRefused(t *testing.T) {
	url, _, _ := external(t, t.TempDir(), 0)
	l, _ := openLog(t, Config{URL: url, Stream: "ours"})
	for name, cfg := range map[string]jetstream.StreamConfig{
		"plain":   {},
		"limited": {MaxAge: time.Hour, Metadata: map[string]string{epochKey: "x"}},
		"memory":  {Storage: jetstream.MemoryStorage, Metadata: map[string]string{epochKey: "x"}},
	} {
		cfg.Name = name
		if _, err := l.js.CreateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		other, err := Open(t.Context(), Config{URL: url, Stream: name, Now: time.Now})
		if err == nil {
			other.Close()
			t.Errorf("joined the stream %q", name)
		}
	}
	if _, err := Open(t.Context(), Config{URL: "nats://127.0.0.1:1", Now: time.Now}); err == nil {
		t.Error("joined a server that is not there")
	}
}
