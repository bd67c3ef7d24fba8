package clickhouse

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestSaveRestore copies a database, brings it back under another name, and finds
// the same figures, views that go on filling the rollups, and a whole audit.
func TestSaveRestore(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(61, 1500)
	half := len(w.entries) / 2
	log := fill(t, db, w.entries[:half], nil)
	saved, err := db.Save(t.Context(), FilePlace("first"))
	if err != nil {
		t.Fatal(err)
	}
	if found, err := filepath.Glob(filepath.Join(server.Copies(), "first", "*")); err != nil || len(found) == 0 {
		t.Errorf("there is no copy: %v %v", found, err)
	}
	back := open(t, server.URL())
	if err := back.Restore(t.Context(), FilePlace("first"), saved); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(schema(t, migrated(t, server.URL())), schema(t, back)); d != "" {
		t.Errorf("-migrated +restored\n%s", d)
	}
	if err := back.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
	clean(t, back)
	for _, show := range w.shows {
		was, err := db.Figures(t.Context(), show.Merchant, show, w.now)
		if err != nil {
			t.Fatal(err)
		}
		is, err := back.Figures(t.Context(), show.Merchant, show, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(was, is); d != "" {
			t.Errorf("show %s: -was +is\n%s", show.ID, d)
		}
	}
	// The sink goes on in the restored one, and its rollups take what comes.
	log.entries = w.entries
	goOn(t, back, log, w)
	clean(t, back)
	totals(t, back, w)

	if err := back.Restore(t.Context(), FilePlace("first"), saved); !errors.Is(err, ErrDatabaseExists) {
		t.Errorf("restored twice: %v", err)
	}
	newer := saved
	newer.Versions = append(slices.Clone(saved.Versions), "9999_future")
	if err := open(t, server.URL()).Restore(t.Context(), FilePlace("first"), newer); !errors.Is(err, ErrDatabaseNewer) {
		t.Errorf("a newer copy: %v", err)
	}
	other := saved
	other.Tables = slices.Clone(saved.Tables)
	other.Tables[0].Checksum++
	again := open(t, server.URL())
	if err := again.Restore(t.Context(), FilePlace("first"), other); err == nil || !strings.Contains(err.Error(), "dropped again") {
		t.Errorf("tables that are not those that were saved: %v", err)
	}
	if err := again.Restore(t.Context(), FilePlace("first"), saved); err != nil {
		t.Errorf("brought back at the next try: %v", err)
	}
	if err := open(t, server.URL()).Restore(t.Context(), FilePlace("missing"), saved); err == nil {
		t.Error("a copy that is not there was restored")
	}
}

// goOn lets a sink deliver the rest of a log.
func goOn(t *testing.T, db *DB, log *memoryLog, w *world) {
	t.Helper()
	until(t, NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 10 * time.Millisecond, Now: time.Now}),
		live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1})
}
