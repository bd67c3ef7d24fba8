package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ledgerTable records what was applied. A statement applied twice, by two
// programs that start at once, has two rows with the same sum.
const ledgerTable = `CREATE TABLE IF NOT EXISTS schema_migrations {{onCluster}}
(
    version    String,
    statement  UInt32,
    sha256     String,
    applied_at DateTime64(3, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY (version, statement, sha256)`

// ErrChanged says that a migration which was applied before reads differently
// now. Migrations are never edited: add another file.
var ErrChanged = errors.New("an applied migration was changed")

// Migrate makes the database and brings its schema up to date, forward only. It
// can be stopped at any statement and run again, and two programs may run it at
// the same time: every statement is one that may be repeated, and is written
// down only after it succeeded. It returns [ErrChanged] before touching
// anything if an applied statement differs from the one in this program.
func (db *DB) Migrate(ctx context.Context) error {
	if db.cfg.Cluster != "" && !clusterName.MatchString(db.cfg.Cluster) {
		return fmt.Errorf("migrate clickhouse: %q is not a cluster name", db.cfg.Cluster)
	}
	all, err := render(migrations, db.cfg.Cluster)
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
	done, err := db.applied(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if sum, ok := done[s.id()]; ok && sum != s.sum {
			return fmt.Errorf("migrate clickhouse: %s statement %d: %w", s.version, s.number, ErrChanged)
		}
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
	cluster := ""
	if db.cfg.Cluster != "" {
		cluster = " ON CLUSTER '" + db.cfg.Cluster + "'"
	}
	// The name was checked against databaseName.
	if err := conn.Exec(db.ddl(ctx), "CREATE DATABASE IF NOT EXISTS `"+db.database+"`"+cluster); err != nil {
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
	table, err := renderOne(ledgerTable, db.cfg.Cluster)
	if err != nil {
		return nil, fmt.Errorf("migrate clickhouse: %w", err)
	}
	if err := db.conn.Exec(db.ddl(ctx), table); err != nil {
		return nil, fmt.Errorf("migrate clickhouse: make schema_migrations: %w", err)
	}
	done := map[statementID]string{}
	err = db.rows(ctx, "migrations", nil,
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
