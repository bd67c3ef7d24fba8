package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"
)

// SavedTable is a table of a copy: its rows, and the sum of their hashes, in
// whatever order and parts they lie.
type SavedTable struct {
	Name     string `json:"name"`
	Rows     uint64 `json:"rows"`
	Checksum uint64 `json:"checksum"`
}

// Saved is what a copy of the database holds.
type Saved struct {
	Database string       `json:"database"`
	Versions []string     `json:"versions"` // of the migrations it has had
	Tables   []SavedTable `json:"tables"`   // by name
	// Layout says of a part of a cluster which shard it is, and of how many.
	Layout string `json:"layout,omitempty"`
	// Shards are the parts of a cluster, which has no tables of its own, in order.
	Shards []Saved `json:"shards,omitempty"`
}

// derived are tables that are made anew from others by who reads them. They are
// copied without their rows: two that belong together are not copied at one instant.
var derived = []string{"group_days", "group_progress"}

// unsummed are tables whose rows come and go while the sink rests. They are copied,
// and what of them is no longer so when they are brought back is nothing anybody takes
// for it: each row says of which facts it is.
var unsummed = []string{"figures_kept"}

// Save copies the whole database to a place of ClickHouse's own. It is run between
// two ranges, see [Sink.AtRest], so that all tables are as of one place of the log.
//
// Each shard of a cluster copies what it has to a place of its own below the one
// given, all at the same time: the sink rests for the slowest, not for the sum.
func (db *DB) Save(ctx context.Context, to Place) (Saved, error) {
	if db.cfg.Cluster == "" {
		return db.saveOne(ctx, to)
	}
	out := Saved{Database: db.database}
	shards, err := db.copied(ctx)
	if err != nil {
		return out, err
	}
	out.Shards = make([]Saved, len(shards))
	all, running := errgroup.WithContext(ctx)
	for i, s := range shards {
		all.Go(func() error {
			part, err := s.saveOne(running, to.shard(i+1))
			part.Layout = s.shard.layout
			out.Shards[i] = part
			if err != nil {
				return fmt.Errorf("%s: %w", s.shard.layout, s.away(running, err))
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return out, err
	}
	for _, s := range out.Shards {
		out.Versions = append(out.Versions, s.Versions...)
	}
	slices.Sort(out.Versions)
	out.Versions = slices.Compact(out.Versions)
	return out, nil
}

// saveOne copies the tables of one server.
func (db *DB) saveOne(ctx context.Context, to Place) (Saved, error) {
	out := Saved{Database: db.database}
	tables, err := db.savedTables(ctx)
	if err != nil {
		return out, err
	}
	if out.Tables, err = db.tableSums(ctx, tables); err != nil {
		return out, err
	}
	if out.Versions, err = db.versions(ctx); err != nil {
		return out, err
	}
	if err := db.patient.Exec(unhurried(ctx), `BACKUP DATABASE `+db.database+` TO `+to.sql()); err != nil {
		return out, fmt.Errorf("save clickhouse: %w", err)
	}
	return out, nil
}

// unhurried is for what takes as long as there is data.
func unhurried(ctx context.Context) context.Context {
	return ch.Context(ctx, ch.WithSettings(ch.Settings{"max_execution_time": 0}))
}

// savedTables are the tables with rows of their own that a copy must have.
func (db *DB) savedTables(ctx context.Context) (names []string, err error) {
	err = db.rows(ctx, "save", nil, `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
		func(scan scanner) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			if !slices.Contains(derived, name) && !slices.Contains(unsummed, name) && !strings.HasPrefix(name, shadowPrefix) {
				names = append(names, name)
			}
			return nil
		})
	return names, err
}

// saveTime bounds the summing of one table.
const saveTime = time.Hour

// tableSums counts tables and sums their rows.
func (db *DB) tableSums(ctx context.Context, names []string) (out []SavedTable, err error) {
	for _, name := range names {
		t := SavedTable{Name: name}
		// A sum and no xor: two equal rows must not cancel each other. What lies
		// unmerged may be merged meanwhile, so rollups are summed as they read.
		sql := `SELECT count(), sum(h) FROM (SELECT cityHash64(tuple(*)) AS h FROM ` + name
		switch name {
		case "events": // Raw behaviour may go meanwhile, being due.
			sql += ` WHERE kind NOT IN (` + behaviourKinds + `))`
		case "order_deltas", "touches", "holdouts", "group_facts":
			sql += `)`
		default:
			sql += ` FINAL)`
		}
		err := db.ask(ctx, Limits{Time: saveTime, Memory: readMemory}, nil, "save", nil, sql, func(scan scanner) error { return scan(&t.Rows, &t.Checksum) })
		if err != nil {
			return nil, fmt.Errorf("sum %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// versions are those of the migrations that were applied.
func (db *DB) versions(ctx context.Context) (out []string, err error) {
	err = db.rows(ctx, "save", nil, `SELECT DISTINCT version FROM schema_migrations ORDER BY version`, func(scan scanner) error {
		var v string
		if err := scan(&v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}
