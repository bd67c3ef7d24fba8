package plan

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

// hands is a clock that a test moves.
type hands struct{ ms atomic.Int64 }

func (h *hands) now() time.Time       { return time.UnixMilli(h.ms.Load()).UTC() }
func (h *hands) move(d time.Duration) { h.ms.Add(d.Milliseconds()) }

// open opens a store with a clock.
func open(t *testing.T) (*store.Store, *hands) {
	t.Helper()
	clock := new(hands)
	clock.ms.Store(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: t.TempDir() + "/db", Now: clock.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg.URL = url
	}
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, clock
}

// TestTargetsOfAnInstant: targets that are declared anew leave those of before to
// the reports of before.
func TestTargetsOfAnInstant(t *testing.T) {
	s, clock := open(t)
	b := New(s)
	owner := live.Actor{ID: "owner", Role: live.RoleMerchant}
	declare := func(list ...analytics.Target) {
		t.Helper()
		if err := b.PutTargets(t.Context(), "m", list, owner); err != nil {
			t.Fatal(err)
		}
	}
	began := clock.now()
	declare(analytics.Target{Metric: "view_to_pay", Num: 5, Den: 100}, analytics.Target{Metric: "buyers", Num: 9})
	clock.move(time.Hour)
	declare(analytics.Target{Metric: "buyers", Num: 10})
	clock.move(time.Hour)
	declare()
	for _, tc := range []struct {
		after time.Duration
		want  string
	}{
		{-time.Millisecond, "[]"},
		{0, "[{buyers 9 0} {view_to_pay 5 100}]"},
		{59 * time.Minute, "[{buyers 9 0} {view_to_pay 5 100}]"},
		{time.Hour, "[{buyers 10 0}]"},
		{2 * time.Hour, "[]"},
	} {
		got, err := b.Targets(t.Context(), "m", began.Add(tc.after))
		if err != nil || fmt.Sprint(got) != tc.want {
			t.Errorf("after %s: %v, %v, want %s", tc.after, got, err, tc.want)
		}
	}
	if got, err := b.Targets(t.Context(), "n", clock.now()); err != nil || len(got) != 0 {
		t.Errorf("targets of another merchant: %v, %v", got, err)
	}
	var refusal *live.Error
	if err := b.PutTargets(t.Context(), "m", []analytics.Target{{Metric: "buyers", Num: 1, Den: 1}}, owner); !errors.As(err, &refusal) || refusal.Code != "invalid_field" {
		t.Errorf("a count with a denominator: %v", err)
	}
	rows, _, err := s.Audit(t.Context(), store.AuditFilter{Merchant: "m"})
	if err != nil || len(rows) != 3 || rows[0].Action != "report.targets" {
		t.Errorf("the audit has %v, %v", rows, err)
	}
}
