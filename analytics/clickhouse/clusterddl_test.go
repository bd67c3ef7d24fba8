package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// tablesOf are the tables of a database by name, with their engines.
func tablesOf(t *testing.T, db *DB, database string) map[string]string {
	t.Helper()
	out := map[string]string{}
	rows, err := db.conn.Query(t.Context(), `SELECT name, engine FROM system.tables WHERE database = ?`, database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, engine string
		if err := rows.Scan(&name, &engine); err != nil {
			t.Fatal(err)
		}
		out[name] = engine
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// clusterMigrates brings two shards up to date by two programs at once: each has
// the tables of a server on its own, and either shows those of both.
func clusterMigrates(t *testing.T, d *duo) {
	name := fmt.Sprintf("t%d", databases.Add(1))
	first := d.connect(t, name)
	second := connectTo(t, Config{URL: d.address(1, name), Cluster: clusterOfTests, Now: time.Now})
	g, ctx := errgroup.WithContext(t.Context())
	for _, db := range []*DB{first, second} {
		g.Go(func() error { return db.Migrate(ctx) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	want := schema(t, migrated(t, server.URL()))
	for i, part := range d.parts(t, first) {
		got := schema(t, part)
		if from := strings.Index(got, "CREATE TABLE cluster_shape"); from >= 0 {
			got = got[:from] + got[from+strings.Index(got[from:], "\n\n")+2:]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("shard %d: -on its own +there\n%s", i+1, d)
		}
		local, front := tablesOf(t, part, name+shardSuffix), tablesOf(t, part, name)
		expected := 0
		for table, engine := range local {
			shown := engine != "MaterializedView" && !slices.Contains(ownTables, table)
			if has := front[table]; shown && has != "Distributed" || !shown && has != "" {
				t.Errorf("shard %d: %s is %q to all, %q there", i+1, table, has, engine)
			}
			if shown {
				expected++
			}
		}
		if len(front) != expected || expected < 15 {
			t.Errorf("shard %d shows %d tables of %d", i+1, len(front), expected)
		}
	}
	// Columns that come later come to the tables of all, at the next start, and a table
	// that went goes there too.
	for _, part := range d.parts(t, first) {
		exec(t, part, `ALTER TABLE events ADD COLUMN later UInt8`)
		exec(t, part, `DROP VIEW show_minute_published`)
	}
	for range 2 {
		if err := second.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range d.shards {
		exec(t, plainOf(t, e, name), `SELECT later FROM events`)
		if engine := tablesOf(t, plainOf(t, e, name), name)["show_minute_published"]; engine != "" {
			t.Errorf("shard %d still shows a view that went, by %s", i+1, engine)
		}
	}
	if err := first.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// clusterRefuses leaves what is laid out otherwise alone.
func clusterRefuses(t *testing.T, d *duo) {
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	db := d.migrated(t)
	refused("a cluster as a server on its own", plainOf(t, d.shards[1], db.database).Migrate(t.Context()), ErrClustered)

	own := plainOf(t, d.shards[1], fmt.Sprintf("t%d", databases.Add(1)))
	if err := own.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := tablesOf(t, own, own.database)
	refused("a server on its own as a cluster", d.connect(t, own.database).Migrate(t.Context()), ErrAlone)
	if d := cmp.Diff(before, tablesOf(t, own, own.database)); d != "" {
		t.Errorf("-before +after\n%s", d)
	}

	// A third shard, or two that changed places, would not find what they are asked for.
	for _, layout := range []string{"shard 2 of 3, weights 1 1 1", "shard 1 of 2, weights 1 1", "shard 2 of 2, weights 1 2"} {
		exec(t, d.parts(t, db)[1], `TRUNCATE TABLE cluster_shape`, `INSERT INTO cluster_shape (layout) VALUES ('`+layout+`')`)
		again := d.connect(t, db.database)
		_, err := again.RollupMoney(t.Context(), merchantOn(1, 0), "s1")
		refused("a question to a shard that was "+layout, err, ErrReshaped)
		if _, err := again.RollupMoney(t.Context(), merchantOn(0, 0), "s1"); err != nil {
			t.Errorf("a question to the other shard: %v", err)
		}
		b := newSpan(nil)
		for _, e := range spread(play(61, 40)).entries {
			b.add(&e)
		}
		refused("an insert into one that was "+layout, again.insert(t.Context(), b.events.block(), "x"), ErrReshaped)
		err = again.Migrate(t.Context())
		refused("one that was "+layout, err, ErrReshaped)
		if !Unfit(err) {
			t.Errorf("%v is to be tried again", err)
		}
	}

	none := connectTo(t, Config{URL: d.address(0, "none"), Cluster: "nowhere", Now: time.Now})
	refused("a cluster that is none", none.Migrate(t.Context()), ErrNoCluster)
	if err := connectTo(t, Config{URL: d.address(0, "none"), Cluster: "a'b", Now: time.Now}).Migrate(t.Context()); err == nil {
		t.Error("a name that is none was taken")
	}
	if err := db.rows(t.Context(), "test", nil, `SELECT 1`, func(scanner) error { return nil }); err == nil {
		t.Error("a question of no merchant was asked")
	}
	replicas := &DB{shard: &shard{number: 1, of: 1, replicated: true}}
	_, err := replicas.PlanRebuild(context.Background(), "show_money", "")
	if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != "rebuild_on_replicas" {
		t.Errorf("got %v", err)
	}
	whole := &DB{cfg: Config{Cluster: clusterOfTests}, found: &cluster{shards: []*DB{replicas}}}
	_, err = whole.Save(t.Context(), FilePlace("copy"))
	refused("a copy of replicas", err, ErrSaveReplicas)
	refused("a copy brought back to replicas", whole.Restore(t.Context(), FilePlace("copy"), Saved{}), ErrSaveReplicas)
}
