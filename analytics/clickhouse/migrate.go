package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ClusterName reports whether a text may be the name of a cluster.
func ClusterName(s string) bool { return clusterName.MatchString(s) }

// ledgerTable records what was applied. A statement applied twice, by two
// programs that start at once, has two rows with the same sum.
//
// It is not replicated: every server of a cluster has its own, because views are
// made on each.
const ledgerTable = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    version    String,
    statement  UInt32,
    sha256     String,
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (version, statement, sha256)`

// ErrChanged says that a migration which was applied before reads differently
// now. Migrations are never edited: add another file.
var ErrChanged = errors.New("an applied migration was changed")

// Migrate makes the database and brings its schema up to date, forward only. It
// can be stopped at any statement and run again, and two programs may run it at
// the same time: every statement is one that may be repeated, and is written
// down only after it succeeded. It returns [ErrChanged] before touching
// anything if an applied statement differs from the one in this program, and other
// errors that [Unfit] tells if the database is not one for it.
//
// On a cluster all of its servers must answer. One that is new, a replica behind
// those that are there, gets its tables; a new shard is [ErrReshaped].
func (db *DB) Migrate(ctx context.Context) error {
	if db.cfg.Cluster != "" && !clusterName.MatchString(db.cfg.Cluster) {
		return fmt.Errorf("migrate clickhouse: %q is not a cluster name", db.cfg.Cluster)
	}
	if db.cfg.Cluster != "" {
		return db.migrateAll(ctx)
	}
	all, err := render(migrations, false)
	if err != nil {
		return fmt.Errorf("migrate clickhouse: %w", err)
	}
	return db.apply(ctx, all, func(statement) error { return nil })
}

// apply runs what is missing of all. Tests stop it by an error of after, which
// is called between running a statement and writing it down.
func (db *DB) apply(ctx context.Context, all []statement, after func(statement) error) error {
	if err := db.createDatabase(ctx); err != nil {
		return err
	}
	if err := db.alone(ctx); err != nil {
		return err
	}
	done, err := db.applied(ctx)
	if err != nil {
		return err
	}
	if err := unchanged(all, done); err != nil {
		return err
	}
	for _, s := range all {
		if _, ok := done[s.id()]; ok {
			continue
		}
		run, err := db.statement(ctx, s)
		if err != nil {
			return fmt.Errorf("migrate clickhouse: %s statement %d: %w", s.version, s.number, err)
		}
		if !run {
			continue
		}
		if err := after(s); err != nil {
			return err
		}
		err = db.conn.Exec(db.ddl(ctx), `INSERT INTO schema_migrations (version, statement, sha256, applied_at) VALUES (?, ?, ?, ?)`,
			s.version, s.number, s.sum, db.cfg.Now().UTC())
		if err != nil {
			return fmt.Errorf("migrate clickhouse: note %s statement %d: %w", s.version, s.number, err)
		}
		db.cfg.Logger.InfoContext(ctx, "clickhouse migration applied", "version", s.version, "statement", s.number)
	}
	return nil
}

// unchanged refuses statements that read differently from when they were applied.
func unchanged(all []statement, done map[statementID]string) error {
	for _, s := range all {
		if sum, ok := done[s.id()]; ok && sum != s.sum {
			return fmt.Errorf("migrate clickhouse: %s statement %d: %w", s.version, s.number, ErrChanged)
		}
	}
	return nil
}

// alone refuses, of a server on its own, a database whose tables are those of all
// shards of a cluster.
func (db *DB) alone(ctx context.Context) error {
	if db.shard != nil {
		return nil
	}
	var n uint64
	if err := db.conn.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine = 'Distributed'`).Scan(&n); err != nil {
		return fmt.Errorf("migrate clickhouse: look for tables of a cluster: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("migrate clickhouse: %w", ErrClustered)
	}
	return nil
}

// tries and tryAgain bound how long a statement waits for another program that
// runs the same migration and has a view detached for a moment.
const (
	tries    = 20
	tryAgain = 250 * time.Millisecond
)

// statement runs one statement, unless another program has run it meanwhile.
func (db *DB) statement(ctx context.Context, s statement) (run bool, err error) {
	for range tries {
		var done map[statementID]string
		if done, err = db.applied(ctx); err != nil {
			return false, err
		}
		if _, ok := done[s.id()]; ok {
			return false, nil
		}
		if db.shard != nil && db.shard.replica > 1 && strings.HasPrefix(s.sql, "INSERT ") {
			return true, nil // The first replica puts the rows in for all.
		}
		if err = db.conn.Exec(db.ddl(ctx), s.sql); err == nil {
			return true, nil
		}
		if e, ok := errors.AsType[*ch.Exception](err); !ok || e.Code != unknownTable && e.Code != tableExists {
			return false, err
		}
		if err := sleep(ctx, tryAgain); err != nil {
			return false, err
		}
	}
	return false, err
}

// Codes of ClickHouse that a view has which another program has detached, or is
// about to attach again: UNKNOWN_TABLE and TABLE_ALREADY_EXISTS.
const (
	unknownTable = 60
	tableExists  = 57
)

// statementID names a statement.
type statementID struct {
	version string
	number  uint32
}

func (s statement) id() statementID { return statementID{s.version, s.number} }

// createDatabase needs a connection of its own: one that names a database which
// is not there is refused.
func (db *DB) createDatabase(ctx context.Context) (err error) {
	options := *db.options
	options.Auth.Database = "default"
	conn, err := ch.Open(&options)
	if err != nil {
		return fmt.Errorf("migrate clickhouse: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// The name was checked against databaseName.
	if err := conn.Exec(db.ddl(ctx), "CREATE DATABASE IF NOT EXISTS `"+db.database+"`"); err != nil {
		return fmt.Errorf("migrate clickhouse: make the database: %w", err)
	}
	return nil
}

// ddl has the settings of schema changes: wait until every replica is done.
func (db *DB) ddl(ctx context.Context) context.Context {
	return ch.Context(ctx, ch.WithSettings(ch.Settings{
		"async_insert": 0, "max_execution_time": 300, "alter_sync": 2, "mutations_sync": 2,
	}))
}

// applied reads what was applied before, making the table for it if needed.
func (db *DB) applied(ctx context.Context) (map[statementID]string, error) {
	if err := db.conn.Exec(db.ddl(ctx), ledgerTable); err != nil {
		return nil, fmt.Errorf("migrate clickhouse: make schema_migrations: %w", err)
	}
	done := map[statementID]string{}
	err := db.rows(ctx, "migrations", nil,
		`SELECT version, statement, sha256 FROM schema_migrations ORDER BY applied_at, version, statement, sha256`,
		func(scan scanner) error {
			var id statementID
			var sum string
			if err := scan(&id.version, &id.number, &sum); err != nil {
				return err
			}
			done[id] = sum
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("migrate clickhouse: %w", err)
	}
	return done, nil
}
