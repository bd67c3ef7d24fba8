package store

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

func onPostgres() bool { return postgresServer != nil }

// TestMain runs every test twice, on SQLite and on PostgreSQL. A machine
// without PostgreSQL says so and runs them once.
func TestMain(m *testing.M) {
	if database := os.Getenv(childPath); database != "" {
		if err := placeForEver(database); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	only := flag.String("database", "", "run on one database only: sqlite or postgres")
	flag.Parse()
	code := 0
	if *only != "postgres" {
		fmt.Println("on SQLite:")
		code = m.Run()
	}
	if *only != "sqlite" {
		code = max(code, pgtest.RunOn(&postgresServer, m.Run, *only == "postgres"))
	}
	os.Exit(code)
}

// databases are the PostgreSQL databases that stand for files.
var databases = map[string]string{}

// config is that of a store on the database under test: the file at path, or
// the PostgreSQL database that stands for it.
func config(t testing.TB, path string, now func() time.Time) Config {
	t.Helper()
	if !onPostgres() {
		return Config{Path: path, Now: now}
	}
	if databases[path] == "" {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		databases[path] = url
	}
	return Config{URL: databases[path], Now: now}
}

// onlySQLite skips a test about what only a file has.
func onlySQLite(t *testing.T) {
	t.Helper()
	if onPostgres() {
		t.Skip("about SQLite's file")
	}
}
