package clickhouse

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestRename: everybody who was in two shows is given another name, one of them
// with a crash in the middle. Every figure stays, rollups are what the facts
// say, and nothing has an old name or what they wrote.
func TestRename(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(23, 2500)
	fill(t, db, w.entries, nil)
	ctx := t.Context()
	figures := func() (out []analytics.Figures) {
		for _, show := range w.shows {
			for _, asOf := range []time.Time{w.now, start.Add(95 * time.Minute)} {
				f, err := db.Figures(ctx, show.Merchant, show, asOf)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, f)
			}
		}
		return out
	}
	before := figures()
	var people []live.PersonID
	seen := map[live.PersonID]bool{}
	for _, e := range w.entries {
		if p := e.Event.Person; e.Event.Merchant == w.shows[0].Merchant && p != "" && !seen[p] && len(people) < 4 {
			seen[p] = true
			people = append(people, p)
		}
	}
	for i, old := range people {
		r := Renaming{Merchant: w.shows[0].Merchant, Old: old, New: live.PersonID(fmt.Sprint("erased:x", i))}
		noted := func() error { r.Copied = true; return nil }
		if i == 0 { // The note is lost, so it is copied again; then the deletion is done twice.
			lost := errors.New("lost")
			if err := db.Rename(ctx, r, func() error { return lost }); !errors.Is(err, lost) {
				t.Fatal(err)
			}
			if err := db.Rename(ctx, r, noted); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Rename(ctx, r, noted); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(before, figures()); d != "" {
		t.Errorf("figures (-before +after):\n%s", d)
	}
	clean(t, db)
	tables, err := db.personTables(ctx)
	if err != nil || len(tables) < 5 {
		t.Fatalf("%d tables of people, %v", len(tables), err)
	}
	for _, old := range people {
		count := func(what, query string) {
			t.Helper()
			var n uint64
			if err := db.conn.QueryRow(ctx, query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				t.Errorf("%s stands in %d rows of %s", old, n, what)
			}
		}
		of := fmt.Sprintf(`merchant_id = '%s' AND `, w.shows[0].Merchant)
		for _, x := range tables {
			count(x.name, fmt.Sprintf(`SELECT count() FROM %s WHERE %s person_id = '%s'`, x.name, of, old))
		}
		count("actors and data", fmt.Sprintf(`SELECT count() FROM events WHERE %s (actor_id = '%s' OR position(props, '"%s"') > 0)`, of, old, old))
	}
	var words uint64
	if err := db.conn.QueryRow(ctx, `SELECT count() FROM events WHERE person_id LIKE 'erased:%' AND kind = 'comment_sent' AND (body != '' OR JSONExtractString(props, 'text') != '')`).Scan(&words); err != nil || words > 0 {
		t.Errorf("%d comments of theirs can be read, %v", words, err)
	}
	if err := db.Rename(ctx, Renaming{Merchant: "m1", Old: "x' OR 1", New: "y"}, func() error { return nil }); err == nil {
		t.Error("a name that is none was taken")
	}
}
