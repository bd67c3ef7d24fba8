package group_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion/care/group"
	"showrunner/live"
	"showrunner/live/store"
	"showrunner/live/store/pgtest"
)

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server

// TestMain runs every test twice, on SQLite and on PostgreSQL: the registry is
// SQL. A machine without PostgreSQL says so and runs them once.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run, &postgresServer)) }

// env is a registry on a real database, with a clock that a test moves.
type env struct {
	t     *testing.T
	clock atomic.Int64
	store *store.Store
	*group.Registry
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{t: t}
	e.clock.Store(start.UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	var err error
	if e.store, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.store.Close(); err != nil {
			t.Error(err)
		}
	})
	e.Registry = group.NewRegistry(e.store)
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) advance(d time.Duration) { e.clock.Add(d.Milliseconds()) }

var owner = live.Principal{Subject: "boss", Role: live.RoleMerchant, Merchant: "m1"}

// create registers a group of m1, or of who is named in it.
func (e *env) create(g group.Group) group.Group {
	e.t.Helper()
	if g.Merchant == "" {
		g.Merchant = "m1"
	}
	out, err := e.Create(e.t.Context(), g, owner)
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// told are the facts of a kind in the outbox.
func (e *env) told(k live.Kind) (n int) {
	e.t.Helper()
	rows, err := e.store.Outbox(e.t.Context(), 0, 1000)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Event.Kind == k {
			n++
			if err := live.CheckData(k, r.Event.Data); err != nil {
				e.t.Errorf("%s: %v", k, err)
			}
		}
	}
	return n
}

// audited are the entries of the audit log about an action.
func (e *env) audited(action string) (n int) {
	e.t.Helper()
	rows, _, err := e.store.Audit(e.t.Context(), store.AuditFilter{Merchant: "m1", Limit: 500})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Action == action {
			n++
		}
	}
	return n
}
