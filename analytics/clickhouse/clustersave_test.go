package clickhouse

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// wipe takes a database from both shards.
func (d *duo) wipe(t *testing.T, database string) {
	t.Helper()
	for _, e := range d.shards {
		exec(t, plainOf(t, e, "default"), `DROP DATABASE IF EXISTS `+database+` SYNC`, `DROP DATABASE IF EXISTS `+database+shardSuffix+` SYNC`)
	}
}

// clusterSaves copies two shards, loses both, brings them back and goes on: every
// answer is the one of before, and then that of a server on its own.
func clusterSaves(t *testing.T, d *duo) {
	r := recordShows()
	r.shows = r.shows[:2] // One on each shard is asked about.
	alone, db := migrated(t, server.URL()), d.migrated(t)
	fill(t, alone, r.entries, nil)
	half := len(r.entries) / 14 * 7 // Messages have seven entries, and are read whole.
	log := fill(t, db, r.entries[:half], nil)
	was := answers(t, db, r)
	place := FilePlace(filepath.Join(d.cluster.Copies, "whole"))
	saved, err := db.Save(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	saved = Saved{} // As it is read from where it was written down.
	if err := json.Unmarshal(raw, &saved); err != nil {
		t.Fatal(err)
	}
	var deltas uint64
	for i, s := range saved.Shards {
		if want := fmt.Sprintf("shard %d of 2, weights 1 1", i+1); s.Layout != want || s.Database != db.database+shardSuffix {
			t.Errorf("part %d is %s in %s", i+1, s.Layout, s.Database)
		}
		at := slices.IndexFunc(s.Tables, func(t SavedTable) bool { return t.Name == "order_deltas" })
		if at < 0 || s.Tables[at].Rows == 0 {
			t.Fatalf("part %d has no orders: %+v", i+1, s.Tables)
		}
		deltas += s.Tables[at].Rows
		if found, err := os.ReadDir(filepath.Join(d.cluster.Copies, "whole", fmt.Sprint("shard-", i+1))); err != nil || len(found) == 0 {
			t.Errorf("part %d is not there: %v", i+1, err)
		}
	}
	if _, n, err := db.Count(t.Context()); err != nil || deltas != uint64(n) || len(saved.Shards) != 2 || len(saved.Tables) != 0 {
		t.Errorf("%d deltas of orders in %d parts, want %d: %v", deltas, len(saved.Shards), n, err)
	}

	d.wipe(t, db.database)
	back := d.connect(t, db.database)
	if err := back.Restore(t.Context(), place, saved); err != nil {
		t.Fatal(err)
	}
	if err := back.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	clean(t, back)
	if d := cmp.Diff(was, answers(t, back, r), exactly); d != "" {
		t.Errorf("-was +is\n%s", d)
	}
	fresh := d.parts(t, d.migrated(t))
	for i, part := range d.parts(t, back) {
		if d := cmp.Diff(schema(t, fresh[i]), schema(t, part)); d != "" {
			t.Errorf("shard %d: -migrated +restored\n%s", i+1, d)
		}
	}
	// The sink goes on in what came back, and its rollups take what comes.
	log.entries = r.entries
	until(t, NewSink(SinkConfig{DB: back, Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 10 * time.Millisecond, Now: time.Now}),
		live.Position{Seq: r.entries[len(r.entries)-1].Position.Seq + 1})
	clean(t, back)
	if d := cmp.Diff(answers(t, alone, r), answers(t, back, r), exactly); d != "" {
		t.Errorf("-on its own +restored\n%s", d)
	}
	t.Run("Refusals", func(t *testing.T) { clusterSaveRefuses(t, d, back, alone, place, saved) })
}

// clusterSaveRefuses finds nothing made where a copy does not belong.
func clusterSaveRefuses(t *testing.T, d *duo, full, alone *DB, place Place, saved Saved) {
	if err := full.Restore(t.Context(), place, saved); !errors.Is(err, ErrDatabaseExists) {
		t.Errorf("over what is there: %v", err)
	}
	changed := func(do func(*Saved)) Saved {
		out := saved
		out.Shards = slices.Clone(saved.Shards)
		do(&out)
		return out
	}
	untouched := func(what string, saved Saved, want error) {
		t.Helper()
		to := d.connect(t, fmt.Sprintf("t%d", databases.Add(1)))
		for _, err := range []error{to.Fits(t.Context(), saved), to.Restore(t.Context(), place, saved)} {
			if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", what, err, want)
			}
		}
		for i, e := range d.shards {
			if got := tablesOf(t, plainOf(t, e, "default"), to.database+shardSuffix); len(got) > 0 {
				t.Errorf("%s: shard %d has %v", what, i+1, got)
			}
		}
	}
	untouched("one shard more", changed(func(s *Saved) {
		s.Shards = append(s.Shards, s.Shards[0])
		for i := range s.Shards {
			s.Shards[i].Layout = fmt.Sprintf("shard %d of 3, weights 1 1 1", i+1)
		}
	}), ErrSaveShape)
	untouched("one shard fewer", changed(func(s *Saved) { s.Shards = s.Shards[:1] }), ErrSaveShape)
	untouched("other weights", changed(func(s *Saved) { s.Shards[1].Layout = "shard 2 of 2, weights 1 2" }), ErrSaveShape)
	untouched("shards that changed places", changed(func(s *Saved) { slices.Reverse(s.Shards) }), ErrSaveShape)
	untouched("a newer program", changed(func(s *Saved) { s.Versions = append(slices.Clone(s.Versions), "9999_future") }), ErrDatabaseNewer)
	untouched("a server on its own", Saved{Database: "x"}, ErrSaveShape)
	err := open(t, server.URL()).Restore(t.Context(), place, saved)
	if !errors.Is(err, ErrSaveShape) || !strings.Contains(err.Error(), "it is of a cluster of 2, weights 1 1, and this is a server on its own") {
		t.Errorf("to a server on its own: %v", err)
	}

	// What comes back and is not what was copied is told, with the shard.
	wrong := changed(func(s *Saved) {
		s.Shards[1].Tables = slices.Clone(s.Shards[1].Tables)
		s.Shards[1].Tables[0].Checksum++
	})
	next := d.connect(t, fmt.Sprintf("t%d", databases.Add(1)))
	exec(t, plainOf(t, d.shards[0], "default"), `CREATE DATABASE `+next.database+shardSuffix, `CREATE VIEW `+next.database+shardSuffix+`.theirs AS SELECT 1`)
	undone := func(what string, place Place, saved Saved) {
		t.Helper()
		if err := next.Restore(t.Context(), place, saved); err == nil || !strings.Contains(err.Error(), "shard 2 of 2") || !strings.Contains(err.Error(), "dropped again") {
			t.Errorf("%s: %v", what, err)
		}
		for i, e := range d.shards {
			want := map[string]string{}
			if i == 0 {
				want["theirs"] = "View"
			}
			if got := tablesOf(t, plainOf(t, e, "default"), next.database+shardSuffix); !maps.Equal(got, want) {
				t.Errorf("%s: shard %d has %v", what, i+1, got)
			}
		}
	}
	undone("tables that are not those that were saved", place, wrong)
	// A shard whose copy is not there fails after the other had its tables.
	lost := filepath.Join(d.cluster.Copies, "whole", "shard-2")
	if err := os.Rename(lost, lost+".away"); err != nil {
		t.Fatal(err)
	}
	undone("a part that is not there", place, saved)
	if err := os.Rename(lost+".away", lost); err != nil {
		t.Fatal(err)
	}
	if err := next.Restore(t.Context(), place, saved); err != nil {
		t.Errorf("brought back at the next try: %v", err)
	}

	// No copy is made of what is left.
	d.away(1)
	_, err = full.Save(t.Context(), FilePlace(filepath.Join(d.cluster.Copies, "part")))
	if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != "shard_unavailable" {
		t.Errorf("a copy without a shard: %v", err)
	}
	d.start(1)
	d.ready(t)
}
