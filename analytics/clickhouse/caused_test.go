package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestCaused holds the moves a show caused and what it earned referrers against
// the fold, as of any instant.
func TestCaused(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(5, 60)
	rungs := append([]live.Rung{live.RungNone}, live.Rungs...)
	for range 600 {
		w.now = w.now.Add(time.Duration(w.rng.IntN(4000)) * time.Millisecond)
		show := pick(w, w.shows)
		e := live.Event{
			Kind: pick(w, []live.Kind{live.LadderChanged, live.CommissionAccrued, live.CommissionReversed, live.ReferralConverted}), Source: live.SourceSystem,
			Merchant: show.Merchant, Room: show.Room, Show: show.ID, Person: w.person(), Actor: live.Actor{Role: live.RoleSystem}, Rehearsal: w.rng.IntN(20) == 0,
		}
		data := map[string]any{"order_id": pick(w, []string{"a", "b", "c"}), "referrer": pick(w, []string{"ann", "bob"}), "currency": pick(w, currencies), "commission_minor": 1 + w.rng.IntN(900)}
		if e.Kind == live.LadderChanged {
			data = map[string]any{"from": pick(w, rungs), "to": pick(w, rungs)}
			if w.rng.IntN(4) == 0 {
				data["withdrawn"] = true
			}
			if w.rng.IntN(10) == 0 {
				e.Show = ""
			}
		}
		e.Data = mustJSON(data)
		w.append(e)
	}
	fill(t, db, w.entries, nil)
	for _, show := range w.shows {
		for _, asOf := range []time.Time{w.now, w.now.Add(-10 * time.Minute), start.Add(-time.Second)} {
			got, err := db.Figures(t.Context(), show.Merchant, show, asOf)
			if err != nil {
				t.Fatal(err)
			}
			want := folded(t, w, show, asOf)
			if asOf.Equal(w.now) && (len(want.Ladder) < 10 || len(want.Earned) < 4) {
				t.Errorf("the world tries too little: %v %v", want.Ladder, want.Earned)
			}
			if d := cmp.Diff([]any{want.Ladder, want.Earned}, []any{got.Ladder, got.Earned}); d != "" {
				t.Errorf("show %s as of %s: -fold +clickhouse\n%s", show.ID, asOf, d)
			}
			for _, table := range []analytics.Table{analytics.LadderTable(&got), analytics.EarnedTable(&got)} {
				if len(table.Rows) == 0 && asOf.After(start) {
					t.Errorf("show %s as of %s has an empty table", show.ID, asOf)
				}
			}
		}
	}
}
