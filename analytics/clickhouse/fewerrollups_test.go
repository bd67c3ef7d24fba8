package clickhouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFewerRollups takes rollups away under facts that came before, stopped after
// every statement. What is sent again across that counts once, and a copy of before
// comes back with them and loses them like every other database.
func TestFewerRollups(t *testing.T) {
	waitReady(t)
	db := open(t, server.URL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	var before, fewer []statement
	for _, s := range all {
		if s.version < "0160" {
			before = append(before, s)
		} else {
			fewer = append(fewer, s)
		}
	}
	if err := db.apply(t.Context(), before, steps{}); err != nil {
		t.Fatal(err)
	}
	w := play(67, 1200)
	half := len(w.entries) / 2
	log := fill(t, db, w.entries[:half], nil)
	if n := countOf(t, db, `SELECT toInt64(least((SELECT count() FROM show_behaviour), (SELECT count() FROM product_minute), (SELECT count() FROM product_money)))`); n == 0 {
		t.Error("a rollup that goes was empty: this test proves nothing")
	}
	saved, err := db.Save(t.Context(), FilePlace("rollups"))
	if err != nil {
		t.Fatal(err)
	}
	// A range of a program that is killed before it knows.
	s := newSpan(nil)
	for _, e := range w.entries[half:] {
		if !monthOf(e.Event.ReceivedAt).has(w.entries[half].Event.ReceivedAt) {
			break
		}
		s.add(&e)
	}
	blocks := map[string]*block{"events": kept(s.events.block()), "deltas": kept(s.deltas.block())}
	send := func(db *DB) {
		t.Helper()
		for token, b := range blocks {
			if err := db.insert(t.Context(), b, "across "+token); err != nil {
				t.Fatal(err)
			}
		}
	}
	send(db)
	stopped := 0
	for i := range fewer {
		if err := db.apply(t.Context(), fewer[:i+1], steps{after: func(statement) error { stopped++; return errEnough }}); err == nil {
			t.Fatalf("statement %d did not stop", i)
		}
		send(db)
	}
	if err := db.apply(t.Context(), fewer, steps{}); err != nil || stopped != len(fewer) {
		t.Fatalf("%d stops of %d: %v", stopped, len(fewer), err)
	}
	send(db)
	clean(t, db)
	whole := migrated(t, server.URL())
	if d := cmp.Diff(schema(t, whole), schema(t, db)); d != "" {
		t.Errorf("-made anew +of before\n%s", d)
	}

	back := open(t, server.URL())
	if err := back.Restore(t.Context(), FilePlace("rollups"), saved); err != nil {
		t.Fatal(err)
	}
	if err := back.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(schema(t, whole), schema(t, back)); d != "" {
		t.Errorf("-made anew +brought back\n%s", d)
	}
	log.entries = w.entries
	goOn(t, back, log, w)
	clean(t, back)
	totals(t, back, w)
}
