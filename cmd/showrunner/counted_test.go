package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// TestCounted: a show that is over is counted once, and anew after anything that
// its figures come from is another.
func TestCounted(t *testing.T) {
	ended := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	now := ended.Add(time.Hour)
	standing, erased, times := clickhouse.Standing{Events: clickhouse.Extent{Rows: 7, Places: 1, Latest: ended.UnixMilli()}}, int64(0), int64(0)
	var fault error
	c := newCounted(counted{
		count: func(_ context.Context, _ live.MerchantID, s live.Show, asOf time.Time, _ analytics.Part) (analytics.Figures, error) {
			times++
			return analytics.Figures{Show: s.ID, AsOf: asOf, Bots: times}, fault
		},
		standing: func(context.Context, live.MerchantID, live.ShowID) (clickhouse.Standing, error) { return standing, nil },
		erased:   func(context.Context, live.MerchantID) (int64, error) { return erased, nil },
		now:      func() time.Time { return now },
	}, prometheus.NewRegistry())
	show := live.Show{ID: "s1", Merchant: "m1", State: live.ShowStateEnded, StartedAt: ended.Add(-2 * time.Hour), EndedAt: ended}
	ask := func(s live.Show, need analytics.Part) analytics.Figures {
		t.Helper()
		f, err := c.figures(t.Context(), s, need)
		if !errors.Is(err, fault) {
			t.Fatal(err)
		}
		if f.Show != s.ID || !f.AsOf.Equal(now) {
			t.Errorf("figures of %s as of %s, want %s as of %s", f.Show, f.AsOf, s.ID, now)
		}
		return f
	}
	for _, step := range []struct {
		name   string
		change func()
		need   analytics.Part
		count  bool
	}{
		{"a table of a show that was never counted", func() {}, analytics.PartFunnel, true},
		{"a table alone is not kept", func() {}, analytics.Everything, true},
		{"everything is", func() {}, analytics.Everything, false},
		{"and serves each table", func() {}, analytics.PartFunnel, false},
		{"later it is the same", func() { now = now.Add(48 * time.Hour) }, analytics.Everything, false},
		{"a refund came", func() { standing.Deltas = clickhouse.Extent{Rows: 1, Places: 5, Latest: now.UnixMilli()} }, analytics.Everything, true},
		{"it is counted", func() {}, analytics.Everything, false},
		{"as many facts, others", func() { standing.Events.Places++ }, analytics.Everything, true},
		{"facts went", func() { standing.Events.Rows-- }, analytics.Everything, true},
		{"a person was forgotten", func() { erased++ }, analytics.Everything, true},
		{"the show was changed", func() { show.EndedAt = show.EndedAt.Add(time.Minute) }, analytics.Everything, true},
		{"nothing more", func() {}, analytics.PartHosts, false},
		{"a fact of later than now", func() { standing.Events.Latest = now.Add(time.Second).UnixMilli() }, analytics.Everything, true},
		{"is not in figures that are kept", func() { now = now.Add(time.Minute) }, analytics.Everything, true},
		{"now it is", func() {}, analytics.Everything, false},
	} {
		step.change()
		before := times
		f := ask(show, step.need)
		if counted := times > before; counted != step.count {
			t.Errorf("%s: counted is %v, want %v", step.name, counted, step.count)
		}
		if f.Bots != times {
			t.Errorf("%s: figures of count %d, want %d", step.name, f.Bots, times)
		}
	}
	running := show
	running.ID, running.State, running.EndedAt = "s2", live.ShowStateLive, time.Time{}
	for range 2 {
		before := times
		if ask(running, analytics.Everything); times == before {
			t.Error("a show on air was not counted anew")
		}
	}
	fault = errors.New("away")
	erased++
	ask(show, analytics.Everything)
	fault = nil
	before := times
	if ask(show, analytics.Everything); times == before {
		t.Error("what failed was kept")
	}
}
