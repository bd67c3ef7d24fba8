package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

func TestAppendAndReadBack(t *testing.T) {
	l, _ := openLog(t, Config{})
	want := events("e", 5)
	want[2].Rehearsal = true
	want[3].OccurredAt = time.Time{}
	want[4].Data = nil
	positions := mustAppend(t, l, want...)
	var got []live.Event
	for i, e := range all(t, l) {
		if e.Position != positions[i] {
			t.Errorf("event %d is at %v, Append said %v", i, e.Position, positions[i])
		}
		got = append(got, e.Event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	head, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (live.Position{Seq: positions[4].Seq + 1}); head != want {
		t.Errorf("head is %v, want %v", head, want)
	}
}

func TestManyCallersShareMessages(t *testing.T) {
	const callers, calls, each = 64, 20, 3
	reg := prometheus.NewRegistry()
	l, _ := openLog(t, Config{Registerer: reg})
	var mu sync.Mutex
	told := map[live.Position]string{}
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			last := live.Position{}
			for call := range calls {
				evs := events(fmt.Sprintf("%d-%d", caller, call), each)
				positions, err := l.Append(t.Context(), evs)
				if err != nil {
					t.Error(err)
					return
				}
				for i, p := range positions {
					if !last.Less(p) {
						t.Errorf("caller %d: %v after %v", caller, p, last)
					}
					if p.Seq != positions[0].Seq {
						t.Errorf("one small call travelled in messages %d and %d", positions[0].Seq, p.Seq)
					}
					last = p
					mu.Lock()
					if other, taken := told[p]; taken {
						t.Errorf("position %v is of %s and %s", p, other, evs[i].ID)
					}
					told[p] = string(evs[i].ID)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	entries := all(t, l)
	if got, want := len(entries), callers*calls*each; got != want {
		t.Fatalf("%d events in the log, want %d", got, want)
	}
	next := live.Position{Seq: 1}
	for _, e := range entries {
		if e.Position != next && e.Position != (live.Position{Seq: next.Seq + 1}) {
			t.Fatalf("gap: %v after the one before %v", e.Position, next)
		}
		if told[e.Position] != string(e.Event.ID) {
			t.Fatalf("at %v is %s, its caller was told of %s", e.Position, e.Event.ID, told[e.Position])
		}
		next = live.Position{Seq: e.Position.Seq, Index: e.Position.Index + 1}
	}
	messages := metric(t, reg, "batches_appended_total")
	if most := float64(callers * calls / 4); messages > most {
		t.Errorf("%d calls took %.0f messages, want fewer than %.0f: callers are not joined", callers*calls, messages, most)
	}
	if got := metric(t, reg, "events_appended_total"); got != callers*calls*each {
		t.Errorf("the metric counts %v events", got)
	}
	if got := metric(t, reg, "pending_events"); got != 0 {
		t.Errorf("%v events are pending after all is answered", got)
	}
}

func TestLargeCallsAreSplit(t *testing.T) {
	l, _ := openLog(t, Config{MaxEvents: 10, MaxBytes: 4096})
	want := events("e", 95)
	want[40].Data = []byte(`{"text":"` + strings.Repeat("x", 9000) + `"}`) // above MaxBytes: alone
	positions := mustAppend(t, l, want...)
	entries := all(t, l)
	perMessage := map[uint64]int{}
	for i, e := range entries {
		if e.Event.ID != want[i].ID || e.Position != positions[i] {
			t.Fatalf("event %d is %s at %v, want %s at %v", i, e.Event.ID, e.Position, want[i].ID, positions[i])
		}
		perMessage[e.Position.Seq]++
	}
	if len(entries) != len(want) {
		t.Fatalf("%d events, want %d", len(entries), len(want))
	}
	for seq, n := range perMessage {
		if n > 10 {
			t.Errorf("message %d holds %d events, at most 10 are allowed", seq, n)
		}
	}
	if n := perMessage[positions[40].Seq]; n != 1 {
		t.Errorf("the event larger than a message shares it with %d others", n-1)
	}
}

func TestAppendRefuses(t *testing.T) {
	l, _ := openLog(t, Config{})
	huge, long, old := event("huge"), event("long"), event("old")
	huge.Data = make([]byte, live.MaxOrderData+1)
	long.Channel = strings.Repeat("c", maxText+1)
	old.OccurredAt = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, bad := range []live.Event{huge, long, old} {
		_, err := l.Append(t.Context(), []live.Event{event("good"), bad})
		if _, ok := errors.AsType[*live.Error](err); !ok {
			t.Errorf("%s: got %v, want a *live.Error", bad.ID, err)
		}
	}
	if got := all(t, l); len(got) != 0 {
		t.Errorf("refused calls left %v in the log", ids(got))
	}
	if p, err := l.Append(t.Context(), nil); p != nil || err != nil {
		t.Errorf("nothing appended gave %v, %v", p, err)
	}
}

func TestAppendWhoseContextEnds(t *testing.T) {
	l, err := Open(t.Context(), Config{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Nobody runs the log: the events were never taken.
	_, err = l.Append(ctx, events("e", 1))
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknown) {
		t.Errorf("not taken: got %v, want canceled and known", err)
	}
	// Taken, but never answered.
	ctx, cancel = context.WithCancel(t.Context())
	go func() { <-l.queue; cancel() }()
	_, err = l.Append(ctx, events("e", 1))
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "unknown whether stored") {
		t.Errorf("taken: got %v, want unknown whether stored", err)
	}
}

func TestAppendAfterTheEnd(t *testing.T) {
	l, stop := openLog(t, Config{})
	mustAppend(t, l, event("e"))
	stop()
	if _, err := l.Append(t.Context(), events("late", 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := l.Ready(t.Context()); err == nil {
		t.Error("a closed log says it is ready")
	}
}

// Whatever Run has taken when it ends is answered, and the answer is true.
func TestRunAnswersWhatItHasTaken(t *testing.T) {
	dir := t.TempDir()
	l, stop := openLog(t, Config{Dir: dir})
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	started := make(chan struct{}, 16)
	for caller := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", caller, i)
				_, err := l.Append(context.Background(), []live.Event{event(id)})
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("got %v, want ErrClosed", err)
					}
					return
				}
				mu.Lock()
				acked[id] = true
				mu.Unlock()
				if i == 5 {
					started <- struct{}{}
				}
			}
		})
	}
	for range 16 {
		<-started
	}
	stop()
	wg.Wait()
	l, _ = openLog(t, Config{Dir: dir})
	got := map[string]bool{}
	for _, e := range all(t, l) {
		got[string(e.Event.ID)] = true
	}
	if diff := cmp.Diff(acked, got); diff != "" {
		t.Errorf("acknowledged and stored differ (-acked +stored):\n%s", diff)
	}
}

func TestRestartKeepsPositionsCheckpointsAndEpoch(t *testing.T) {
	dir := t.TempDir()
	l, stop := openLog(t, Config{Dir: dir})
	epoch := l.Epoch()
	before := mustAppend(t, l, events("e", 10)...)
	r := openReader(t, l, "sink", live.Position{})
	read(t, r, 4)
	if err := r.Commit(t.Context(), r.Position(), []byte("intent 7")); err != nil {
		t.Fatal(err)
	}
	r.Close()
	stop()

	l, _ = openLog(t, Config{Dir: dir})
	if l.Epoch() != epoch || epoch == "" {
		t.Errorf("epoch %q became %q", epoch, l.Epoch())
	}
	r = openReader(t, l, "sink", live.Position{})
	if next, note := r.Checkpoint(); next != before[4] || string(note) != "intent 7" {
		t.Errorf("checkpoint is %v %q, want %v and the note", next, note, before[4])
	}
	if got := ids(read(t, r, 6)); got[0] != "e-4" || got[5] != "e-9" {
		t.Errorf("read on with %v", got)
	}
	after := mustAppend(t, l, event("later"))
	if after[0].Seq != before[0].Seq+1 {
		t.Errorf("the next message is %d, want %d", after[0].Seq, before[0].Seq+1)
	}
}

func TestDirectoryHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	openLog(t, Config{Dir: dir})
	if l, err := Open(t.Context(), Config{Dir: dir, Now: time.Now}); err == nil {
		l.Close()
		t.Fatal("two logs on one directory")
	} else if !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want it to say the directory is in use", err)
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	_, err := Open(t.Context(), Config{Stream: "a.b", Replicas: 3, MaxEvents: live.MaxBatch + 1, Window: -1, MaxBytes: -1, MaxAge: -1, KeepBytes: -1})
	for _, field := range []string{"dir", "stream", "replicas", "max_events", "window", "max_bytes", "max_age", "keep_bytes", "now"} {
		if err == nil || !strings.Contains(err.Error(), ": "+field+": ") {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}
