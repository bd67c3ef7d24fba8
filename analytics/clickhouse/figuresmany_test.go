package clickhouse

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestMetrics: many shows counted together are the same shows counted one by one,
// each as of its own instant, however many of them share a question.
func TestMetrics(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(61, 2400)
	fill(t, db, w.entries, func(c *SinkConfig) { c.MaxRows = 700 })
	nobody, rehearsal, coming := w.shows[0], w.shows[1], w.shows[0]
	nobody.ID, rehearsal.ID, rehearsal.Rehearsal = "nobody", "rehearsal", true
	coming.ID, coming.StartedAt, coming.EndedAt = "coming", time.Time{}, time.Time{}
	instants := []time.Time{w.now, start.Add(95 * time.Minute), start.Add(26 * time.Hour), start.Add(-time.Second), start.Add(40*time.Minute + 7*time.Millisecond)}
	told := map[string]int{}
	for _, m := range []live.MerchantID{"m1", "m2"} {
		shows := append(slices.DeleteFunc(slices.Clone(w.shows), func(s live.Show) bool { return s.Merchant != m }), nobody, rehearsal, coming)
		sideBySide(t, db, shows, instants, told)
	}
	// Records have what no invention has: what the shows caused.
	db = migrated(t, server.URL())
	r, later := recordShow(8), recordShow(9)
	fill(t, db, append(r.entries, later.again("rec2")...), nil)
	sideBySide(t, db, []live.Show{r.show, later.show, nobody}, []time.Time{r.now, start.Add(20 * time.Minute)}, told)
	for _, what := range []string{"bots", "currencies", "gifts", "out of sight", "takers", "given", "moves", "nothing"} {
		if told[what] == 0 {
			t.Errorf("no show has %s: %v", what, told)
		}
	}
	if got, err := db.Metrics(t.Context(), "m1", nil); err != nil || len(got) != 0 {
		t.Errorf("metrics of no show are %+v, %v", got, err)
	}
}

// sideBySide counts shows one by one and together, in turn as of the instants.
func sideBySide(t *testing.T, db *DB, shows []live.Show, instants []time.Time, told map[string]int) {
	t.Helper()
	m := shows[0].Merchant
	for turn := range instants {
		var at []analytics.ShowAt
		var want []analytics.Figures
		for i, show := range shows {
			s := analytics.ShowAt{Show: show, At: instants[(turn+2*i)%len(instants)]}
			f, err := db.FiguresOf(t.Context(), m, s.Show, s.At, analytics.PartMetrics)
			if err != nil {
				t.Fatal(err)
			}
			tell(told, &f)
			f.Minutes = nil
			at, want = append(at, s), append(want, f)
		}
		for _, most := range []int64{factsAtOnce, 900, 1} {
			got, err := db.metrics(t.Context(), m, at, most)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("shows of %s, turn %d, at most %d facts: -one by one +together\n%s", m, turn, most, d)
			}
		}
	}
}

// again makes the record one of another show, later in the log.
func (r *record) again(show live.ShowID) []live.Entry {
	was := r.show.ID
	r.show.ID = show
	for i := range r.entries {
		e := &r.entries[i]
		e.Position.Seq += 10_000
		e.Event.ID, e.Event.Show = "again-"+e.Event.ID, show
		e.Event.Data = bytes.ReplaceAll(e.Event.Data, mustJSON(was), mustJSON(show))
	}
	return r.entries
}

// tell notes what figures tell of.
func tell(told map[string]int, f *analytics.Figures) {
	for what, is := range map[string]bool{
		"bots": f.Bots > 0 && f.Raw != f.Traffic, "currencies": len(f.Money) > 1, "gifts": f.Traffic.GiftValue > 0, "out of sight": f.Traffic.CommentShown < f.Traffic.CommentPV,
		"takers": f.Traffic.DrawEntries > 0 && f.Traffic.CouponClaimUV > 0, "given": len(f.Benefits.Money) > 1, "moves": len(f.Ladder) > 0, "nothing": f.Raw == analytics.Traffic{MinutesOnAir: f.Raw.MinutesOnAir, ClockMinutes: f.Raw.ClockMinutes},
	} {
		if is {
			told[what]++
		}
	}
}
