package main

import (
	"errors"
	"testing"
	"time"

	"showrunner/live/store/pgtest"
)

// TestShowOnPostgres plays a show on a server whose rooms, stock and orders are
// in PostgreSQL, the log and ClickHouse embedded, and restarts it on the same
// database: every figure agrees, and nothing is left in the data folder that
// another server could not find.
func TestShowOnPostgres(t *testing.T) {
	database := postgres(t)()
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0", "--database", database)
	for seed := range uint64(2) {
		sim := SimulateCmd{URL: p.url, Data: data, Viewers: 40, Minutes: 6, Speed: 60, Seed: 11 + seed, Room: "r-pg", Merchant: "m-pg"}
		if err := sim.Execute(deadline(t, 4*time.Minute), t.Output(), t.Output()); err != nil {
			t.Fatal(err)
		}
		p.stop(10 * time.Second)
		p = startProgram(t, data, "127.0.0.1:0", "--database", database)
	}
	audit(t, engineURL(t, data))
	p.stop(10 * time.Second)
}

// postgres starts PostgreSQL until the end of the test, which is skipped where there
// is none, and returns what makes a database in it.
func postgres(t *testing.T) (database func() string) {
	t.Helper()
	pg, err := pgtest.Start(t.Context())
	if errors.Is(err, pgtest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	return func() string {
		t.Helper()
		url, err := pg.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
}
