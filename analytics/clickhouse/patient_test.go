package clickhouse

import (
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// hurried makes the connections that answer people give up sooner.
func hurried(t *testing.T, db *DB, after time.Duration) {
	t.Helper()
	db.options.ReadTimeout = after
	conn, err := ch.Open(db.options)
	if err != nil {
		t.Fatal(err)
	}
	slow := db.conn
	t.Cleanup(func() {
		if err := slow.Close(); err != nil {
			t.Error(err)
		}
	})
	db.conn = conn
}

// TestMigrateLong: a statement may take longer than people wait for an answer,
// whether ClickHouse tells meanwhile how far it is or not, and so may all of them
// together: each is run once, and the turn is not lost.
func TestMigrateLong(t *testing.T) {
	waitReady(t)
	db := open(t, server.URL())
	hurried(t, db, 2*time.Second)
	var all []statement
	for i, sql := range []string{
		`CREATE TABLE IF NOT EXISTS slept (n UInt64, s UInt8) ENGINE = MergeTree ORDER BY n`,
		`INSERT INTO slept SELECT number, sleepEachRow(0.05) FROM numbers(80) SETTINGS max_block_size = 1, max_threads = 1`,
		`INSERT INTO slept SELECT 100, sleep(3)`,
	} {
		all = append(all, statement{version: "0001_long", number: uint32(i + 1), sql: sql, sum: strings.Repeat("0", 64)})
	}
	ran := 0
	if err := db.migrate(t.Context(), all, steps{
		before: func(statement) { ran++ },
		waits:  func() { t.Error("the turn was lost") },
	}); err != nil {
		t.Fatal(err)
	}
	if rows := countOf(t, db, `SELECT toInt64(count()) FROM slept`); rows != 81 || ran != len(all) {
		t.Errorf("%d statements were run and put %d rows in, want %d and 81", ran, rows, len(all))
	}
}

// TestLongQuestions: what is asked about everything there is, or may take long by its
// limits, is not given up before.
func TestLongQuestions(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	hurried(t, db, 2*time.Second)
	asleep := `SELECT sleepEachRow(0.05) FROM numbers(80) SETTINGS max_block_size = 80, function_sleep_max_microseconds_per_block = 9000000`
	awake := func(scan scanner) error { var n uint8; return scan(&n) }
	if err := db.within(t.Context(), ClassWhole, "audit", nil, asleep, awake); err != nil {
		t.Errorf("audit: %v", err)
	}
	if err := db.ask(t.Context(), Limits{Time: saveTime, Memory: readMemory}, nil, "save", nil, asleep, awake); err != nil {
		t.Errorf("save: %v", err)
	}
	if err := db.conn.Exec(unhurried(t.Context()), asleep); err == nil {
		t.Error("the test does not wait long enough to tell")
	}
	if DefaultLimits(ClassWhole).Time <= DefaultLimits(ClassMerchant).Time {
		t.Error("what reads everything has no more time than what somebody waits for")
	}
}
