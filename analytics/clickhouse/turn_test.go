package clickhouse

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// turnChild makes a process of this test one that migrates the database of a URL,
// and stands still before the statement that detaches a view.
const turnChild = "turn-child"

func turnMain(address string) int {
	db, err := Open(context.Background(), Config{URL: address, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	all, err := render(migrations, false)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	err = db.migrate(context.Background(), all, steps{before: func(s statement) {
		if strings.HasPrefix(s.sql, "DETACH") {
			fmt.Println("has the turn")
			select {}
		}
	}})
	fmt.Fprintln(os.Stderr, "not stopped:", err)
	return 1
}

// twice are two connections to one database that is not there yet, by either
// protocol.
func twice(t *testing.T) (first, second *DB) {
	first = open(t, server.URL())
	return first, connect(t, strings.TrimSuffix(server.HTTPURL(), "showrunner")+first.database)
}

// TestMigrateInTurn: whichever statement one program is about to run, or has run and
// not yet written down, another does not run any. Views that were detached late
// would stay so, and columns that were dropped late be missed.
func TestMigrateInTurn(t *testing.T) {
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	first, second := twice(t)
	var waited atomic.Int64
	ended := make(chan error, 1)
	began := false
	refused := func(where string, s statement) {
		if !began {
			began = true
			go func() {
				ended <- second.migrate(t.Context(), all, steps{
					waits:  func() { waited.Add(1) },
					before: func(s statement) { t.Errorf("%v is run by the one that waited", s.id()) },
				})
			}()
		}
		for before := waited.Load(); waited.Load() == before; time.Sleep(time.Millisecond) {
			select {
			case err := <-ended:
				t.Fatalf("the other did not wait while the first is %s %v: %v", where, s.id(), err)
			default:
			}
		}
	}
	if err := first.migrate(t.Context(), all, steps{
		before: func(s statement) { refused("before", s) },
		after:  func(s statement) error { refused("behind", s); return nil },
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(schema(t, migrated(t, server.URL())), schema(t, first)); d != "" {
		t.Errorf("-alone +in turn\n%s", d)
	}
}

// TestMigrateKilled: the turn of a program that is killed is over at once.
func TestMigrateKilled(t *testing.T) {
	want := schema(t, migrated(t, server.URL()))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{server.URL(), server.HTTPURL()} {
		db := open(t, address)
		c := osexec.Command(self, turnChild, strings.TrimSuffix(address, "showrunner")+db.database)
		c.Stderr = t.Output()
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatalf("it said %q: %v", line, err)
		}
		waiting, cancel := context.WithCancel(t.Context())
		if _, err := db.takeTurn(waiting, cancel); err == nil {
			t.Error("two have the turn")
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // It was killed.
		killed := time.Now()
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: brought up to date %v after the other was killed", db.options.Protocol, time.Since(killed))
		if d := cmp.Diff(want, schema(t, db)); d != "" {
			t.Errorf("-alone +after one that was killed\n%s", d)
		}
	}
}

// TestTurnLost: the turn ends with ClickHouse, and is asked for again before the
// next statement, also when it lasts no longer than one might take.
func TestTurnLost(t *testing.T) {
	first, second := twice(t)
	has, err := first.takeTurn(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	killEngine(t)
	other, err := second.takeTurn(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var waited atomic.Int64
	has.waits = func() { waited.Add(1) }
	held := make(chan error, 1)
	go func() { held <- has.hold(t.Context()) }()
	for waited.Load() < 2 {
		select {
		case err := <-held:
			t.Fatalf("two have the turn: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if err := other.end(); err != nil {
		t.Error(err)
	}
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	has.began = has.began.Add(-turnLasts / 2)
	lost := has.lost
	if err := has.hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has.lost == lost {
		t.Error("a turn that is half over is not taken anew")
	}
	if err := has.end(); err != nil {
		t.Error(err)
	}
}
