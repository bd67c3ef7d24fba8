package wall

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/analytics"
	"showrunner/live"
)

// news is a frame as a client of changes reads it.
type news struct {
	Tick  int64
	Whole bool
	Rooms []map[string]any
	Gone  []string
}

// shot is a snapshot of a show with so many viewers.
func shot(t interface{ Fatal(...any) }, id int, at time.Time, viewers int, over bool) analytics.Snapshot {
	show := live.Show{
		ID: live.ShowID(fmt.Sprintf("s%03d", id)), Room: live.RoomID(fmt.Sprintf("r%03d", id)), Merchant: live.MerchantID(fmt.Sprint("m", id%2)), Currency: "CNY",
		State: live.ShowStateLive, StartedAt: at.Add(-time.Hour),
	}
	if over {
		show.State, show.EndedAt = live.ShowStateEnded, at
	}
	fold := analytics.NewFold(show)
	for n := range viewers {
		e := live.Event{
			ID: live.EventID(fmt.Sprint(id, "-", n)), Kind: live.RoomEntered, Merchant: show.Merchant, Show: show.ID, Room: show.Room, Person: live.PersonID(fmt.Sprint("p", n)),
			Actor: live.Actor{Role: live.RoleViewer}, OccurredAt: at.Add(-time.Second), ReceivedAt: at.Add(-time.Second),
		}
		if err := fold.Add(live.Entry{Position: live.Position{Seq: uint64(n + 1)}, Event: e}); err != nil {
			t.Fatal(err)
		}
	}
	f := fold.Figures(at)
	online, _ := fold.Online(at)
	return analytics.SnapshotOf(show, &f, online, at, 0, true)
}

// TestChangesMakeTheWhole: whoever joins the news of each frame has the cards of
// the whole one, whatever frames they left out and however often they ask.
func TestChangesMakeTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New(Config{OnAir: onAir})
		at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
		ask := func(q Question) (f news) {
			got, err := w.Frame(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(got.Body, &f); err != nil {
				t.Fatalf("%v: %s", err, got.Body)
			}
			return f
		}
		type watcher struct {
			q    Question
			have map[string]map[string]any
		}
		watchers := []*watcher{{q: Question{Merchant: "m0", Changes: true}}, {q: Question{Merchant: "m0", Money: true, Changes: true}}, {q: Question{Merchant: "m0", Changes: true, Rooms: []live.RoomID{"r000", "r004"}}}}
		viewers := map[int]int{}
		over := map[int]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "ticks") {
			at = at.Add(time.Second)
			id := rapid.IntRange(0, 6).Draw(t, "show")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				viewers[id]++
			case 1:
				over[id] = !over[id]
			}
			if rapid.Bool().Draw(t, "half way") {
				w.Change(at, []analytics.Snapshot{shot(t, id, at, viewers[id], over[id])})
			} else {
				var all []analytics.Snapshot
				for i := range 7 {
					all = append(all, shot(t, i, at, viewers[i], over[i]))
				}
				w.Tick(at, all)
			}
			x := watchers[rapid.IntRange(0, len(watchers)-1).Draw(t, "watcher")]
			f := ask(x.q)
			if f.Whole || x.have == nil {
				if !f.Whole || len(f.Gone) > 0 {
					t.Fatalf("after %d: %+v", x.q.After, f)
				}
				x.have = map[string]map[string]any{}
			}
			for _, show := range f.Gone {
				delete(x.have, show)
			}
			for _, r := range f.Rooms {
				x.have[r["show_id"].(string)] = r
			}
			x.q.After = f.Tick
			q := x.q
			q.Changes = false
			whole := map[string]map[string]any{}
			for _, r := range ask(q).Rooms {
				whole[r["show_id"].(string)] = r
			}
			for _, rooms := range []map[string]map[string]any{whole, x.have} {
				for id, r := range rooms {
					r = maps.Clone(r)
					delete(r, "at")
					rooms[id] = r
				}
			}
			if !reflect.DeepEqual(x.have, whole) {
				t.Fatalf("joined:\n%v\nwhole:\n%v", x.have, whole)
			}
		}
	})
}

// TestNewsAreSmall: rooms in which nothing happened are not told again, though
// every tick has a snapshot of each; and a frame that nobody knows is whole.
func TestNewsAreSmall(t *testing.T) {
	w := New(Config{OnAir: onAir})
	at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	tick := func(viewers int) {
		at = at.Add(time.Second)
		w.Tick(at, []analytics.Snapshot{shot(t, 0, at, 1, false), shot(t, 2, at, viewers, false)})
	}
	ask := func(after int64) (f news) {
		t.Helper()
		got, err := w.Frame(t.Context(), Question{Merchant: "m0", Changes: true, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got.Body, &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	tick(1)
	first := ask(0)
	if !first.Whole || len(first.Rooms) != 2 {
		t.Fatalf("the first frame is %+v", first)
	}
	tick(1)
	same := ask(first.Tick)
	if same.Whole || len(same.Rooms) != 0 || same.Tick <= first.Tick {
		t.Errorf("nothing happened, and the frame is %+v", same)
	}
	tick(3)
	if f := ask(same.Tick); f.Whole || len(f.Rooms) != 1 || f.Rooms[0]["room_id"] != "r002" {
		t.Errorf("something happened in r002, and the frame is %+v", f)
	}
	if f := ask(first.Tick); f.Whole || len(f.Rooms) != 1 {
		t.Errorf("for who left a frame out it is %+v", f)
	}
	if f := ask(first.Tick - 1); !f.Whole || len(f.Rooms) != 2 {
		t.Errorf("after a frame that was never made it is %+v", f)
	}
	behind := shot(t, 0, at, 1, false)
	behind.LagMS = late + 1
	w.Change(at.Add(time.Millisecond), []analytics.Snapshot{behind})
	f := ask(same.Tick)
	if len(f.Rooms) != 2 {
		t.Errorf("a room whose figures stay behind is not told: %+v", f)
	}
	w.Change(at.Add(2*time.Millisecond), []analytics.Snapshot{shot(t, 0, at, 1, true)})
	before := f.Tick
	if f := ask(before); len(f.Rooms) != 0 || len(f.Gone) != 1 || f.Gone[0] != "s000" {
		t.Errorf("s000 is over, and the frame is %+v", f)
	}
	got, err := w.Frame(t.Context(), Question{Merchant: "m0", Changes: true, After: before, Rooms: []live.RoomID{"r002"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Body, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Gone) != 0 {
		t.Errorf("who does not see r000 is told that %v is gone", f.Gone)
	}
}

// TestWatched: changes half way are for who looks.
func TestWatched(t *testing.T) {
	w := New(Config{OnAir: onAir})
	at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	if w.Watched() {
		t.Error("watched before anybody asked")
	}
	if _, err := w.Frame(t.Context(), Question{Merchant: "m0"}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if got := w.Watched(); got != want {
			t.Errorf("after %d ticks watched is %t", i, got)
		}
		w.Tick(at.Add(time.Duration(i)*time.Second), nil)
	}
}
