package clickhouse

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestFiguresOf: a table made of the parts it needs is the one made of everything,
// and the one that the fold of the log makes.
func TestFiguresOf(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(53, 900)
	fill(t, db, w.entries, nil)
	tables := map[analytics.Part]func(live.Show, *analytics.Figures) []analytics.Table{
		analytics.PartMinutes: func(s live.Show, f *analytics.Figures) []analytics.Table {
			points, err := analytics.Timeline(s, f, nil)
			if err != nil {
				t.Fatal(err)
			}
			return []analytics.Table{points, analytics.CommandsTable(f)}
		},
		analytics.PartFunnel: func(_ live.Show, f *analytics.Figures) []analytics.Table {
			return []analytics.Table{analytics.FunnelTable(f)}
		},
		analytics.PartProducts: func(s live.Show, f *analytics.Figures) []analytics.Table {
			return []analytics.Table{analytics.ProductTable(f, s.Currency)}
		},
		analytics.PartSources: func(s live.Show, f *analytics.Figures) []analytics.Table {
			return []analytics.Table{analytics.SourceTable(f, s.Currency)}
		},
		analytics.PartHosts: func(s live.Show, f *analytics.Figures) []analytics.Table {
			return []analytics.Table{analytics.HostTable(f, s.Currency)}
		},
	}
	text := func(tables []analytics.Table) string {
		raw, err := json.MarshalIndent(tables, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	rows := 0
	for _, show := range w.shows {
		for _, asOf := range []time.Time{w.now, start.Add(95 * time.Minute), start.Add(-time.Second)} {
			all := folded(t, w, show, asOf)
			for part, of := range tables {
				got, err := db.FiguresOf(t.Context(), show.Merchant, show, asOf, part)
				if err != nil {
					t.Fatal(err)
				}
				want := text(of(show, &all))
				rows += len(want)
				if d := cmp.Diff(want, text(of(show, &got))); d != "" {
					t.Errorf("show %s as of %s, part %d: -fold +clickhouse\n%s", show.ID, asOf, part, d)
				}
			}
		}
	}
	if rows < 10_000 {
		t.Errorf("the tables are %d bytes: nothing was compared", rows)
	}
}
