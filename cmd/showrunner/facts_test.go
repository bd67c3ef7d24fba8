package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics/clickhouse"
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

// storedEvents counts the rows of each event in ClickHouse, arrivals and
// departures and the kinds in without left out.
func storedEvents(t *testing.T, url, merchant string, without ...string) map[string]uint64 {
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
	rows, err := conn.Query(t.Context(),
		"SELECT fact_id, count() FROM events WHERE merchant_id = $1 AND NOT has($2, toString(kind)) GROUP BY fact_source, fact_id",
		merchant, append([]string{"room_entered", "room_left"}, without...))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := map[string]uint64{}
	for rows.Next() {
		var id string
		var n uint64
		if err := rows.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		stored[id] = max(stored[id], n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return stored
}
