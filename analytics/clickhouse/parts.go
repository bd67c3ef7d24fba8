package clickhouse

import "context"

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

// Tables are the tables of the database that have rows, by name.
func (db *DB) Tables(ctx context.Context) (out []Table, err error) {
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
