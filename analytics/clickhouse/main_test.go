package clickhouse

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/analytics/engine"
)

const childFlag = "engine-child"

// server is the one engine of this package's tests; every test has a database
// of its own on it.
var server *engine.Engine

// testMemory is what all databases of the tests together may take. Each table that
// remembers what was inserted counts for a megabyte, whether it has any rows or not:
// those of a hundred databases are more than the engine has by default.
const testMemory = 8 << 30

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childFlag {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == turnChild {
		os.Exit(turnMain(os.Args[2]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "clickhouse-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, err = engine.Start(ctx, engine.Config{Dir: dir, Exec: []string{self, childFlag}, MaxMemory: testMemory, Now: time.Now})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	code := m.Run()
	cancel()
	if err := <-done; err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := server.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

var databases atomic.Int64

// open makes an empty database and connects to it by the given URL.
func open(t *testing.T, address string) *DB {
	t.Helper()
	name := fmt.Sprintf("t%d", databases.Add(1))
	if clustered != nil {
		return clustered.connect(t, name)
	}
	return connect(t, strings.TrimSuffix(address, engine.Database)+name)
}

func connect(t *testing.T, address string) *DB {
	t.Helper()
	return connectTo(t, Config{URL: address, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
}

func connectTo(t *testing.T, cfg Config) *DB {
	t.Helper()
	db, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// migrated is open with the schema in place.
func migrated(t *testing.T, address string) *DB {
	t.Helper()
	db := open(t, address)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
