package attribution

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// TestStages: the sums of the stages are those of the orders one by one, by every
// model and every key.
func TestStages(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 41))
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	var keys []Key
	for _, d := range conversion.Dimensions {
		keys = append(keys, d.Of)
	}
	earned, unattributed := 0, 0
	for round := range 40 {
		var journeys []conversion.Journey
		for i := range rng.IntN(60) {
			j := conversion.Journey{
				Order: live.OrderID(fmt.Sprint("o", i)), Person: live.PersonID(pick("p1", "p2", "p3", "")), At: at.Add(time.Duration(rng.IntN(1000)) * time.Hour),
				Currency: live.Currency(pick("CNY", "USD", "JPY")), Value: int64(rng.IntN(100_000) - 2000),
			}
			for n := range rng.IntN(7) {
				j.Touches = append(j.Touches, conversion.Touchpoint{
					At: j.At.Add(-time.Duration(rng.IntN(400)) * time.Hour), Position: live.Position{Seq: uint64(i), Index: uint32(n)}, Kind: live.Kind(pick("room_entered", "room_exposed")),
					Stage: live.Stage(pick("lead", "nurture", "convert", "retain", "", "other")), Channel: pick("ads/feed", "group", "direct"), Agent: pick("", "ann", "ben"), Group: pick("", "g1", "g2"),
					Show: live.ShowID(pick("", "s1", "s2")), Entry: pick("", "e1"), Referrer: live.PersonID(pick("", "", "p1", "p9")),
				})
			}
			journeys = append(journeys, j)
		}
		for _, name := range []string{"first", "last", "last_non_direct", "linear", "position", "time_decay"} {
			m, err := New(Options{Model: name})
			if err != nil {
				t.Fatal(err)
			}
			p := Plan{Model: m, Policy: conversion.Policy{Window: 240 * time.Hour, ClickFirst: round%3 == 0}, Cycles: round%2 == 0}
			r := p.Attribute(journeys)
			want := map[live.Currency][]StageShare{}
			for _, total := range r.Totals {
				list := []StageShare{}
				for _, s := range total.ByStage {
					x := StageShare{Share: s}
					for _, d := range conversion.Dimensions {
						x.By = append(x.By, r.ByOf(total.Currency, func(c *conversion.Credit) (string, bool) { return d.Of(&c.Touch), string(c.Touch.Stage) == s.Key }))
					}
					list = append(list, x)
					earned++
				}
				unattributed += int(total.UnattributedOrders)
				want[total.Currency] = list
			}
			if d := cmp.Diff(want, p.Stages(journeys, keys...)); d != "" {
				t.Fatalf("round %d, %s: -order by order +stages\n%s", round, name, d)
			}
		}
	}
	if earned < 1000 || unattributed == 0 {
		t.Errorf("%d stages earned and %d orders were of nobody: nothing was compared", earned, unattributed)
	}
}
