package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
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
// what was acknowledged survives a crash. Settings stricter than that stay.
func durable(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`); err != nil {
		return fmt.Errorf("make commits durable: %w", err)
	}
	return nil
}
