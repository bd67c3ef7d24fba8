package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// TestRestoreTakesBack: a restore that fails at its last step, in ClickHouse, leaves
// nothing in PostgreSQL and NATS that would refuse the next one; and one to places of
// which any holds something writes to none.
func TestRestoreTakesBack(t *testing.T) {
	database := postgres(t)
	urls := [2]string{database(), database()}
	dir := t.TempDir()
	data, from := filepath.Join(dir, "data"), filepath.Join(dir, "good")
	p := startProgram(t, data, "127.0.0.1:0", "--database", urls[0])
	s := newStage(t, p.url, data, "m-back", "r-back", "UTC", good{"p1", "sku-1", 100, 10})
	s.command("end_show", object{})
	if err := (&BackupCmd{Data: data, To: from, By: "ann"}).Execute(deadline(t, time.Minute), t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	p.stop(20 * time.Second)
	ns := startNATS(t, &natsserver.Options{Port: natsserver.RANDOM_PORT})
	back := filepath.Join(dir, "back")
	restore := func(change func(*RestoreCmd)) error {
		r := RestoreCmd{From: from, Data: back, Database: urls[1], NATS: ns.ClientURL(), EngineMemory: 2 << 30}
		change(&r)
		return r.Execute(deadline(t, 2*time.Minute), t.Output(), t.Output())
	}
	vacant := func(when string) {
		t.Helper()
		if err := store.Vacant(t.Context(), store.Config{URL: urls[1]}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if err := eventlog.Vacant(t.Context(), eventlog.Config{URL: ns.ClientURL(), Now: clock}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		for _, made := range []string{back, back + ".restoring"} {
			if _, err := os.Stat(made); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s was made: %v", when, made, err)
			}
		}
	}
	if err := restore(func(r *RestoreCmd) { r.EngineLibrary = filepath.Join(dir, "none") }); err == nil {
		t.Fatal("it went well without ClickHouse")
	}
	vacant("after ClickHouse failed")

	// The database of the server that runs holds something, and so does its NATS then.
	if err := restore(func(r *RestoreCmd) { r.Database = urls[0] }); !errors.Is(err, store.ErrStoreExists) {
		t.Errorf("a database that holds something: %v", err)
	}
	vacant("after the database was refused")
	other := startNATS(t, &natsserver.Options{Port: natsserver.RANDOM_PORT})
	l, err := eventlog.Open(t.Context(), eventlog.Config{URL: other.ClientURL(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := restore(func(r *RestoreCmd) { r.NATS = other.ClientURL() }); !errors.Is(err, eventlog.ErrLogExists) {
		t.Errorf("a NATS that has a log: %v", err)
	}
	vacant("after NATS was refused")
	if _, err := l.Head(t.Context()); err != nil {
		t.Errorf("the log that was there: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := restore(func(*RestoreCmd) {}); err != nil {
		t.Fatal(err)
	}
}
