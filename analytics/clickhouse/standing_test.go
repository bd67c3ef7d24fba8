package clickhouse

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestStanding: how the facts of a show stand follows every fact of it, told in one
// range or another, and no fact of another show.
func TestStanding(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(61, 600)
	type key struct {
		merchant live.MerchantID
		show     live.ShowID
	}
	stand := func() map[key]Standing {
		out := map[key]Standing{}
		for _, s := range w.shows {
			got, err := db.StandingOf(t.Context(), s.Merchant, s.ID)
			if err != nil {
				t.Fatal(err)
			}
			out[key{s.Merchant, s.ID}] = got
		}
		return out
	}
	before := stand()
	for k, s := range before {
		if s != (Standing{}) {
			t.Errorf("%v stands at %+v before any fact", k, s)
		}
	}
	for _, part := range [][2]int{{0, len(w.entries) / 2}, {len(w.entries) / 2, len(w.entries)}} {
		want := maps.Clone(before)
		moved := map[key]bool{}
		span := newSpan(nil)
		for i := part[0]; i < part[1]; i++ {
			e := &w.entries[i]
			span.add(e)
			k := key{e.Event.Merchant, e.Event.Show}
			s := want[k]
			s.Events.Rows++
			s.Events.Latest = max(s.Events.Latest, e.Event.ReceivedAt.UnixMilli())
			if live.OrderFactKind(e.Event.Kind) {
				deltas, err := live.DecodeDeltas(e.Event.Data)
				if err != nil {
					t.Fatal(err)
				}
				s.Deltas.Rows += int64(len(deltas))
			}
			want[k], moved[k] = s, true
		}
		for _, b := range span.blocks() {
			if err := db.insert(t.Context(), b, "t"+b.table+string(rune('a'+part[0]%26))); err != nil {
				t.Fatal(err)
			}
		}
		after := stand()
		for k, got := range after {
			if got.Events.Rows != want[k].Events.Rows || got.Events.Latest != want[k].Events.Latest || got.Deltas.Rows != want[k].Deltas.Rows {
				t.Errorf("%v stands at %+v, want %+v", k, got, want[k])
			}
			if changed := got != before[k]; changed != moved[k] {
				t.Errorf("%v: changed is %v, want %v", k, changed, moved[k])
			}
			if got.Latest() < got.Events.Latest || got.Latest() < got.Deltas.Latest {
				t.Errorf("%v: latest is %d of %+v", k, got.Latest(), got)
			}
		}
		before = after
	}
}

// TestTimeAlone: figures of a show that is over are the same as of every instant
// from its last fact on, but for that instant.
func TestTimeAlone(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(62, 1200)
	fill(t, db, w.entries, nil)
	over := 0
	for _, show := range w.shows {
		standing, err := db.StandingOf(t.Context(), show.Merchant, show.ID)
		if err != nil {
			t.Fatal(err)
		}
		first := time.UnixMilli(max(standing.Latest(), show.EndedAt.UnixMilli())).UTC()
		if show.EndedAt.IsZero() {
			continue
		}
		over++
		early, err := db.Figures(t.Context(), show.Merchant, show, first)
		if err != nil {
			t.Fatal(err)
		}
		late, err := db.Figures(t.Context(), show.Merchant, show, first.AddDate(0, 2, 0))
		if err != nil {
			t.Fatal(err)
		}
		early.AsOf = late.AsOf
		if d := cmp.Diff(early, late); d != "" {
			t.Errorf("show %s: -at its last fact +two months later\n%s", show.ID, d)
		}
	}
	if over == 0 {
		t.Error("no show was over: nothing was compared")
	}
}
