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
// can be stopped at any statement and run again: every statement is one that may
// be repeated, and is written down only after it succeeded. Of programs that run it
// at the same time one does at a time (see [turn]), since a statement that is
// repeated after a later one was run may undo that. It returns [ErrChanged] before touching
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
	return db.migrate(ctx, all, steps{})
}

// steps are called while statements are run. All may be nil.
type steps struct {
	hold   func(context.Context) error // before a statement is looked for, to have the turn
	before func(statement)             // when a statement is to be run, for tests
	after  func(statement) error       // between running a statement and writing it down; tests stop by its error
	waits  func()                      // each time that another program has the turn, for tests
}

// migrate brings one server up to date that is no part of a cluster.
func (db *DB) migrate(ctx context.Context, all []statement, at steps) error {
	if there, err := db.upToDate(ctx, all); err != nil || there {
		return err
	}
	t, err := db.takeTurn(ctx, at.waits)
	if err != nil {
		return err
	}
	at.hold = t.hold
	return errors.Join(db.apply(ctx, all, at), t.end())
}

// upToDate reports whether nothing is missing, and refuses what cannot be
// migrated, without waiting for a program that migrates.
func (db *DB) upToDate(ctx context.Context, all []statement) (bool, error) {
	if err := db.createDatabase(ctx); err != nil {
		return false, err
	}
	if err := db.alone(ctx); err != nil {
		return false, err
	}
	done, err := db.applied(ctx)
	if err != nil {
		return false, err
	}
	if err := unchanged(all, done); err != nil {
		return false, err
	}
	for _, s := range all {
		if _, ok := done[s.id()]; !ok {
			return false, nil
		}
	}
	return true, nil
}

// apply runs what is missing of all.
func (db *DB) apply(ctx context.Context, all []statement, at steps) error {
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
		run, err := db.statement(ctx, s, at)
		if err != nil {
			return fmt.Errorf("migrate clickhouse: %s statement %d: %w", s.version, s.number, err)
		}
		if !run {
			continue
		}
		if at.after != nil {
			if err := at.after(s); err != nil {
				return err
			}
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

// tries and tryAgain bound how long a statement waits for a program of before there
// were turns, which runs the same migration and has a view detached for a moment.
const (
	tries    = 20
	tryAgain = 250 * time.Millisecond
)

// statement runs one statement, unless another program has run it meanwhile. What
// one that was killed has sent may still run: as all statements of a database have
// one name, the next begins after its end.
func (db *DB) statement(ctx context.Context, s statement, at steps) (run bool, err error) {
	for tried := 0; tried < tries; {
		if at.hold != nil {
			if err := at.hold(ctx); err != nil {
				return false, err
			}
		}
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
		if at.before != nil {
			at.before(s)
		}
		if err = db.patient.Exec(ch.Context(db.ddl(ctx), ch.WithQueryID(statementName+db.database)), s.sql); err == nil {
			return true, nil
		}
		e, ok := errors.AsType[*ch.Exception](err)
		switch {
		case ok && e.Code == codeSameQuery:
		case ok && (e.Code == unknownTable || e.Code == tableExists):
			tried++
		default:
			return false, err
		}
		if err := sleep(ctx, tryAgain); err != nil {
			return false, err
		}
	}
	return false, err
}

// statementName and the database are what ClickHouse knows a running statement by.
const statementName = "showrunner-migration-of-"

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
