package clickhouse

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// standingOf is how the facts of one show stand.
func standingOf(t *testing.T, db *DB, m live.MerchantID, show live.ShowID, at time.Time) Standing {
	t.Helper()
	all, err := db.Standings(t.Context(), m, []analytics.ShowAt{{Show: live.Show{ID: show}, At: at}})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

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
			out[key{s.Merchant, s.ID}] = standingOf(t, db, s.Merchant, s.ID, w.now.Add(time.Hour))
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
		}
		before = after
	}
}

// TestTimeAlone: figures of a show that is over are the same as of every two instants
// at which its facts stand alike, but for the instant; and as of each, how the facts
// of many shows stand is what they do one by one.
func TestTimeAlone(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(62, 1200)
	fill(t, db, w.entries, nil)
	compared, moved := 0, 0
	for _, show := range w.shows {
		if show.EndedAt.IsZero() {
			continue
		}
		last := show.EndedAt
		for _, e := range w.entries {
			if e.Event.Show == show.ID && e.Event.Merchant == show.Merchant && e.Event.ReceivedAt.After(last) {
				last = e.Event.ReceivedAt
			}
		}
		after := last.Sub(show.EndedAt)
		was := map[Standing]analytics.Figures{}
		for _, at := range []time.Time{show.EndedAt, show.EndedAt.Add(after / 3), show.EndedAt.Add(after / 2), last, last.Add(time.Hour), last.AddDate(0, 2, 0)} {
			standing := standingOf(t, db, show.Merchant, show.ID, at)
			f, err := db.Figures(t.Context(), show.Merchant, show, at)
			if err != nil {
				t.Fatal(err)
			}
			f.AsOf = time.Time{}
			if early, ok := was[standing]; !ok {
				was[standing] = f
			} else if d := cmp.Diff(early, f); d != "" {
				t.Errorf("show %s: -before +as of %s\n%s", show.ID, at, d)
			} else {
				compared++
			}
		}
		moved += len(was) - 1
	}
	if compared == 0 || moved == 0 {
		t.Errorf("%d times the facts stood alike and %d times not: too few", compared, moved)
	}
	of := map[live.MerchantID][]analytics.ShowAt{}
	for i, show := range w.shows {
		of[show.Merchant] = append(of[show.Merchant], analytics.ShowAt{Show: show, At: w.now.Add(-time.Duration(i) * 7 * time.Minute)})
	}
	for m, shows := range of {
		shows = append(shows, analytics.ShowAt{Show: live.Show{ID: "none", Merchant: m}, At: w.now})
		all, err := db.Standings(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range shows {
			if one := standingOf(t, db, m, s.Show.ID, s.At); one != all[i] {
				t.Errorf("show %s as of %s stands at %+v, among others at %+v", s.Show.ID, s.At, one, all[i])
			}
		}
	}
}
