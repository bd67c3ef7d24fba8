package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // The database/sql driver "sqlite".
)

// readers is the number of connections for reading. WAL lets them run beside
// the writer; more than the cores of a small machine would only queue there.
const readers = 4

// openSQLite opens the database file.
func (s *Store) openSQLite(path string) (err error) {
	s.dialect = sqlite
	if err := private(path); err != nil {
		return err
	}
	if s.writes, err = sql.Open("sqlite", sqliteURL(path, writing...)); err != nil {
		return fmt.Errorf("for writing: %w", err)
	}
	s.writes.SetMaxOpenConns(1)
	s.reads = sql.OpenDB(keeper{s.writes.Driver(), sqliteURL(path, "query_only(1)")})
	s.reads.SetMaxOpenConns(readers)
	s.reads.SetMaxIdleConns(readers)
	return nil
}

// private makes the file readable by its owner only, before a secret is in it.
// SQLite gives its -wal and -shm files the mode of the database file.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// writing is for the connection that writes: its pages stay in memory through
// a large group, and the log is moved into the file every 32 MiB instead of
// every 4, which is a pause for every order waiting.
var writing = []string{"cache_size(-16384)", "wal_autocheckpoint(8000)"}

// sqliteURL is the data source of a database file. FULL makes a commit wait
// for the disk: what was acknowledged survives a power cut.
func sqliteURL(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}
