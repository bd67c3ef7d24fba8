package eventlog

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"showrunner/live"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDirEnv); dir != "" {
		crashChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// wait bounds everything that must not hang.
const wait = 30 * time.Second

// openLog opens a log and runs it until the test ends or stop is called.
func openLog(t testing.TB, cfg Config) (l *Log, stop func()) {
	t.Helper()
	if cfg.Dir == "" && cfg.URL == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
			if err := l.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return l, stop
}

// event makes a fact with the usual fields.
func event(id string) live.Event {
	at := time.Date(2026, 11, 21, 20, 15, 1, 234e6, time.UTC)
	return live.Event{
		ID: live.EventID(id), Kind: live.CommentSent, Source: "ws:v-1", Merchant: "m-1", Room: "room-1", Show: "show-1",
		Actor: live.Actor{ID: "v-1", Name: "小雨", Role: live.RoleViewer}, Person: "v-1", Channel: "private/group",
		OccurredAt: at, ReceivedAt: at.Add(40 * time.Millisecond), Data: []byte(`{"text":"多少钱?","comment_id":"c-1"}`),
	}
}

func events(prefix string, n int) []live.Event {
	out := make([]live.Event, n)
	for i := range out {
		out[i] = event(fmt.Sprintf("%s-%d", prefix, i))
	}
	return out
}

func mustAppend(t testing.TB, l *Log, evs ...live.Event) []live.Position {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	positions, err := l.Append(ctx, evs)
	if err != nil {
		t.Fatal(err)
	}
	return positions
}

// all reads the whole log.
func all(t testing.TB, l *Log) []live.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	var out []live.Entry
	err := l.Range(ctx, live.Position{}, live.Position{Seq: 1 << 40}, func(e live.Entry) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read takes exactly n events from a reader.
func read(t testing.TB, r *Reader, n int) []live.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	var out []live.Entry
	for len(out) < n {
		entries, err := r.Next(ctx, n-len(out), time.Second)
		if err != nil {
			t.Fatalf("after %d of %d events: %v", len(out), n, err)
		}
		out = append(out, entries...)
	}
	return out
}

func openReader(t testing.TB, l *Log, name string, start live.Position) *Reader {
	t.Helper()
	r, err := l.Reader(t.Context(), name, start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func ids(entries []live.Entry) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = string(entries[i].Event.ID)
	}
	return out
}

// metric reads a counter or gauge of the log.
func metric(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "showrunner_eventlog_"+name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
