package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
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
}

// derived are tables that are made anew from others by who reads them. They are
// copied without their rows: two that belong together are not copied at one instant.
var derived = []string{"group_days", "group_progress"}

// Save copies the whole database to a place of ClickHouse's own, such as
// File('name') or Disk('backups', 'name'). It is run between two ranges, see
// [Sink.AtRest], so that all tables are as of one place of the log.
func (db *DB) Save(ctx context.Context, to Place) (Saved, error) {
	out := Saved{Database: db.database}
	if db.cfg.Cluster != "" {
		return out, ErrSaveCluster
	}
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
	sql := `BACKUP DATABASE ` + db.database + ` TO ` + string(to)
	if err := db.conn.Exec(ch.Context(ctx, ch.WithSettings(ch.Settings{"max_execution_time": 0})), sql); err != nil {
		return out, fmt.Errorf("save clickhouse: %w", err)
	}
	return out, nil
}

// Place is where ClickHouse keeps a copy, as it is written in SQL.
type Place string

// FilePlace is a file name below the folder that the server allows for copies. It
// panics if the name is not one.
func FilePlace(name string) Place {
	if !databaseName.MatchString(name) {
		panic("BUG: no name of a copy: " + name)
	}
	return Place(`File('` + name + `')`)
}

// Refusals of [DB.Save] and [DB.Restore].
var (
	ErrDatabaseExists error = live.Conflict("clickhouse_exists", "there are tables in the ClickHouse database already")
	// ErrSaveCluster says that there is no one place of a cluster's own for a copy.
	ErrSaveCluster   error = live.Conflict("backup_on_cluster", "a cluster of ClickHouse is not copied from here: BACKUP DATABASE the tables of each shard on its server while the sink is off, as docs/runbook.md says")
	ErrDatabaseNewer error = live.Conflict("clickhouse_newer", "the copy is of a newer version of the program")
)

// Restore brings the database back from a copy. It must have no tables. Every
// table is then counted and summed again, and an error means that the database
// is not what was copied and must not be used.
func (db *DB) Restore(ctx context.Context, from Place, saved Saved) error {
	if db.cfg.Cluster != "" {
		return ErrSaveCluster
	}
	if err := KnownVersions(saved.Versions); err != nil {
		return fmt.Errorf("restore clickhouse: %w", err)
	}
	if !databaseName.MatchString(saved.Database) {
		return fmt.Errorf("restore clickhouse: %q is no name of a database", saved.Database)
	}
	if err := db.createDatabase(ctx); err != nil {
		return err
	}
	there, err := db.savedTables(ctx)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("restore clickhouse: %w", ErrDatabaseExists)
	}
	sql := `RESTORE DATABASE ` + saved.Database + ` AS ` + db.database + ` FROM ` + string(from)
	if err := db.conn.Exec(ch.Context(ctx, ch.WithSettings(ch.Settings{"max_execution_time": 0})), sql); err != nil {
		return fmt.Errorf("restore clickhouse: %w", err)
	}
	for _, name := range derived {
		if err := db.conn.Exec(ctx, `TRUNCATE TABLE IF EXISTS `+name); err != nil {
			return fmt.Errorf("restore clickhouse: empty %s: %w", name, err)
		}
	}
	tables, err := db.savedTables(ctx)
	if err != nil {
		return err
	}
	got, err := db.tableSums(ctx, tables)
	if err != nil {
		return err
	}
	for i := range max(len(got), len(saved.Tables)) {
		if i >= len(got) || i >= len(saved.Tables) || got[i] != saved.Tables[i] {
			return fmt.Errorf("restore clickhouse: the tables are %+v, %+v were saved", got, saved.Tables)
		}
	}
	return nil
}

// KnownVersions refuses migrations that this program does not know.
func KnownVersions(saved []string) error {
	all, err := render(migrations, false)
	if err != nil {
		return err
	}
	for _, v := range saved {
		if !slices.ContainsFunc(all, func(s statement) bool { return s.version == v }) {
			return fmt.Errorf("migration %s: %w", v, ErrDatabaseNewer)
		}
	}
	return nil
}

// savedTables are the tables with rows of their own that a copy must have.
func (db *DB) savedTables(ctx context.Context) (names []string, err error) {
	err = db.rows(ctx, "save", nil, `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
		func(scan scanner) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			if !slices.Contains(derived, name) && !strings.HasPrefix(name, shadowPrefix) {
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
		err := db.ask(ctx, Limits{Time: saveTime, Memory: readMemory}, "save", nil, sql, func(scan scanner) error { return scan(&t.Rows, &t.Checksum) })
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
