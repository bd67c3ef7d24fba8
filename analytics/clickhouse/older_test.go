package clickhouse

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// older fills databases as releases of before left them: with the same facts as
// reference has, written in the columns of then.
type older struct {
	reference *DB
	world     *world
}

// Before these versions rows were written otherwise: half of the facts by releases
// before the first, the others by those between them.
const (
	saidOnce = "0120_said_once"
	slim     = "0130_slim"
)

// newOlder plays a world of which each fact has an identifier, every other of them
// a UUID, and brings it in as the sink of today does.
func newOlder(t *testing.T, seed uint64, facts int) *older {
	t.Helper()
	w := spread(play(seed, facts))
	for i := range w.entries {
		if e := &w.entries[i].Event; i%2 == 0 {
			e.ID = live.EventID(fmt.Sprintf("0199f3a2-7c11-7abc-8def-%012x", i))
		}
	}
	o := &older{reference: migrated(t, server.URL()), world: w}
	fill(t, o.reference, w.entries, nil)
	return o
}

// half is the place that parts the facts of the two eras.
func (o *older) half() uint64 { return o.world.entries[len(o.world.entries)/2].Position.Seq }

// write writes into a database what releases before a version left to write: all of
// it, or what a condition leaves. Parts of the first era are in the form of large ones.
func (o *older) write(t *testing.T, db *DB, version, only string) {
	t.Helper()
	of := fmt.Sprintf(`seq < %d AND (%s)`, o.half(), only)
	says := map[string]string{"event_id": "i.id"}
	if version == saidOnce {
		exec(t, db, `ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0`)
		defer exec(t, db, `ALTER TABLE events RESET SETTING min_bytes_for_wide_part, min_rows_for_wide_part`)
		says["actor_id"], says["source"] = "fact_actor", "fact_source"
	} else {
		of = fmt.Sprintf(`seq >= %d AND (%s)`, o.half(), only)
		says["event_id"] = `if(i.low = 0, i.id, '')`
		says["uuid_high"] = `if(i.low = 0, 0, i.high - toUnixTimestamp64Milli(ts) * 65536)`
		says["uuid_low"] = `i.low`
	}
	var ids strings.Builder
	for _, e := range o.world.entries {
		high, low, _ := uuidOf(string(e.Event.ID))
		fmt.Fprintf(&ids, `, (%d, %d, '%s', %d, %d)`, e.Position.Seq, e.Position.Index, e.Event.ID, high, low)
	}
	for _, table := range []string{"events", "order_deltas"} {
		names := storedColumns(t, db, table)
		values := slices.Clone(names)
		for i, n := range names {
			if v := says[n]; v != "" && table == "events" {
				values[i] = v
			}
		}
		r := o.reference.options
		from := fmt.Sprintf(`remote('%s', '%s', '%s', '%s', '%s') AS f`, r.Addr[0], o.reference.database, table, r.Auth.Username, r.Auth.Password)
		if table == "events" {
			from += ` INNER JOIN (SELECT * FROM values('seq UInt64, idx UInt32, id String, high Int64, low UInt64'` + ids.String() + `)) AS i USING (seq, idx)`
		}
		exec(t, db, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) SELECT `+strings.Join(values, ", ")+` FROM `+from+` WHERE `+of)
	}
}

// storedColumns are the columns of a table that rows are written in.
func storedColumns(t *testing.T, db *DB, table string) (out []string) {
	t.Helper()
	err := db.conn.QueryRow(t.Context(), `SELECT groupArray(name) FROM (SELECT name FROM system.columns
		WHERE database = ? AND table = ? AND default_kind != 'ALIAS' ORDER BY position)`, db.database, table).Scan(&out)
	if err != nil || len(out) == 0 {
		t.Fatalf("%d columns of %s: %v", len(out), table, err)
	}
	return out
}

// asWritten are columns of events whose values are forms of what others say in full.
var asWritten = []string{"event_id", "uuid_high", "uuid_low", "fact_id", "late_ms", "occurred_full", "actor_id", "source"}

// before are the statements of the versions before one.
func before(all []statement, version string) []statement {
	return all[:slices.IndexFunc(all, func(s statement) bool { return s.version >= version })]
}

// columnsOf are the columns of a table which say what they say in one way only.
func columnsOf(t *testing.T, db *DB, table string) (out []string) {
	t.Helper()
	if err := db.conn.QueryRow(t.Context(), `SELECT groupArray(name) FROM (SELECT name FROM system.columns WHERE database = ? AND table = ? ORDER BY position)`,
		db.database, table).Scan(&out); err != nil || len(out) == 0 {
		t.Fatalf("%d columns of %s: %v", len(out), table, err)
	}
	if table == "events" {
		out = slices.DeleteFunc(out, func(n string) bool { return slices.Contains(asWritten, n) })
	}
	return out
}

// rowsOf reads some columns of all rows of a table, and how often each is there.
func rowsOf(t *testing.T, db *DB, table string, names ...string) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := db.rows(t.Context(), "test", nil, `SELECT toString(tuple(`+strings.Join(names, ", ")+`)) FROM `+table, func(scan scanner) error {
		var row string
		err := scan(&row)
		out[row]++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// alike holds every column of every table against the reference, the identifiers
// against the facts, rollups against what they are made of, and figures against a fold.
func (o *older) alike(t *testing.T, what string, db *DB) {
	t.Helper()
	var tables []string
	if err := db.conn.QueryRow(t.Context(), `SELECT groupArray(concat(name, if(engine LIKE '%AggregatingMergeTree', ' FINAL', ''))) FROM system.tables
		WHERE database = ? AND engine LIKE '%MergeTree' AND name NOT IN ('schema_migrations', 'figures_kept')`, db.database).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		names := columnsOf(t, db, strings.TrimSuffix(table, " FINAL"))
		if d := cmp.Diff(rowsOf(t, o.reference, table, names...), rowsOf(t, db, table, names...)); d != "" {
			t.Errorf("%s: %s: -written today +by older releases\n%.2000s", what, table, d)
		}
	}
	want := map[string]int{}
	for _, e := range o.world.entries {
		want[fmt.Sprintf("(%d,%d,'%s')", e.Position.Seq, e.Position.Index, e.Event.ID)]++
	}
	if d := cmp.Diff(want, rowsOf(t, db, "events", "seq", "idx", "fact_id")); d != "" {
		t.Errorf("%s: identifiers: -facts +read\n%.2000s", what, d)
	}
	clean(t, db)
	if known, of := standsAlike(t, db, o.world, o.world.now); known != of || of == 0 {
		t.Errorf("%s: the rollups knew %d of %d shows", what, known, of)
	}
	o.counted(t, what, db)
}

// counted holds the figures of every show against a fold of the facts.
func (o *older) counted(t *testing.T, what string, db *DB) {
	t.Helper()
	for _, show := range o.world.shows {
		got, err := db.Figures(t.Context(), show.Merchant, show, o.world.now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(folded(t, o.world, show, o.world.now), got); d != "" {
			t.Errorf("%s: show %s: -folded +counted\n%s", what, show.ID, d)
		}
	}
}
