package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"showrunner/live"
)

// readersPostgres is the number of connections for reading of one store. The
// queries wait for a network here, so there are more than for a file.
const readersPostgres = 8

// openPostgres opens the database at a URL. It may be shared with other stores.
func (s *Store) openPostgres(ctx context.Context, url string) error {
	s.dialect = postgres
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx repeats the text, which may hold a password.
		return errors.New("the database URL is not one of PostgreSQL: want postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "showrunner"
	}
	s.pg = cfg
	s.writes = stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(durable))
	s.writes.SetMaxOpenConns(1)
	s.reads = stdlib.OpenDB(*cfg)
	s.reads.SetMaxOpenConns(readersPostgres)
	s.reads.SetMaxIdleConns(readersPostgres)
	if err := s.writes.PingContext(ctx); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return nil
}

// durable makes a commit wait for the disk, whatever the server's default is:
// what was acknowledged survives a crash. Settings stricter than that stay. A
// store that stands still in the middle of a transaction, or whose machine is
// gone, holds up the others no longer than the two time-outs say.
func durable(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
		SET idle_in_transaction_session_timeout = '15s'; SET tcp_user_timeout = '15s'`); err != nil {
		return fmt.Errorf("make commits durable: %w", err)
	}
	return nil
}

// attemptWithin bounds one attempt of a group: longer than another store can
// hold it up.
const attemptWithin = 30 * time.Second

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), attemptWithin)
}

// transientOnPostgres reports errors of the moment: nothing was stored, and
// running the same changes again may end well.
func transientOnPostgres(err error) bool {
	if errors.Is(err, driver.ErrBadConn) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch e.Code {
	case stateSerialization, stateDeadlock, stateLockNotAvailable, stateTooManyConnections:
		return true
	}
	// Connection exceptions, and a server that is told to stop or just starts.
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P")
}

// Codes of PostgreSQL, called SQLSTATE.
const (
	stateSerialization      = "40001"
	stateDeadlock           = "40P01"
	stateLockNotAvailable   = "55P03"
	stateTooManyConnections = "53300"
	stateBadText            = "22021"
)

// refusedByPostgres says in our words what PostgreSQL cannot keep and SQLite can.
func refusedByPostgres(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == stateBadText {
		return live.Invalid("invalid_field", "text", "must be UTF-8 without the character U+0000")
	}
	return err
}

func aliveOnPostgres(driverConn any) error {
	if c, ok := driverConn.(*stdlib.Conn); ok && c.Conn().IsClosed() {
		return driver.ErrBadConn
	}
	return nil
}
