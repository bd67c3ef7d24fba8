package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"showrunner/live"
)

// Names of the databases in [Saved].
const (
	SavedSQLite   = "sqlite"
	SavedPostgres = "postgres"
)

// Saved is what a copy of the database holds.
type Saved struct {
	Database string  `json:"database"` // SavedSQLite or SavedPostgres
	Outbox   int64   `json:"outbox"`   // the highest id that an event of it has
	Versions []int64 `json:"versions"` // of the migrations it has had
}

// Save copies the database as of one instant to a file that is not there yet, and
// writes go on meanwhile. SQLite makes a database file, PostgreSQL an archive of
// pg_dump, which must be installed on this machine.
func (s *Store) Save(ctx context.Context, path string) (Saved, error) {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return Saved{}, fmt.Errorf("save the store: %s is there already", path)
	}
	save := s.saveSQLite
	if s.pg != nil {
		save = s.savePostgres
	}
	out, err := save(ctx, path)
	if err != nil {
		return out, fmt.Errorf("save the store: %w", err)
	}
	return out, nil
}

// saveSQLite copies by VACUUM INTO on a connection of its own, which reads one
// snapshot beside the writer.
func (s *Store) saveSQLite(ctx context.Context, path string) (out Saved, err error) {
	var file string
	if err := s.reads.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file); err != nil {
		return out, err
	}
	db, err := sql.Open("sqlite", sqliteURL(file))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := private(path); err != nil { // An empty file is taken, and keeps its mode.
		return out, err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return out, err
	}
	return inspectSQLite(ctx, path)
}

// inspectSQLite checks a copy and says what it holds.
func inspectSQLite(ctx context.Context, path string) (out Saved, err error) {
	u := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&immutable=1"}).String()
	db, err := sql.Open("sqlite", u)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var check string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&check); err != nil {
		return out, err
	}
	if check != "ok" {
		return out, fmt.Errorf("the copy is damaged: %s", check)
	}
	return inspect(ctx, db, SavedSQLite)
}

// inspector is a database or a transaction of one.
type inspector interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func inspect(ctx context.Context, db inspector, database string) (Saved, error) {
	out := Saved{Database: database}
	if err := db.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'outbox'`).Scan(&out.Outbox); err != nil {
		return out, fmt.Errorf("read the outbox counter: %w", err)
	}
	rows, err := db.QueryContext(ctx, `SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id`)
	out.Versions, err = collect(rows, err, func(r scanner) (v int64, err error) { return v, r.Scan(&v) })
	if err != nil {
		return out, fmt.Errorf("read the migrations: %w", err)
	}
	return out, nil
}

// savePostgres lets pg_dump read the snapshot of a transaction in which what the
// copy holds is read as well.
func (s *Store) savePostgres(ctx context.Context, path string) (out Saved, err error) {
	dump, err := postgresTool("pg_dump")
	if err != nil {
		return out, err
	}
	t, err := s.reads.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, t.Rollback()) }()
	var snapshot string
	if err := t.QueryRowContext(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return out, err
	}
	if out, err = inspect(ctx, t, SavedPostgres); err != nil {
		return out, err
	}
	if err := private(path); err != nil {
		return out, err
	}
	return out, runPostgresTool(ctx, s.pg.ConnString(), dump, "--format=custom", "--no-owner", "--no-privileges", "--snapshot="+snapshot, "--file="+path)
}

// postgresTool finds a program of PostgreSQL: on the PATH, or the newest of those
// that Debian has beside it.
func postgresTool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s was not found: install the client programs of PostgreSQL, as new as the server or newer", name)
	}
	return slices.MaxFunc(found, func(a, b string) int {
		return strings.Compare(filepath.Base(a[:len(a)-len("/bin/"+name)]), filepath.Base(b[:len(b)-len("/bin/"+name)]))
	}), nil
}

// runPostgresTool runs it on the database of a URL. The password goes by the
// environment: arguments can be read by everybody on the machine.
func runPostgresTool(ctx context.Context, at, tool string, args ...string) error {
	u, err := url.Parse(at)
	if err != nil {
		return errors.New("the database URL cannot be read")
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Env = os.Environ()
	if password, ok := u.User.Password(); ok {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
		u.User = url.User(u.User.Username())
	}
	cmd.Args = append(cmd.Args, "--dbname="+u.String())
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(tool), err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// Refusals of [Restore].
var (
	ErrStoreExists error = live.Conflict("store_exists", "there is something in the database already")
	ErrStoreNewer  error = live.Conflict("store_newer", "the copy is of a newer version of the program")
)

// Restore makes a database from a copy that [Store.Save] made: in the file at
// cfg.Path, which must not be there, or in the PostgreSQL of cfg.URL, which must
// be empty. A database that fails to be made in PostgreSQL is left empty.
//
// What it returns takes that back, for who cannot go on: of PostgreSQL it drops what
// was made, of SQLite the file is the caller's to remove.
func Restore(ctx context.Context, cfg Config, path string, saved Saved) (undo func(context.Context) error, err error) {
	undo = func(context.Context) error { return nil }
	if saved.Database == SavedPostgres && cfg.URL != "" {
		if undo, err = undoPostgres(ctx, cfg.URL); err != nil {
			return nil, fmt.Errorf("restore the store: %w", err)
		}
	}
	if err := restore(ctx, cfg, path, saved); err != nil {
		return nil, fmt.Errorf("restore the store: %w", err)
	}
	return undo, nil
}

func restore(ctx context.Context, cfg Config, path string, saved Saved) error {
	d := sqlite
	if saved.Database == SavedPostgres {
		d = postgres
	}
	known, err := versions(d)
	if err != nil {
		return err
	}
	for _, v := range saved.Versions {
		if !slices.Contains(known, v) {
			return fmt.Errorf("migration %d: %w", v, ErrStoreNewer)
		}
	}
	if (cfg.URL != "") != (saved.Database == SavedPostgres) {
		return live.Conflict("store_differs", "the copy is of %s", saved.Database)
	}
	if cfg.URL != "" {
		return restorePostgres(ctx, cfg.URL, path)
	}
	if got, err := inspectSQLite(ctx, path); err != nil {
		return err
	} else if got.Outbox != saved.Outbox || !slices.Equal(got.Versions, saved.Versions) {
		return errors.New("the copy is not the one that was described")
	}
	if _, err := os.Lstat(cfg.Path); !errors.Is(err, os.ErrNotExist) {
		return ErrStoreExists
	}
	raw, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // Only read.
	if err := private(cfg.Path); err != nil {
		return err
	}
	out, err := os.OpenFile(cfg.Path, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = out.ReadFrom(raw)
	return errors.Join(err, out.Sync(), out.Close())
}

func restorePostgres(ctx context.Context, at, path string) error {
	if err := Vacant(ctx, Config{URL: at}); err != nil {
		return err
	}
	tool, err := postgresTool("pg_restore")
	if err != nil {
		return err
	}
	return runPostgresTool(ctx, at, tool, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", path)
}

// versions are those of the migrations that this program has for a database.
func versions(d dialect) (out []int64, err error) {
	files, err := migrationFiles(d)
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(d.schema, &sql.DB{}, files)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, s := range p.ListSources() {
		out = append(out, s.Version)
	}
	return out, nil
}
