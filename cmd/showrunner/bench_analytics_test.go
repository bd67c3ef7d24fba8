package main

import (
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/sim"
)

// TestDrawnShow: the facts of a drawn show are in the order of a log, each of them
// once, and they fold to a show with viewers and sales; the same seed draws the same.
func TestDrawnShow(t *testing.T) {
	show := live.Show{
		ID: "s", Room: "r", Merchant: "m", Currency: "CNY", State: live.ShowStateEnded, StartedAt: time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC),
	}
	draw := func() *drawnShow {
		t.Helper()
		s, err := drawShow(sim.Config{Seed: 3, Viewers: 120, Minutes: 30}, show, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, again := draw(), draw()
	fold := analytics.NewFold(s.show)
	ids := map[live.EventID]bool{}
	for i, e := range s.all {
		if i > 0 && !s.all[i-1].Position.Less(e.Position) {
			t.Fatalf("fact %d is at %v, the one before at %v", i, e.Position, s.all[i-1].Position)
		}
		if ids[e.Event.ID] || again.all[i].Event.ID != e.Event.ID {
			t.Fatalf("fact %d has the id %s, which is there twice, or is drawn otherwise again", i, e.Event.ID)
		}
		ids[e.Event.ID] = true
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	f := fold.Figures(s.show.EndedAt.Add(time.Hour))
	if f.Traffic.WatchUV != 120 || len(f.Money) != 1 || f.Money[0].OrdersPaid == 0 || f.Money[0].Paid == 0 || f.Funnel.Steps[2].UV == 0 {
		t.Errorf("%d viewers, money %+v, funnel %+v", f.Traffic.WatchUV, f.Money, f.Funnel)
	}
	if n := len(s.all) / 120; n < perViewer/4 || n > perViewer*4 {
		t.Errorf("a viewer makes %d facts, the bench reckons with %d", n, perViewer)
	}
}

// TestDrawSized: a show has as many facts as were asked for, and one that nobody
// can draw is refused.
func TestDrawSized(t *testing.T) {
	show := live.Show{
		ID: "s", Room: "r", Merchant: "m", Currency: "CNY", State: live.ShowStateEnded, StartedAt: time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC),
	}
	for _, want := range []int64{2_000, 15_000, 60_000} {
		s, err := drawSized(5, want, show, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if got := int64(len(s.all)); got < want*95/100 || got > want*105/100 {
			t.Errorf("%d facts, want %d", got, want)
		}
	}
	if _, err := drawSized(5, 1, show, 1000); err == nil {
		t.Error("a show of one fact is drawn")
	}
}

// TestBenchAnalyticsRefuses what it cannot measure.
func TestBenchAnalyticsRefuses(t *testing.T) {
	good := BenchAnalyticsCmd{Events: 2_000_000, Shows: 100, Merchants: 10, Large: 500_000, Journeys: 26_000, Rounds: 30}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*BenchAnalyticsCmd){
		"too few events":     func(c *BenchAnalyticsCmd) { c.Events = 10 },
		"a room too large":   func(c *BenchAnalyticsCmd) { c.Large = 1_500_000 },
		"a show of each":     func(c *BenchAnalyticsCmd) { c.Merchants = 100 },
		"too few journeys":   func(c *BenchAnalyticsCmd) { c.Journeys = 10 },
		"nothing to measure": func(c *BenchAnalyticsCmd) { c.Rounds = 0 },
	} {
		bad := good
		change(&bad)
		if bad.validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
