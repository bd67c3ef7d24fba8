package analytics

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// A person has the views, minutes and deeds that plain lists would have, in
// whatever order they come.
func TestPersonIsThreeLists(t *testing.T) {
	opt := cmp.AllowUnexported(span{}, run{}, deed{})
	rapid.Check(t, func(t *rapid.T) {
		var p person
		var views []span
		var minutes []run
		var deeds []deed
		minute := rapid.Int32Range(0, 200)
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			if rapid.Bool().Draw(t, "alive") {
				m := minute.Draw(t, "minute")
				at := int64(m)*60_000 + rapid.Int64Range(0, 59_999).Draw(t, "ms")
				var grown int64
				views, grown = cover(views, at, watchGap.Milliseconds())
				if got := p.see(at); got != grown {
					t.Fatalf("views grew by %d, want %d", got, grown)
				}
				fresh := !holds(minutes, m)
				minutes, _ = cover(minutes, m, 1)
				if got := p.present(m); got != fresh {
					t.Fatalf("minute %d is new: %t, want %t", m, got, fresh)
				}
				p.did |= didWatch
			} else {
				d := deed{kind: deedKind(rapid.IntRange(0, 3).Draw(t, "kind")), minute: minute.Draw(t, "of") / 50, product: -1, times: 1, sum: rapid.Int64Range(0, 5).Draw(t, "sum")}
				p.remember(&d)
				like := slices.IndexFunc(deeds[max(0, len(deeds)-together):], func(x deed) bool { return x.kind == d.kind && x.minute == d.minute })
				if like >= 0 {
					like += max(0, len(deeds)-together)
					deeds[like].sum += d.sum
					deeds[like].times++
				} else {
					deeds = append(deeds, d)
				}
			}
			var runs []run
			p.runs(func(r run) { runs = append(runs, r) })
			var did []deed
			p.deeds(func(d *deed) { did = append(did, *d) })
			if p.views() != int64(len(views)) || !slices.Equal(runs, minutes) {
				t.Fatalf("%d views and minutes %v, want %d and %v", p.views(), runs, len(views), minutes)
			}
			if diff := cmp.Diff(deeds, did, opt); diff != "" {
				t.Fatalf("deeds (-want +got):\n%s", diff)
			}
		}
	})
}

// Somebody who comes and watches costs little, and does not keep alive the facts
// they were named in.
func TestAPersonIsSmall(t *testing.T) {
	const many = 20_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	f := NewFold(live.Show{ID: "s1", Merchant: "m1", State: live.ShowStateLive, StartedAt: t0})
	for i := range many {
		fact := fmt.Sprintf("%400dviewer-%06d", rand.IntN(9), i)
		e := live.Entry{Event: live.Event{
			Kind: live.RoomEntered, Merchant: "m1", Show: "s1", Person: live.PersonID(fact[400:]), Actor: live.Actor{Role: live.RoleViewer},
			Channel: "direct", ReceivedAt: t0.Add(time.Duration(i) * time.Millisecond),
		}}
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	each := float64(heap()-before) / many
	if n := f.OnlineNow(t0.Add(20 * time.Second)); n != many {
		t.Fatalf("%d are online", n)
	}
	if each > 160 {
		t.Errorf("%.0f bytes for each of %d persons, want at most 160", each, many)
	}
	t.Logf("%.0f bytes each", each)
	runtime.KeepAlive(f)
}
