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

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
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

func TestAcceptedFactIsCompleted(t *testing.T) {
	w := begin(t, nil)
	w.run(t)
	early := liked("early")
	early.OccurredAt = now.Add(-time.Hour).In(time.FixedZone("", 8*3600)).Add(999 * time.Microsecond)
	future := liked("future")
	future.OccurredAt = now.Add(time.Hour)
	unnamed := comment("")
	receipts := mustIngest(t, w, comment("c"), early, future, unnamed)
	if got, want := statuses(receipts), "accepted accepted accepted accepted"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	got := w.log.events()
	for n, want := range []time.Time{now, now.Add(-time.Hour), now, now} {
		if !got[n].OccurredAt.Equal(want) || got[n].OccurredAt.Location() != time.UTC || !got[n].ReceivedAt.Equal(now) {
			t.Errorf("event %d occurred %v, received %v, want %v and %v", n, got[n].OccurredAt, got[n].ReceivedAt, want, now)
		}
		if got[n].ID != receipts[n].EventID {
			t.Errorf("event %d is %q in the log, its receipt says %q", n, got[n].ID, receipts[n].EventID)
		}
	}
	if got, want := string(got[0].Data), `{"comment_id":"c","text":"hi"}`; got != want {
		t.Errorf("data of the comment is %s, want %s", got, want)
	}
	if id := string(got[3].ID); len(id) != 36 || id[14] != '7' || !strings.Contains(string(got[3].Data), id) {
		t.Errorf("the unnamed comment became %s with %s, want a UUIDv7 in both", id, got[3].Data)
	}
	if again := mustIngest(t, w, unnamed); again[0].Status != live.Accepted {
		t.Errorf("an unnamed fact again: %s, want accepted", statuses(again))
	}
}

func TestCommentID(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{`{"text":"a<b"}`, `{"comment_id":"x","text":"a<b"}`},
		{` { "text" : "a" } `, `{"comment_id":"x", "text" : "a" }`},
		{`{}`, `{"comment_id":"x"}`},
		{`{"comment_id":"own","text":"a"}`, `{"comment_id":"own","text":"a"}`},
		{`{"comment_id":null,"text":"<3"}`, `{"comment_id":"x","text":"<3"}`},
	} {
		got, err := withCommentID([]byte(c.data), "x")
		if err != nil || string(got) != c.want {
			t.Errorf("%s became %s, %v, want %s", c.data, got, err, c.want)
		}
	}
}

func TestRejections(t *testing.T) {
	reg := prometheus.NewRegistry()
	w := begin(t, nil)
	w.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: w.reader, Now: func() time.Time { return now }, Registerer: reg})
	w.run(t)
	for _, c := range []struct {
		name, code, field string
		door              live.Origin
		edit              func(e *live.Event)
	}{
		{"unknown kind", "unknown_type", "type", live.FromProducer, func(e *live.Event) { e.Kind = "danced" }},
		{"kind of another door", "type_not_allowed", "type", live.FromViewer, func(e *live.Event) { e.Kind, e.Data = live.RoomEntered, nil }},
		{"order fact", "type_not_allowed", "type", live.FromSystem | live.FromProducer, func(e *live.Event) { e.Kind, e.Data = live.OrderPaid, nil }},
		{"bad id", "invalid_field", "event_id", live.FromProducer, func(e *live.Event) { e.ID = "a b" }},
		{"long id", "invalid_field", "event_id", live.FromProducer, func(e *live.Event) { e.ID = live.EventID(strings.Repeat("x", 129)) }},
		{"no merchant", "invalid_field", "merchant_id", live.FromProducer, func(e *live.Event) { e.Merchant = "" }},
		{"bad room", "invalid_field", "room_id", live.FromProducer, func(e *live.Event) { e.Room = "房间" }},
		{"bad show", "invalid_field", "show_id", live.FromProducer, func(e *live.Event) { e.Show = "/" }},
		{"bad person", "invalid_field", "person_id", live.FromProducer, func(e *live.Event) { e.Person = "\n" }},
		{"bad actor", "invalid_field", "actor.id", live.FromProducer, func(e *live.Event) { e.Actor.ID = "?" }},
		{"no source", "invalid_field", "source", live.FromProducer, func(e *live.Event) { e.Source = "" }},
		{"source of the system", "reserved_source", "source", live.FromProducer, func(e *live.Event) { e.Source = "system" }},
		{"source of a viewer", "reserved_source", "source", live.FromProducer, func(e *live.Event) { e.Source = "ws:v-1" }},
		{"role of the system", "invalid_field", "actor.role", live.FromProducer, func(e *live.Event) { e.Actor.Role = live.RoleSystem }},
		{"unknown role", "invalid_field", "actor.role", live.FromProducer, func(e *live.Event) { e.Actor.Role = "king" }},
		{"unprintable name", "invalid_field", "actor.name", live.FromProducer, func(e *live.Event) { e.Actor.Name = "a\x00" }},
		{"long channel", "invalid_field", "channel", live.FromProducer, func(e *live.Event) { e.Channel = strings.Repeat("c", 129) }},
		{"unprintable campaign", "invalid_field", "campaign", live.FromProducer, func(e *live.Event) { e.Campaign = "a\u202eb" }},
		{"unknown stage", "invalid_field", "stage", live.FromProducer, func(e *live.Event) { e.Stage = "later" }},
		{"bad data", "invalid_field", "data.text", live.FromProducer, func(e *live.Event) { e.Data = []byte(`{"text":7}`) }},
		{"no object", "malformed_json", "data", live.FromProducer, func(e *live.Event) { e.Data = []byte(`[]`) }},
		{"bad UTF-8", "malformed_json", "data", live.FromProducer, func(e *live.Event) { e.Data = []byte("{\"text\":\"\xff\"}") }},
		{"large data", "data_too_large", "data", live.FromProducer, func(e *live.Event) { e.Data = make([]byte, live.MaxEventData+1) }},
		{"too old", "too_old", "occurred_at", live.FromProducer, func(e *live.Event) { e.OccurredAt = now.Add(-live.MaxEventAge - time.Millisecond) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := comment("bad")
			c.edit(&e)
			good := liked("good-" + strings.ReplaceAll(c.name, " ", "-"))
			receipts, err := w.Ingest.Ingest(t.Context(), c.door, []live.Event{e, good})
			if err != nil {
				t.Fatal(err)
			}
			r := receipts[0]
			if r.Status != live.Rejected || r.Err == nil || r.Err.Code != c.code || r.Err.Field != c.field {
				t.Errorf("got %s %v, want %s at %s", r.Status, r.Err, c.code, c.field)
			}
			if r.EventID != e.ID {
				t.Errorf("the receipt names %q, the fact is %q", r.EventID, e.ID)
			}
			if receipts[1].Status != live.Accepted {
				t.Errorf("the good fact beside it: %s", statuses(receipts[1:]))
			}
		})
	}
	edge := liked("edge")
	edge.OccurredAt = now.Add(-live.MaxEventAge)
	if got := mustIngest(t, w, edge); got[0].Status != live.Accepted {
		t.Errorf("a fact of exactly the oldest age: %s", statuses(got))
	}
	if _, err := w.Ingest.Ingest(t.Context(), live.FromProducer, make([]live.Event, MaxCall+1)); !errors.Is(err, &live.Error{Code: "too_many_events"}) {
		t.Errorf("a call of too many: %v", err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "showrunner_ingest_")
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			got[name] = m.GetCounter().GetValue()
		}
	}
	want := map[string]float64{
		"accepted_total": 25, "duplicates_total": 0,
		"rejected_total unknown_type": 1, "rejected_total type_not_allowed": 2, "rejected_total reserved_source": 2,
		"rejected_total invalid_field": 15, "rejected_total malformed_json": 2, "rejected_total data_too_large": 1, "rejected_total too_old": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestDoorsAndSources(t *testing.T) {
	w := begin(t, nil)
	w.run(t)
	for _, c := range []struct {
		door   live.Origin
		kind   live.Kind
		source string
		role   live.Role
		want   live.ReceiptStatus
	}{
		{live.FromViewer, live.Followed, "ws:" + strings.Repeat("v", live.MaxIDLen), live.RoleViewer, live.Accepted},
		{live.FromViewer, live.Followed, "ws:", live.RoleViewer, live.Rejected},
		{live.FromSystem, live.RoomEntered, "ws:v-1", live.RoleViewer, live.Accepted},
		{live.FromSystem, live.ShowStarted, "system", live.RoleSystem, live.Accepted},
		{live.FromProducer, live.RoomEntered, "douyin", live.RoleViewer, live.Accepted},
		{live.FromProducer, live.ShowStarted, "douyin", live.RoleViewer, live.Rejected},
	} {
		e := comment("")
		e.Kind, e.Source, e.Actor.Role, e.Data = c.kind, c.source, c.role, nil
		receipts, err := w.Ingest.Ingest(t.Context(), c.door, []live.Event{e})
		if err != nil || receipts[0].Status != c.want {
			t.Errorf("%s by %s of %s: %s, %v, want %s", c.kind, c.role, c.source, statuses(receipts), err, c.want)
		}
	}
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
		w := begin(t, func(w *world) { w.seen.setFail(nil) })
		stop := w.run(t)
		w.seen.setFail(nil)
		mustIngest(t, w, liked("a"))
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
