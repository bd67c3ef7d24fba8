package clickhouse

import (
	"slices"
	"testing"
)

// TestTables holds what the disk has against what was written.
func TestTables(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(52, 300)
	fill(t, db, w.entries, nil)
	tables, err := db.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events, deltas, err := db.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, x := range tables {
		rows[x.Name] = x.Rows
		if x.Bytes <= 0 || x.MostParts < 1 || x.Parts < x.MostParts {
			t.Errorf("%+v", x)
		}
	}
	if rows["events"] != events || rows["order_deltas"] != deltas || rows["show_money"] == 0 {
		t.Errorf("rows %v, want %d events and %d deltas", rows, events, deltas)
	}
}

// TestChecksAreNamed: every mismatch the audit can tell has a name that is known
// before, so that a metric can stand at 0.
func TestChecksAreNamed(t *testing.T) {
	checks := Checks()
	for _, name := range []string{"show_money.paid", "touches.rows", "holdouts.rows", "log_gap", "duplicate_event", "ingest_ledger.rows"} {
		if !slices.Contains(checks, name) {
			t.Errorf("%s is not among %v", name, checks)
		}
	}
	slices.Sort(checks)
	if len(slices.Compact(checks)) != len(Checks()) {
		t.Error("a check is named twice")
	}
}
