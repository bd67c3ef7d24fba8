package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

func statuses(receipts []live.Receipt) string {
	var out []string
	for _, r := range receipts {
		s := string(r.Status)
		if r.Err != nil {
			s += "(" + r.Err.Code + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func mustIngest(t testing.TB, w *world, events ...live.Event) []live.Receipt {
	t.Helper()
	receipts, err := w.Ingest.Ingest(context.Background(), live.FromProducer, events)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func TestIdentityIsMerchantSourceAndID(t *testing.T) {
	w := begin(t, nil)
	w.run(t)
	a, b, c, d := liked("a"), liked("a"), liked("a"), liked("b")
	b.Merchant = "m-2"
	c.Source = "crm"
	if got, want := statuses(mustIngest(t, w, a, b, c, d, a)), "accepted accepted accepted accepted duplicate"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	changed := a
	changed.Data = []byte(`{"count":9}`)
	if got := statuses(mustIngest(t, w, changed, b)); got != "duplicate duplicate" {
		t.Errorf("again: %s, want duplicates", got)
	}
	if got := len(w.log.events()); got != 4 {
		t.Errorf("%d events in the log, want 4", got)
	}
	if KeyOf("ab", "c", "d") == KeyOf("a", "bc", "d") {
		t.Error("names that run together have one key")
	}
}

// The three parts of the memory hand a key on without a moment of forgetting.
func TestMemoryIsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		stop := w.run(t)
		mustIngest(t, w, liked("a"))
		time.Sleep(saveEvery)
		synctest.Wait()
		key := KeyOf("m-1", "app", "a")
		if !w.seen.has(key) {
			t.Fatal("the follower has not saved the key")
		}
		w.mu.Lock()
		left := len(w.unsaved) + len(w.claims)
		w.mu.Unlock()
		if left != 0 {
			t.Errorf("%d keys are left in memory after they were saved", left)
		}
		if want := (live.Position{Seq: 2}); w.reader.committed != want {
			t.Errorf("committed %v, want %v", w.reader.committed, want)
		}
		if got := statuses(mustIngest(t, w, liked("a"))); got != "duplicate" {
			t.Errorf("a saved fact again: %s", got)
		}
		stop()

		// Another process with an empty memory of its own.
		other := &world{log: w.log, seen: w.seen, reader: &memoryReader{log: w.log, next: w.reader.committed}}
		other.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: other.reader, Now: func() time.Time { return now }})
		other.run(t)
		if got := statuses(mustIngest(t, other, liked("a"))); got != "duplicate" {
			t.Errorf("after a restart: %s", got)
		}
	})
}

// What comes within a moment is saved together, and what was not saved when the
// process ended is read again.
func TestKeysAreSavedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		stop := w.run(t)
		for n := range 100 {
			mustIngest(t, w, liked(fmt.Sprint("a", n)))
			time.Sleep(10 * time.Millisecond)
		}
		w.seen.mu.Lock()
		saves := w.seen.saves
		w.seen.mu.Unlock()
		if saves < 2 || saves > 6 {
			t.Errorf("100 facts within a second were saved %d times", saves)
		}
		mustIngest(t, w, liked("last"))
		synctest.Wait()
		if w.seen.has(KeyOf("m-1", "app", "last")) {
			t.Fatal("a key was saved alone")
		}
		stop()
		other := &world{log: w.log, seen: w.seen, reader: &memoryReader{log: w.log, next: w.reader.committed}}
		other.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: other.reader, Now: func() time.Time { return now }})
		other.run(t)
		if got := statuses(mustIngest(t, other, liked("last"))); got != "duplicate" {
			t.Errorf("what was not saved is %s after a restart", got)
		}
	})
}

// The follower reads and saves a fact before its append has answered: memory
// must not keep what nobody will take out again.
func TestFollowerIsFasterThanTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(w *world) { w.log.late = make(chan struct{}) })
		w.run(t)
		done := make(chan string, 1)
		go func() {
			receipts, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a")})
			done <- fmt.Sprint(statuses(receipts), err)
		}()
		time.Sleep(saveEvery)
		synctest.Wait()
		if !w.seen.has(KeyOf("m-1", "app", "a")) {
			t.Fatal("the follower has not saved the key")
		}
		close(w.log.late)
		if got := <-done; got != "accepted<nil>" {
			t.Errorf("got %s", got)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if got := len(w.unsaved) + len(w.claims); got != 0 {
			t.Errorf("%d keys are left in memory for ever", got)
		}
	})
}

// A crash between the log and the memory: the log is read before facts are taken.
func TestNothingIsTakenBeforeTheLogIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(w *world) {
			w.log.store([]live.Event{liked("a")}) // durable, never saved
			w.reader.paused = make(chan struct{})
		})
		w.run(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Ingest.Ingest(ctx, live.FromProducer, []live.Event{liked("a")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline", err)
		}
		if err := w.Ready(ctx); err == nil {
			t.Error("ready before the log is read")
		}
		close(w.reader.paused)
		if got := statuses(mustIngest(t, w, liked("a"), liked("b"))); got != "duplicate accepted" {
			t.Errorf("got %s", got)
		}
		if err := w.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestSecondCallerWaitsForTheFirst(t *testing.T) {
	for _, c := range []struct {
		name     string
		fail     bool
		first    string
		second   string
		messages int
	}{
		{"which succeeds", false, "accepted", "duplicate", 1},
		{"which fails", true, errEngine.Error(), "accepted", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := begin(t, func(w *world) {
					w.log.gate = make(chan struct{})
					if c.fail {
						n := 0
						w.log.fail = func() (error, bool) {
							if n++; n == 1 {
								return errEngine, false
							}
							return nil, false
						}
					}
				})
				w.run(t)
				answers := make([]string, 2)
				var wg sync.WaitGroup
				for n := range answers {
					wg.Go(func() {
						receipts, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a")})
						answers[n] = statuses(receipts)
						if err != nil {
							answers[n] = err.Error()
						}
					})
					synctest.Wait() // the first has its claim before the second comes
				}
				if answers[1] != "" {
					t.Fatalf("the second was answered %q before the first was durable", answers[1])
				}
				close(w.log.gate)
				wg.Wait()
				if !strings.Contains(answers[0], c.first) || answers[1] != c.second {
					t.Errorf("answered %q and %q, want %q and %q", answers[0], answers[1], c.first, c.second)
				}
				if got := len(w.log.messages); got != c.messages {
					t.Errorf("%d messages in the log, want %d", got, c.messages)
				}
			})
		})
	}
}

// A producer that hangs up leaves a decided fact behind.
func TestHangingUpDoesNotDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(w *world) { w.log.gate = make(chan struct{}) })
		w.run(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Ingest.Ingest(ctx, live.FromProducer, []live.Event{liked("a")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want a deadline", err)
		}
		again := make(chan string)
		go func() {
			receipts, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a")})
			again <- fmt.Sprint(statuses(receipts), err)
		}()
		synctest.Wait()
		close(w.log.gate)
		if got := <-again; got != "duplicate<nil>" {
			t.Errorf("coming back: %s, want duplicate", got)
		}
	})
}

// The log does not know whether it stored an append: the next try waits until
// the follower has seen for itself.
func TestUnknownOutcome(t *testing.T) {
	for _, stored := range []bool{true, false} {
		t.Run(fmt.Sprintf("stored=%v", stored), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := begin(t, func(w *world) {
					n := 0
					w.log.fail = func() (error, bool) {
						if n++; n == 1 {
							return live.Unavailable("unknown_whether_stored", time.Second, "unknown whether stored"), stored
						}
						return nil, false
					}
				})
				w.run(t)
				if _, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a")}); !errors.Is(err, errUnknown) {
					t.Fatalf("got %v, want unknown", err)
				}
				want := "accepted"
				if stored {
					want = "duplicate"
				}
				if got := statuses(mustIngest(t, w, liked("a"))); got != want {
					t.Errorf("again: %s, want %s", got, want)
				}
				if got := len(w.log.events()); got != 1 {
					t.Errorf("%d events in the log, want 1", got)
				}
			})
		})
	}
}

func TestEnginesThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		stop := w.run(t)
		mustIngest(t, w, liked("before"))
		time.Sleep(saveEvery)
		synctest.Wait()
		w.seen.setFail(errEngine)
		receipts, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("a"), liked("before")})
		if receipts != nil || !errors.Is(err, errEngine) {
			t.Errorf("got %v, %v, want the engine's error for the whole call", receipts, err)
		}
		// Unnamed facts need no memory, but the follower keeps trying to save them.
		mustIngest(t, w, liked(""))
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := (live.Position{Seq: 2}); w.reader.committed != want {
			t.Errorf("committed %v while the memory is away, want %v", w.reader.committed, want)
		}
		w.seen.setFail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := (live.Position{Seq: 3}); w.reader.committed != want {
			t.Errorf("committed %v, want %v", w.reader.committed, want)
		}
		if got := statuses(mustIngest(t, w, liked("a"), liked("before"))); got != "accepted duplicate" {
			t.Errorf("got %s", got)
		}
		if want := now.Add(-Memory); !w.seen.trimmed.Equal(want) {
			t.Errorf("trimmed before %v, want %v", w.seen.trimmed, want)
		}
		stop()
		if _, err := w.Ingest.Ingest(t.Context(), live.FromProducer, []live.Event{liked("late")}); !errors.Is(err, errStopped) {
			t.Errorf("after the end: %v", err)
		}
		if err := w.Ready(t.Context()); err == nil {
			t.Error("ready after the end")
		}
	})
}

func TestRunEndsWhenItsReaderIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(w *world) {
			w.log.store([]live.Event{liked("a")})
			w.reader.lost = true
		})
		if err := w.Run(t.Context()); !errors.Is(err, errReaderLost) {
			t.Errorf("got %v, want the loss of the reader", err)
		}
	})
}

// Whatever many callers retry, overlap and fail at, each identity is in the log
// once when somebody was told accepted or duplicate, and never more than once.
func TestAnyInterleavingYieldsEachIdentityOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		failures := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 12).Draw(rt, "failures")
		w := begin(t, func(w *world) {
			n := 0
			w.log.fail = func() (error, bool) {
				n++
				if n > len(failures) {
					return nil, false
				}
				switch failures[n-1] {
				case 0:
					return errEngine, false
				case 1:
					return live.Unavailable("unknown_whether_stored", 0, "unknown"), true
				case 2:
					return live.Unavailable("unknown_whether_stored", 0, "unknown"), false
				}
				return nil, false
			}
		})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		calls := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 6), 1, 6), 1, 12).Draw(rt, "calls")
		callers := rapid.IntRange(1, 4).Draw(rt, "callers")
		var mu sync.Mutex
		accepted, known := map[live.EventID]int{}, map[live.EventID]bool{}
		var wg sync.WaitGroup
		for caller := range callers {
			wg.Go(func() {
				for n := caller; n < len(calls); n += callers {
					var events []live.Event
					for _, id := range calls[n] {
						events = append(events, liked(fmt.Sprintf("id-%d", id)))
					}
					for { // a producer tries until it is answered
						receipts, err := w.Ingest.Ingest(ctx, live.FromProducer, events)
						if err != nil {
							continue
						}
						mu.Lock()
						for _, r := range receipts {
							known[r.EventID] = true
							if r.Status == live.Accepted {
								accepted[r.EventID]++
							}
						}
						mu.Unlock()
						break
					}
				}
			})
		}
		wg.Wait()
		cancel()
		if err := <-ended; err != nil {
			rt.Fatal(err)
		}
		times := map[live.EventID]int{}
		for _, e := range w.log.events() {
			times[e.ID]++
		}
		for id, n := range times {
			if n != 1 {
				rt.Errorf("%s is in the log %d times", id, n)
			}
		}
		for id := range known {
			if times[id] != 1 || accepted[id] > 1 {
				rt.Errorf("%s was answered, is in the log %d times and was accepted %d times", id, times[id], accepted[id])
			}
		}
	})
}
