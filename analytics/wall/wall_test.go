package wall

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/live"
)

// snapshots are shows of merchants on air, and one that is over.
func snapshots(t *testing.T, at time.Time, rooms int) []analytics.Snapshot {
	t.Helper()
	var out []analytics.Snapshot
	for i := range rooms {
		show := live.Show{
			ID: live.ShowID(fmt.Sprintf("s%03d", i)), Room: live.RoomID(fmt.Sprintf("r%03d", i)), Merchant: live.MerchantID(fmt.Sprint("m", i%2)), Currency: "CNY",
			State: live.ShowStateLive, StartedAt: at.Add(-time.Hour),
		}
		if i == rooms-1 {
			show.State, show.EndedAt = live.ShowStateEnded, at
		}
		fold := analytics.NewFold(show)
		for n := range i + 1 {
			e := live.Event{
				ID: live.EventID(fmt.Sprint(i, "-", n)), Kind: live.RoomEntered, Merchant: show.Merchant, Show: show.ID, Room: show.Room, Person: live.PersonID(fmt.Sprint("p", n)),
				Actor: live.Actor{Role: live.RoleViewer}, OccurredAt: at, ReceivedAt: at,
			}
			if err := fold.Add(live.Entry{Position: live.Position{Seq: uint64(n + 1)}, Event: e}); err != nil {
				t.Fatal(err)
			}
		}
		f := fold.Figures(at)
		online, _ := fold.Online(at)
		out = append(out, analytics.SnapshotOf(show, &f, online, at, 0, true))
	}
	return out
}

func onAir(room live.RoomID) (live.Show, bool) {
	return live.Show{ID: "s" + live.ShowID(room[1:]), Room: room, Title: "Show of " + string(room), StartedAt: time.Unix(1000, 0)}, true
}

type frame struct {
	Tick  int64
	At    time.Time
	Rooms []struct {
		Room    string `json:"room_id"`
		Title   string
		Metrics map[string]any
	}
}

func read(t *testing.T, f Frame) frame {
	t.Helper()
	var x frame
	if err := json.Unmarshal(f.Body, &x); err != nil {
		t.Fatalf("%v: %s", err, f.Body)
	}
	if x.Tick != f.Tick {
		t.Errorf("the frame says tick %d and is %d", x.Tick, f.Tick)
	}
	return x
}

func TestFrame(t *testing.T) {
	at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	w := New(Config{OnAir: onAir, Registerer: prometheus.NewRegistry()})
	ask := func(q Question) frame {
		t.Helper()
		f, err := w.Frame(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return read(t, f)
	}
	if f := ask(Question{Merchant: "m0"}); f.Tick != 0 || len(f.Rooms) != 0 {
		t.Errorf("before the first tick: %+v", f)
	}
	w.Tick(at, snapshots(t, at, 6)) // r000, r002 and r004 are of m0; r001 and r003 of m1, and r005, which is over
	f := ask(Question{Merchant: "m0", Money: true})
	if len(f.Rooms) != 3 || f.Rooms[0].Room != "r000" || f.Rooms[2].Room != "r004" || f.Rooms[2].Title != "Show of r004" || !f.At.Equal(at) {
		t.Errorf("m0 sees %+v", f)
	}
	if got := f.Rooms[2].Metrics["online_now"]; got != 5.0 {
		t.Errorf("r004 has %v online, want 5", got)
	}
	if _, ok := f.Rooms[0].Metrics["gmv_paid_minor"]; !ok {
		t.Errorf("no money in %v", f.Rooms[0].Metrics)
	}
	if f := ask(Question{Merchant: "m1"}); len(f.Rooms) != 2 {
		t.Errorf("m1 sees %+v", f)
	} else if m := f.Rooms[0].Metrics; m["gmv_paid_minor"] != nil || m["gpm_watch_minor"] != nil || m["orders_paid"] != 0.0 {
		t.Errorf("without money: %v", m)
	}
	if f := ask(Question{Merchant: "m0", Rooms: []live.RoomID{"r004", "r001"}}); len(f.Rooms) != 1 || f.Rooms[0].Room != "r004" {
		t.Errorf("limited to rooms: %+v", f)
	}
	if f := ask(Question{Merchant: "m0", Rooms: []live.RoomID{}}); len(f.Rooms) != 0 {
		t.Errorf("limited to none: %+v", f)
	}
	if f := ask(Question{Merchant: "m2"}); len(f.Rooms) != 0 {
		t.Errorf("m2 sees %+v", f)
	}
	for _, key := range Keys {
		if _, ok := analytics.Lookup(key); !ok {
			t.Errorf("%s is no metric", key)
		}
	}
	before := ask(Question{Merchant: "m0"}).Tick
	w.Tick(at.Add(-time.Hour), nil) // The clock was put back.
	if f := ask(Question{Merchant: "m0"}); f.Tick <= before || len(f.Rooms) != 0 {
		t.Errorf("after the clock was put back: %+v", f)
	}
}

// count reads a counter.
func count(t *testing.T, reg *prometheus.Registry, name string) int {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return int(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// TestWatchersCostNothing: ten ticks take ten passes over the rooms, whether one
// watches or fifty; and each of them gets every frame, with the same bytes.
func TestWatchersCostNothing(t *testing.T) {
	passes := func(watchers int) (made int, frames map[int64]int) {
		frames = map[int64]int{}
		synctest.Test(t, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			w := New(Config{OnAir: onAir, Registerer: reg})
			at := time.Now()
			all := snapshots(t, at, 8)
			w.Tick(at, all)
			var mu sync.Mutex
			bodies := map[int64]*byte{}
			var watching sync.WaitGroup
			for range watchers {
				watching.Go(func() {
					after := int64(0)
					for range 10 {
						f, err := w.Frame(t.Context(), Question{Merchant: "m0", Money: true, After: after, Wait: time.Minute})
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						frames[f.Tick]++
						if b := bodies[f.Tick]; b != nil && b != &f.Body[0] {
							t.Error("a frame was made twice")
						}
						bodies[f.Tick] = &f.Body[0]
						mu.Unlock()
						after = f.Tick
					}
				})
			}
			for i := 1; i < 10; i++ {
				time.Sleep(time.Second)
				synctest.Wait()
				w.Tick(at.Add(time.Duration(i)*time.Second), all)
			}
			watching.Wait()
			made = count(t, reg, "showrunner_wall_passes_total")
			if given := count(t, reg, "showrunner_wall_frames_total"); given != 10*watchers {
				t.Errorf("%d frames given to %d watchers of ten ticks", given, watchers)
			}
		})
		return made, frames
	}
	one, _ := passes(1)
	fifty, frames := passes(50)
	if one != 10 || fifty != one {
		t.Errorf("ten ticks took %d passes for one watcher and %d for fifty, want 10 and 10", one, fifty)
	}
	if len(frames) != 10 {
		t.Errorf("fifty watchers saw %d frames, want 10", len(frames))
	}
	for n, of := range frames {
		if of != 50 {
			t.Errorf("frame %d reached %d of 50", n, of)
		}
	}
}

// TestPatience: who waits longer than the wall is silent gets the frame there is.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{OnAir: onAir})
		w.Tick(time.Now(), nil)
		first, err := w.Frame(t.Context(), Question{Merchant: "m0"})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		again, err := w.Frame(t.Context(), Question{Merchant: "m0", After: first.Tick, Wait: 3 * time.Second})
		if err != nil || again.Tick != first.Tick || time.Since(began) != 3*time.Second {
			t.Errorf("got frame %d after %v, %v", again.Tick, time.Since(began), err)
		}
	})
}
