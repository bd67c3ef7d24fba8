package clickhouse

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got; run with -update if the change is meant\n%s", name, d)
	}
}

// schema is what the server says it has.
func schema(t *testing.T, db *DB) string {
	t.Helper()
	var b strings.Builder
	err := db.rows(t.Context(), "schema", nil,
		`SELECT create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name`,
		func(scan scanner) error {
			var s string
			if err := scan(&s); err != nil {
				return err
			}
			s = strings.ReplaceAll(s, db.database+".", "")
			b.WriteString(strings.NewReplacer(", `", ",\n  `", " ENGINE", "\nENGINE", " SETTINGS", "\nSETTINGS", " AS SELECT", "\nAS SELECT").Replace(s) + "\n\n")
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMigrateGolden(t *testing.T) {
	db := migrated(t, server.URL())
	golden(t, "schema.sql", schema(t, db))
	if err := db.Migrate(t.Context()); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	// Every table that rows can reach must remember as many inserts as the facts.
	err := db.rows(t.Context(), "windows", nil, `SELECT name, create_table_query FROM system.tables
		WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_migrations'`,
		func(scan scanner) error {
			var name, create string
			if err := scan(&name, &create); err != nil {
				return err
			}
			if !strings.Contains(create, "non_replicated_deduplication_window = 100000") {
				t.Errorf("table %s has no deduplication window", name)
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMigrateClusterGolden(t *testing.T) {
	one, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := render(migrations, true)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, s := range cluster {
		if s.sum != one[i].sum {
			t.Errorf("%s %d: the sum depends on replicas", s.version, s.number)
		}
		b.WriteString(s.sql + "\n;;\n")
	}
	golden(t, "cluster.sql", b.String())
}

// TestMigrateStopped stops after every single statement, before it is written
// down, and goes on, over a database that releases of before have filled; some of the
// statements end with the engine killed.
func TestMigrateStopped(t *testing.T) {
	waitReady(t)
	o := newOlder(t, 77, 1200)
	db := open(t, server.URL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stopped")
	twice := map[statementID]int{}
	stops := 0
	for {
		err := db.migrate(t.Context(), all, steps{
			before: func(s statement) {
				if s.number == 1 && twice[s.id()] == 0 && (s.version == saidOnce || s.version == slim) {
					o.write(t, db, s.version, "1")
				}
			},
			after: func(s statement) error {
				twice[s.id()]++
				if twice[s.id()] > 1 {
					return nil
				}
				if slices.Contains(killedAt, s.id()) {
					killEngine(t)
				}
				return stop
			},
		})
		if err == nil {
			break
		}
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		stops++
	}
	if stops != len(all) {
		t.Errorf("stopped %d times, want %d", stops, len(all))
	}
	if d := cmp.Diff(schema(t, migrated(t, server.URL())), schema(t, db)); d != "" {
		t.Errorf("-straight +stopped\n%s", d)
	}
	o.alike(t, "stopped", db)
	exec(t, db, `OPTIMIZE TABLE events FINAL`)
	o.alike(t, "merged", db)
}

// killedAt are statements that change columns of the facts or bring over what was
// there before.
var killedAt = []statementID{{"0020_settled", 1}, {"0130_slim", 2}, {"0130_slim", 3}, {"0140_standing", 3}, {"0140_standing", 4}, {"0150_by_what", 2}}

// TestMigrateByRelease brings up to date what a release left that had rollups and
// indexes of higher numbers before the facts became slim.
func TestMigrateByRelease(t *testing.T) {
	waitReady(t)
	o := newOlder(t, 78, 1200)
	db := open(t, server.URL())
	apply := func(had func(version string) bool) {
		t.Helper()
		all, err := render(migrations, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.apply(t.Context(), slices.DeleteFunc(all, func(s statement) bool { return !had(s.version) }), steps{}); err != nil {
			t.Fatal(err)
		}
	}
	apply(func(v string) bool { return v < saidOnce })
	o.write(t, db, saidOnce, "1")
	apply(func(v string) bool { return v < slim })
	o.write(t, db, slim, "1")
	apply(func(v string) bool { return v < slim || v == "0140_standing" || v == "0150_by_what" })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.alike(t, "by release", db)
}

func TestMigrateTogether(t *testing.T) {
	first := open(t, server.URL())
	second := connect(t, strings.TrimSuffix(server.HTTPURL(), "showrunner")+first.database)
	g, ctx := errgroup.WithContext(t.Context())
	for _, db := range []*DB{first, second} {
		g.Go(func() error { return db.Migrate(ctx) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(schema(t, migrated(t, server.URL())), schema(t, first)); d != "" {
		t.Errorf("-alone +together\n%s", d)
	}
}

func TestMigrateRefusesChange(t *testing.T) {
	db := migrated(t, server.URL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	all[3].sum = strings.Repeat("0", 64)
	ran := false
	err = db.migrate(t.Context(), all, steps{before: func(statement) { ran = true }})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("got %v", err)
	}
	if ran {
		t.Error("a statement ran")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, address := range []string{
		"", "mysql://localhost/x", "clickhouse:///x", "http://u:secret@127.0.0.1:1/bad-name", "://secret", "clickhouse://u:secret@127.0.0.1:x/a",
	} {
		if _, err := Open(context.Background(), Config{URL: address, Now: time.Now}); err == nil {
			t.Errorf("%q was taken", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", address, err)
		}
	}
}

// TestMigrateSettled brings a database with orders in it up to the rollup that
// keeps settlements, stopped after every statement: nothing is missed and
// nothing counts twice, before the change and after it.
func TestMigrateSettled(t *testing.T) {
	db := open(t, server.URL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	// The sink of today needs the columns of the facts; the rollup is that of before.
	split := slices.IndexFunc(all, func(s statement) bool { return s.version == "0020_settled" }) + 1
	none := steps{}
	later := slices.IndexFunc(all, func(s statement) bool { return s.version > "0020_settled" })
	before := slices.Concat(all[:split], all[later:])
	if err := db.apply(t.Context(), before, none); err != nil {
		t.Fatal(err)
	}
	w := play(5, 1500)
	half := len(w.entries) / 2
	log := fill(t, db, w.entries[:half], nil)
	// One insert of before is sent again after the change and after a restart.
	again := newDeltaColumns()
	for _, e := range play(6, 300).entries {
		if live.OrderFactKind(e.Event.Kind) {
			e.Position.Seq += 1 << 40
			if err := again.add(&e, new(facts)); err != nil {
				t.Fatal(err)
			}
		}
	}
	send := func() {
		if err := db.insert(t.Context(), again.block(), "again"); err != nil {
			t.Fatal(err)
		}
	}
	send()
	stop := errors.New("stopped")
	for i := split; i < later; i++ {
		if err := db.apply(t.Context(), all[:i+1], steps{after: func(statement) error { return stop }}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
	}
	if err := db.apply(t.Context(), all, none); err != nil {
		t.Fatal(err)
	}
	money := func() {
		t.Helper()
		found, err := db.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found {
			if strings.HasPrefix(m.Check, "show_money.") {
				t.Errorf("audit: %+v", m)
			}
		}
	}
	money()
	send()
	money()
	killEngine(t)
	send()
	money()
	log.entries = w.entries
	until(t, NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 10 * time.Millisecond, Now: time.Now}),
		live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1})
	money()
	var settled int64
	for _, show := range w.shows {
		rows, err := db.RollupMoney(t.Context(), show.Merchant, show.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			settled += rows[i].Settled
		}
	}
	if settled == 0 {
		t.Error("the test has nothing settled")
	}
}
