package clickhouse

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live/sim"
)

// TestTown lives 120 days of many groups, of which the truth is known from their
// drawing, through the sink: every member count, survival and alarm is that truth.
// SHOWRUNNER_TEST_GROUPS=2000 makes it 2,000 groups of 200 and more.
func TestTown(t *testing.T) {
	groups, members := 40, 15
	if n, err := strconv.Atoi(os.Getenv("SHOWRUNNER_TEST_GROUPS")); err == nil && n > 0 {
		groups, members = n, 200
	}
	const days = 120
	town := sim.NewTown("m1", 7, groups, members, days, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
	db := migrated(t, server.URL())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sink := NewSink(SinkConfig{DB: db, Epoch: "town", Reader: town, MaxAge: time.Second, Now: time.Now})
	done := make(chan error, 1)
	go func() { done <- sink.Run(ctx) }()
	began := time.Now()
	for !town.Over() || sink.Watermark().Less(town.Position()) {
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	loaded := time.Now()
	now := town.First.AddDate(0, 0, days-1).Add(23 * time.Hour)
	zone := time.UTC
	today := conversion.DayOf(now, zone)
	var seen []group.Sighting
	if err := db.RefreshGroups(t.Context(), "m1", zone, now, func(told []group.Sighting) error { seen = told; return nil }); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d groups: facts in %v, days made in %v", groups, loaded.Sub(began), time.Since(loaded))
	if len(seen) != groups {
		t.Fatalf("%d groups seen, want %d", len(seen), groups)
	}
	list := make([]group.Group, len(town.Groups))
	for i, g := range town.Groups {
		list[i] = group.Group{Merchant: "m1", ID: g.ID, Agent: g.Agent, Created: town.First.AddDate(0, 0, g.Born)}
	}
	first := conversion.DayOf(town.First, zone)
	wrong, silent := 0, 0
	for _, g := range town.Groups[:min(len(town.Groups), 200)] {
		got, err := db.GroupDays(t.Context(), "m1", zone, g.ID, first, today+1)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != days-g.Born {
			t.Fatalf("%s has %d days, want %d", g.ID, len(got), days-g.Born)
		}
		for _, d := range got {
			i := int(d.Day - first)
			want := [7]int64{g.Members[i], g.Joins[i], g.Leaves[i], g.Active7[i], g.Active14[i], g.Care[i], g.Sell[i]}
			if is := [7]int64{d.Members, d.Joins, d.Leaves, d.Active7, d.Active14, d.Care, d.Sell}; is != want {
				if wrong++; wrong < 5 {
					t.Errorf("%s on %v: %v, was drawn as %v", g.ID, d.Day, is, want)
				}
			}
		}
	}
	ends, err := db.MonthEnds(t.Context(), "m1", zone, today, list)
	if err != nil {
		t.Fatal(err)
	}
	_, all := group.SurvivalOf(list, ends, zone, today, conversion.PeriodMonth, 4, group.DefaultAlive)
	for m := 1; m <= 4; m++ {
		var of, alive int64
		for _, g := range town.Groups {
			if end := g.Born + m*30 - 1; end < days-1 {
				of++
				if g.Members[end] > 0 && g.Active14[end]*10 >= g.Members[end] {
					alive++
				}
			}
		}
		if got := all.Months[m-1]; got.Of != of || got.Alive != alive {
			t.Errorf("month %d: %d of %d alive, was drawn as %d of %d", m, got.Alive, got.Of, alive, of)
		}
		if m == 1 && alive < of*8/10 || m == 3 && (alive == of || alive == 0) {
			t.Errorf("month %d: %d of %d alive: nothing dies in this town, or all", m, alive, of)
		}
	}
	stands, err := db.Stands(t.Context(), "m1", zone, today, list)
	if err != nil {
		t.Fatal(err)
	}
	var rings, want []string
	for i := range list {
		s := stands[list[i].ID]
		if _, is := group.AlarmOf(&s, list[i].BornDay(zone), today, group.DefaultFall); is {
			rings = append(rings, s.Group)
		}
		g := town.Groups[i]
		if s.Members != g.Members[days-1] || s.Active7 != g.Active7[days-1] {
			t.Errorf("%s stands at %d with %d active, was drawn as %d with %d", g.ID, s.Members, s.Active7, g.Members[days-1], g.Active7[days-1])
		}
		if fallen(g, days-1) {
			want = append(want, g.ID)
		}
		if g.Fades < days-30 {
			silent++
		}
	}
	if !slices.Equal(rings, want) || len(want) == 0 || silent == 0 {
		t.Errorf("the alarm rings for %v, want %v", rings, want)
	}
	t.Logf("the alarm rings for %d groups", len(rings))
	ask(t, "stands", func() error { _, err := db.Stands(t.Context(), "m1", zone, today, list); return err })
	ask(t, "months", func() error { _, err := db.MonthEnds(t.Context(), "m1", zone, today, list); return err })
}

// fallen is the rule of the alarm on what was drawn: in its third month, and active
// in the last seven whole days at 70 % of its first month or less.
func fallen(g *sim.TownGroup, today int) bool {
	if age := today - g.Born; age < 60 || age > 90 {
		return false
	}
	rate := func(from, until int) (active, members int64) {
		for d := from; d < until; d++ {
			active, members = active+g.Active7[d], members+g.Members[d]
		}
		return active, members
	}
	a, n := rate(g.Born+6, g.Born+30)
	b, m := rate(today-7, today)
	return a > 0 && float64(b)/float64(m) <= 0.7*float64(a)/float64(n)+1e-12
}

// ask prints how long a question takes.
func ask(t *testing.T, what string, f func() error) {
	t.Helper()
	var took []time.Duration
	for range 9 {
		began := time.Now()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("%s: median %v, slowest %v", what, took[4], took[8])
}
