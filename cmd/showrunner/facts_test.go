package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// engineURL is where the embedded ClickHouse of a running server answers.
func engineURL(t *testing.T, data string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(data, "clickhouse.url"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// audit fails the test for every rollup that does not equal its facts, for
// every doubled row and for every gap.
func audit(t *testing.T, url string) {
	t.Helper()
	auditOf(t, clickhouse.Config{URL: url, Now: clock})
}

func auditOf(t *testing.T, cfg clickhouse.Config) {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	mismatches, err := db.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mismatches {
		t.Errorf("audit: %+v", m)
	}
}

// runSQL runs a statement in ClickHouse.
func runSQL(t *testing.T, url, sql string) {
	t.Helper()
	opts, err := driver.ParseDSN(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := driver.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// withoutWindow makes a table forget what was inserted into it before.
func withoutWindow(t *testing.T, url, table string) {
	t.Helper()
	runSQL(t, url, "ALTER TABLE "+table+" MODIFY SETTING non_replicated_deduplication_window = 0")
}

// storedFact is a fact as ClickHouse has it.
type storedFact struct {
	ID, Kind, Source, Person string
	Rows                     uint64
}

// storedFacts are the facts of a merchant in ClickHouse by their places in the log,
// the kinds in without left out.
func storedFacts(t *testing.T, url, merchant string, without ...string) map[live.Position]storedFact {
	t.Helper()
	opts, err := driver.ParseDSN(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := driver.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.Query(t.Context(), `SELECT seq, idx, max(fact_id), max(toString(kind)), max(fact_source), max(person_id), count()
		FROM events WHERE merchant_id = $1 AND NOT has($2, toString(kind)) GROUP BY seq, idx`, merchant, without)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := map[live.Position]storedFact{}
	for rows.Next() {
		var at live.Position
		var f storedFact
		if err := rows.Scan(&at.Seq, &at.Index, &f.ID, &f.Kind, &f.Source, &f.Person, &f.Rows); err != nil {
			t.Fatal(err)
		}
		stored[at] = f
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return stored
}

// storedOnce holds what ClickHouse has of a merchant against the log, which has the
// identifiers: every fact that the log has up to the last one stored is stored, at
// its place, once, as what it is, and nothing else is; no fact is in the log twice;
// and each of acked is among them.
func storedOnce(t *testing.T, stored map[live.Position]storedFact, log []live.Entry, merchant string, acked map[string]bool) {
	t.Helper()
	var last live.Position
	for at := range stored {
		if last.Less(at) {
			last = at
		}
	}
	type name struct{ source, id string }
	met := map[name]live.Position{}
	found := map[string]uint64{}
	left := maps.Clone(stored)
	for _, en := range log {
		e := &en.Event
		if string(e.Merchant) != merchant {
			continue
		}
		n := name{e.Source, string(e.ID)}
		if first, is := met[n]; is {
			t.Errorf("%s %s of %s is in the log at %v and at %v", e.Kind, e.ID, e.Source, first, en.Position)
		}
		met[n] = en.Position
		is, ok := left[en.Position]
		delete(left, en.Position)
		if last.Less(en.Position) && !ok {
			continue // It came after ClickHouse was asked.
		}
		want := storedFact{ID: string(e.ID), Kind: string(e.Kind), Source: e.Source, Person: string(e.Person), Rows: 1}
		if is.ID == "" && e.Kind != live.CommentSent {
			want.ID = "" // Known by its place alone.
		}
		if is != want {
			t.Errorf("%v of the log is %+v, ClickHouse has %+v", en.Position, want, is)
		}
		found[string(e.ID)] = max(found[string(e.ID)], is.Rows)
	}
	for at, f := range left {
		t.Errorf("%+v at %v is not in the log", f, at)
	}
	for id := range acked {
		if found[id] != 1 {
			t.Errorf("event %s was acknowledged and stands %d times in ClickHouse", id, found[id])
		}
	}
}

// logOf reads the log of a server that was stopped.
func logOf(t *testing.T, data string) []live.Entry {
	t.Helper()
	return entriesOf(t, eventlog.Config{Dir: filepath.Join(data, "log"), Existing: true, Now: clock})
}

// entriesOf reads a log from its beginning to where it ends now.
func entriesOf(t *testing.T, cfg eventlog.Config) (out []live.Entry) {
	t.Helper()
	ctx := deadline(t, 20*time.Second)
	l, err := eventlog.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	head, err := l.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Reader(ctx, "", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Position().Less(head) {
		entries, err := r.Next(ctx, 1000, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entries...)
	}
	return out
}
