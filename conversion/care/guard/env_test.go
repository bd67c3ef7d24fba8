package guard

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// env is a guard, or two on one database, whose clock a test moves.
type env struct {
	t     testing.TB
	clock atomic.Int64
	ids   atomic.Int64
	store *store.Store
	guard *Guard
	other *Guard // at another server on the same database; the same on SQLite
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{t: t}
	// Noon in UTC, on a day when no clock changes.
	e.clock.Store(time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	e.store = e.open(cfg)
	e.guard = New(e.store, e.id)
	e.other = e.guard
	if postgresServer != nil {
		e.other = New(e.open(cfg), e.id)
	}
	return e
}

func (e *env) open(cfg store.Config) *store.Store {
	e.t.Helper()
	s, err := store.Open(e.t.Context(), cfg)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			e.t.Error(err)
		}
	})
	return s
}

func (e *env) now() time.Time       { return time.UnixMilli(e.clock.Load()).UTC() }
func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }
func (e *env) id() string           { return fmt.Sprintf("%06d", e.ids.Add(1)) }

// rules sets a document; what it leaves out is switched off, so that a test sees
// only the rules it names.
func (e *env) rules(document string) {
	e.t.Helper()
	full := map[string]any{"quiet_hours": nil, "caps": []any{}, "cool_down": nil, "consent_channels": []string{}}
	if err := json.Unmarshal([]byte(document), &full); err != nil {
		e.t.Fatal(err)
	}
	raw, err := json.Marshal(full)
	if err != nil {
		e.t.Fatal(err)
	}
	r, err := ParseRules(raw)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.guard.SetRules(e.t.Context(), "m1", *r, owner); err != nil {
		e.t.Fatal(err)
	}
}

var owner = live.Actor{ID: "owner", Role: live.RoleMerchant}

func to(person string) Touch {
	return Touch{Merchant: "m1", Person: live.PersonID(person), Channel: "contact", Kind: "care", Agent: "ann", By: live.Actor{ID: "ann", Role: live.RoleAgent}}
}

func (e *env) send(t Touch) Touch {
	e.t.Helper()
	got, err := e.guard.Send(e.t.Context(), t, false)
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

// said is what a touch came to: "sent", or "suppressed" with the rules.
func said(t Touch) string {
	var words []string
	for _, h := range t.Holds {
		words = append(words, h.Rule)
	}
	return strings.TrimSpace(string(t.State) + " " + strings.Join(words, " "))
}

// wants checks what a touch comes to, asked first and then sent.
func (e *env) wants(want string, t Touch) Touch {
	e.t.Helper()
	asked, err := e.other.Check(e.t.Context(), t, e.now())
	if err != nil {
		e.t.Fatal(err)
	}
	got := e.send(t)
	if said(got) != want || said(asked) != want {
		e.t.Fatalf("at %s: %q, and asked before %q; want %q", e.now().Format(time.RFC3339), said(got), said(asked), want)
	}
	return got
}

func (e *env) facts(kind live.Kind) (out []live.Event) {
	e.t.Helper()
	rows, err := e.store.Outbox(e.t.Context(), 0, 100_000)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Event.Kind == kind {
			out = append(out, r.Event)
		}
	}
	return out
}

func member(t testing.TB, e live.Event, name string) any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(e.Data, &d); err != nil {
		t.Fatal(err)
	}
	return d[name]
}

func auditOf(m live.MerchantID) store.AuditFilter { return store.AuditFilter{Merchant: m} }
