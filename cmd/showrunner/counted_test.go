package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// fakeFacts are facts that a test changes at will.
type fakeFacts struct {
	standing func(analytics.ShowAt) clickhouse.Standing
	during   func() // runs while it is counted
	times    int64
	fault    error
	refused  error // of what is stored
	rows     map[live.MerchantID]map[live.ShowID]clickhouse.KeptFigures
}

func (x *fakeFacts) FiguresOf(_ context.Context, _ live.MerchantID, s live.Show, asOf time.Time, _ analytics.Part) (analytics.Figures, error) {
	x.times++
	if x.during != nil {
		x.during()
	}
	return analytics.Figures{Show: s.ID, AsOf: asOf, Bots: x.times}, x.fault
}

func (x *fakeFacts) FiguresStanding(ctx context.Context, m live.MerchantID, s live.Show, asOf time.Time) (analytics.Figures, clickhouse.Standing, error) {
	stood := x.standing(analytics.ShowAt{Show: s, At: asOf})
	f, err := x.FiguresOf(ctx, m, s, asOf, analytics.Everything)
	return f, stood, err
}

func (x *fakeFacts) Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) (out []analytics.Figures, err error) {
	for _, s := range shows {
		f, ferr := x.FiguresOf(ctx, m, s.Show, s.At, analytics.PartMetrics)
		out, err = append(out, f), ferr
	}
	return out, err
}

func (x *fakeFacts) Standings(_ context.Context, _ live.MerchantID, shows []analytics.ShowAt) (out []clickhouse.Standing, err error) {
	for _, s := range shows {
		out = append(out, x.standing(s))
	}
	return out, nil
}

func (x *fakeFacts) StandingsOfFacts(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error) {
	return x.Standings(ctx, m, shows)
}

func (x *fakeFacts) StandingsByRollup(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]clickhouse.Standing, error) {
	return x.Standings(ctx, m, shows)
}

func (x *fakeFacts) KeepFigures(_ context.Context, m live.MerchantID, list []clickhouse.KeptFigures) error {
	if x.rows == nil {
		x.rows = map[live.MerchantID]map[live.ShowID]clickhouse.KeptFigures{}
	}
	if x.rows[m] == nil {
		x.rows[m] = map[live.ShowID]clickhouse.KeptFigures{}
	}
	for _, k := range list {
		x.rows[m][k.Show] = k
	}
	return x.refused
}

func (x *fakeFacts) KeptFigures(_ context.Context, m live.MerchantID, shows []live.ShowID, names []string, everything bool) (out []clickhouse.KeptFigures, err error) {
	for _, id := range shows {
		k := x.rows[m][id]
		if everything {
			k.Metrics = nil
		} else {
			k.Everything = nil
		}
		if len(k.Metrics)+len(k.Everything) > 0 && (names == nil || slices.Contains(names, k.Of)) {
			out = append(out, k)
		}
	}
	return out, x.refused
}

func (x *fakeFacts) KeptOf(_ context.Context, m live.MerchantID) (out []clickhouse.KeptFigures, err error) {
	for _, k := range x.rows[m] {
		if len(k.Everything) > 0 {
			out = append(out, k)
		}
	}
	return out, nil
}

func (x *fakeFacts) DropFigures(_ context.Context, m live.MerchantID, erased int64) error {
	maps.DeleteFunc(x.rows[m], func(_ live.ShowID, k clickhouse.KeptFigures) bool { return k.Erased < erased })
	return nil
}

// valueOf is what a metric stands at.
func valueOf(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%d metrics, %v", len(families), err)
	}
	m := families[0].GetMetric()[0]
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}

// countedBy counts with a program of its own; the clock stands at *now.
func countedBy(build string, facts *fakeFacts, erased *int64, now *time.Time) *counted {
	return newCounted(facts, func(context.Context, live.MerchantID) (int64, error) { return *erased, nil },
		func() (string, error) { return build, nil }, func() time.Time { return *now }, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

// TestCounted: a show that is over is counted once, and anew after anything that
// its figures come from is another.
func TestCounted(t *testing.T) {
	ended := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	now := ended.Add(time.Hour)
	standing, erased := clickhouse.Standing{Events: clickhouse.Extent{Rows: 7, Places: 1, Latest: ended.UnixMilli()}}, int64(0)
	facts := &fakeFacts{standing: func(analytics.ShowAt) clickhouse.Standing { return standing }}
	c := countedBy("", facts, &erased, &now)
	show := live.Show{ID: "s1", Merchant: "m1", State: live.ShowStateEnded, StartedAt: ended.Add(-2 * time.Hour), EndedAt: ended}
	ask := func(s live.Show, need analytics.Part) analytics.Figures {
		t.Helper()
		f, err := c.figures(t.Context(), s, now, need)
		c.later.rest()
		if !errors.Is(err, facts.fault) {
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
		{"a fact came while it was counted", func() {
			standing.Events.Rows++
			facts.during = func() { standing.Events.Rows++ }
		}, analytics.Everything, true},
		{"which may be in it or not: it is not kept", func() { facts.during, standing.Events.Rows = nil, standing.Events.Rows-1 }, analytics.Everything, true},
		{"nor for those who ask later", func() { standing.Events.Rows++ }, analytics.Everything, true},
		{"now it is", func() {}, analytics.Everything, false},
	} {
		step.change()
		before := facts.times
		f := ask(show, step.need)
		if counted := facts.times > before; counted != step.count {
			t.Errorf("%s: counted is %v, want %v", step.name, counted, step.count)
		}
		if f.Bots != facts.times {
			t.Errorf("%s: figures of count %d, want %d", step.name, f.Bots, facts.times)
		}
	}
	running := show
	running.ID, running.State, running.EndedAt = "s2", live.ShowStateLive, time.Time{}
	for range 2 {
		before := facts.times
		if ask(running, analytics.Everything); facts.times == before {
			t.Error("a show on air was not counted anew")
		}
	}
	facts.fault = errors.New("away")
	erased++
	ask(show, analytics.Everything)
	facts.fault = nil
	before := facts.times
	if ask(show, analytics.Everything); facts.times == before {
		t.Error("what failed was kept")
	}
}

// TestCountedPeers: of many shows those alone are counted of which the facts until
// their instants are others than before, and each answer stands at its place.
func TestCountedPeers(t *testing.T) {
	ended := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	late := ended.Add(50 * time.Hour) // when a refund of b came
	facts := &fakeFacts{standing: func(s analytics.ShowAt) (out clickhouse.Standing) {
		out.Events.Rows = 7
		if s.Show.ID == "b" && !s.At.Before(late) {
			out.Deltas.Rows = 1
		}
		return out
	}}
	now, erased := ended.AddDate(1, 0, 0), int64(0)
	c := countedBy("", facts, &erased, &now)
	at := func(id live.ShowID, age time.Duration) analytics.ShowAt {
		s := live.Show{ID: id, Merchant: "m1", State: live.ShowStateEnded, StartedAt: ended.Add(-time.Hour), EndedAt: ended}
		if age < 0 {
			s.State, s.EndedAt = live.ShowStateLive, time.Time{}
		}
		return analytics.ShowAt{Show: s, At: ended.Add(age)}
	}
	for _, step := range []struct {
		name    string
		shows   []analytics.ShowAt
		counted int64
	}{
		{"none", nil, 0},
		{"two for the first time", []analytics.ShowAt{at("a", time.Hour), at("b", time.Hour)}, 2},
		{"the same in another order, and one more", []analytics.ShowAt{at("b", 2*time.Hour), at("c", time.Hour), at("a", 2*time.Hour)}, 1},
		{"after the refund", []analytics.ShowAt{at("a", 51*time.Hour), at("b", 51*time.Hour), at("c", 51*time.Hour)}, 1},
		{"before it once more", []analytics.ShowAt{at("c", 49*time.Hour), at("b", 49*time.Hour)}, 0},
		{"one that went on then", []analytics.ShowAt{at("c", -time.Minute), at("b", 60*time.Hour)}, 1},
		{"still", []analytics.ShowAt{at("c", -time.Minute)}, 1},
	} {
		before := facts.times
		got, err := c.metrics(t.Context(), "m1", step.shows)
		c.later.rest()
		if err != nil || len(got) != len(step.shows) {
			t.Fatalf("%s: %d figures, %v", step.name, len(got), err)
		}
		if n := facts.times - before; n != step.counted {
			t.Errorf("%s: %d shows were counted, want %d", step.name, n, step.counted)
		}
		for i, f := range got {
			if s := step.shows[i]; f.Show != s.Show.ID || !f.AsOf.Equal(s.At) {
				t.Errorf("%s: figures of %s as of %s, want %s as of %s", step.name, f.Show, f.AsOf, s.Show.ID, s.At)
			}
		}
	}
	facts.fault = errors.New("away")
	if _, err := c.metrics(t.Context(), "m1", []analytics.ShowAt{at("d", time.Hour)}); !errors.Is(err, facts.fault) {
		t.Errorf("got %v, want the fault", err)
	}
}
