package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// Table is how a table lies on the disk.
type Table struct {
	Name  string
	Rows  int64
	Bytes int64 // compressed
	Parts int64 // active ones
	// MostParts is how many active parts the fullest partition has. ClickHouse slows
	// inserts from 1,000 on and refuses them from 3,000.
	MostParts int64
}

// Tables are the tables of the database that have rows, by name; on a cluster those
// of all shards together.
func (db *DB) Tables(ctx context.Context) (out []Table, err error) {
	if db.cfg.Cluster != "" {
		shards, err := db.shards(ctx)
		for _, s := range shards {
			some, serr := s.Tables(ctx)
			out, err = append(out, some...), errors.Join(err, serr)
		}
		return together(out), err
	}
	err = db.rows(ctx, "parts", nil, `SELECT name, toInt64(sum(r)), toInt64(sum(b)), toInt64(sum(n)), toInt64(max(n)) FROM (
			SELECT table AS name, count() AS n, sum(rows) AS r, sum(bytes_on_disk) AS b FROM system.parts
			WHERE active AND database = currentDatabase() GROUP BY table, partition_id) GROUP BY name ORDER BY name`,
		func(scan scanner) error {
			var t Table
			if err := scan(&t.Name, &t.Rows, &t.Bytes, &t.Parts, &t.MostParts); err != nil {
				return err
			}
			out = append(out, t)
			return nil
		})
	return out, err
}

// together are the tables of all shards put together, by name.
func together(list []Table) []Table {
	slices.SortStableFunc(list, func(a, b Table) int { return cmp.Compare(a.Name, b.Name) })
	var out []Table
	for _, t := range list {
		if n := len(out); n > 0 && out[n-1].Name == t.Name {
			had := &out[n-1]
			had.Rows, had.Bytes, had.Parts = had.Rows+t.Rows, had.Bytes+t.Bytes, had.Parts+t.Parts
			had.MostParts = max(had.MostParts, t.MostParts)
			continue
		}
		out = append(out, t)
	}
	return out
}

// Checks are the names of all checks of [DB.Audit], each once.
func Checks() (out []string) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	for i := range reconciles {
		for _, m := range reconciles[i].measures {
			if m[0] == "" {
				add(reconciles[i].rollup + ".rows")
				continue
			}
			add(reconciles[i].rollup + "." + m[0])
		}
	}
	for _, o := range others {
		add(o.check)
	}
	return out
}
