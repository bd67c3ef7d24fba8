package clickhouse

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// TestSinkRanges looks at what is sent and at what is written down before it.
func TestSinkRanges(t *testing.T) {
	w := play(31, 1500)
	log := newMemoryLog(w.entries)
	r := log.reader()
	db := connect(t, "http://127.0.0.1:1/nowhere") // never asked
	var ranges []intent
	next, fails := 0, 0
	seen := map[string]bool{}
	send := func(_ context.Context, b *block, token string) error {
		_, note := r.Checkpoint()
		i, err := decodeIntent(note)
		if err != nil {
			t.Errorf("sent before it was written down: %v", err)
			return nil
		}
		if want := "v1:e1:" + b.table + ":" + i.String(); token != want {
			t.Errorf("token %q, want %q", token, want)
		}
		if fails++; fails%4 == 0 {
			seen[token] = true
			return errInjected
		}
		if b.table != "events" {
			return nil
		}
		ranges = append(ranges, i)
		ts := timesOf(t, b, "ts")
		for k, at := range ts {
			if !monthOf(ts[0]).has(at) {
				t.Errorf("a range spans %s and %s", ts[0], at)
			}
			if want := w.entries[next+k].Event.ReceivedAt; !at.Equal(want) {
				t.Fatalf("row %d is not event %d", k, next+k)
			}
		}
		next += len(ts)
		if len(ts) != i.N || len(ts) > 100 {
			t.Errorf("%d rows in a range of %d", len(ts), i.N)
		}
		return nil
	}
	reg := prometheus.NewRegistry()
	s := NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: r, MaxRows: 100, MaxAge: time.Millisecond, Now: time.Now, Registerer: reg, send: send})
	end := live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1}
	until(t, s, end)
	if next != len(w.entries) {
		t.Errorf("%d events sent, want %d", next, len(w.entries))
	}
	for i := 1; i < len(ranges); i++ {
		if ranges[i].From != ranges[i-1].Until {
			t.Errorf("range %v follows %v", ranges[i], ranges[i-1])
		}
	}
	if len(seen) == 0 {
		t.Error("nothing was sent again")
	}
	if got := s.Lag(time.Now()); got != 0 {
		t.Errorf("lag %s after everything is in", got)
	}
	if _, note := r.Checkpoint(); len(note) > 0 {
		t.Errorf("an intent is left: %s", note)
	}
	found, err := reg.Gather()
	if err != nil || len(found) < 5 {
		t.Errorf("metrics: %d, %v", len(found), err)
	}
}

// TestSinkFullRanges: who has many facts waiting sends as many in one insert as a
// range may have, unless their data are long.
func TestSinkFullRanges(t *testing.T) {
	long := audience(2_000)
	for i := range long {
		long[i].Event.Data = json.RawMessage(`{"text":"` + strings.Repeat("说", 20_000/3) + `"}`)
	}
	for _, test := range []struct {
		name    string
		entries []live.Entry
		want    []int
	}{
		{"what viewers do", audience(defaultMaxRows + 10_000), []int{defaultMaxRows, 10_000}},
		{"orders among it", withOrders(audience(defaultMaxRows + 10_000)), []int{defaultMaxRows, 10_000}},
		{"long data", long, []int{1656, 344}}, // 32 MiB are full by 20,009 bytes and 256 each
	} {
		t.Run(test.name, func(t *testing.T) {
			log := newMemoryLog(test.entries)
			var got []int
			send := func(_ context.Context, b *block, _ string) error {
				if b.table == "events" {
					got = append(got, b.rows)
				}
				return nil
			}
			s := NewSink(SinkConfig{DB: connect(t, "http://127.0.0.1:1/nowhere"), Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 100 * time.Millisecond, Now: time.Now, send: send})
			until(t, s, live.Position{Seq: test.entries[len(test.entries)-1].Position.Seq + 1})
			if !slices.Equal(got, test.want) {
				t.Errorf("ranges of %d facts, want %d", got, test.want)
			}
		})
	}
}

// TestSinkGoesOn stops the sink with a range on its way; the next one sends
// that range, whatever it would have cut itself.
func TestSinkGoesOn(t *testing.T) {
	w := play(32, 300)
	log := newMemoryLog(w.entries)
	db := connect(t, "http://127.0.0.1:1/nowhere")
	ctx, cancel := context.WithCancel(t.Context())
	var first string
	s := NewSink(SinkConfig{
		DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxRows: 70, MaxAge: time.Hour, Now: time.Now,
		send: func(_ context.Context, _ *block, token string) error {
			first = token
			cancel()
			return errInjected
		},
	})
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if s.Lag(w.now.Add(time.Hour)) < time.Hour {
		t.Error("a range on its way is no lag")
	}
	if s.Watermark() != (live.Position{Seq: 1}) {
		t.Errorf("watermark %v", s.Watermark())
	}
	var tokens []string
	rows := 0
	next := NewSink(SinkConfig{
		DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxRows: 11, MaxAge: time.Millisecond, Now: time.Now,
		send: func(_ context.Context, b *block, token string) error {
			if b.table == "events" {
				tokens = append(tokens, token)
				rows += b.rows
			}
			return nil
		},
	})
	until(t, next, live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1})
	if len(tokens) == 0 || tokens[0] != first {
		t.Errorf("first sent %v, want %s", tokens, first)
	}
	if rows != len(w.entries) {
		t.Errorf("%d rows, want %d", rows, len(w.entries))
	}
}

// TestSinkStops ends with an error, and not silently, when what it remembers
// does not fit the log, or cannot be written.
func TestSinkStops(t *testing.T) {
	db := connect(t, "http://127.0.0.1:1/nowhere")
	w := play(33, 50)
	for name, note := range map[string]string{
		"not JSON":     "{",
		"empty":        `{"from":1,"until":1,"n":0}`,
		"not the same": `{"from":4096,"until":8192,"n":4000}`,
	} {
		t.Run(name, func(t *testing.T) {
			log := newMemoryLog(w.entries)
			log.note = []byte(note)
			s := NewSink(SinkConfig{
				DB: db, Epoch: log.Epoch(), Reader: log.reader(), Now: time.Now,
				send: func(context.Context, *block, string) error { t.Error("sent"); return nil },
			})
			if err := s.Run(t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
}
