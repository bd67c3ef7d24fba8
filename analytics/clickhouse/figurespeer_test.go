package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
)

// TestMetricsOf: what everything counted of a show says of its metrics is what they are
// counted by themselves, so that one serves for the other.
func TestMetricsOf(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w, r := play(67, 1500), recordShow(8)
	for i := range r.entries {
		r.entries[i].Position.Seq += w.entries[len(w.entries)-1].Position.Seq + 10
	}
	fill(t, db, append(w.entries, r.entries...), nil)
	compared := 0
	for _, show := range append(w.shows, r.show) {
		for _, asOf := range []time.Time{w.now, start.Add(26 * time.Hour), start.Add(40 * time.Minute)} {
			all, err := db.Figures(t.Context(), show.Merchant, show, asOf)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := db.Metrics(t.Context(), show.Merchant, []analytics.ShowAt{{Show: show, At: asOf}})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(alone[0], analytics.MetricsOf(all)); d != "" {
				t.Errorf("show %s as of %s: -alone +of everything\n%s", show.ID, asOf, d)
			}
			compared += len(all.Money)
		}
	}
	if compared == 0 {
		t.Error("no show has money")
	}
}
