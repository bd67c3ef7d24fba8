package hub

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLimitIsFair: what is sent at once never goes beyond the budget, nobody who
// asks less than an equal share is held back, and nothing is left over.
func TestLimitIsFair(t *testing.T) {
	const budget = 100_000
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1000, 0)
		l := newLoad(Tick{FramesPerSecond: budget})
		total := 0.0
		for range rapid.IntRange(1, 40).Draw(t, "rooms") {
			d := &demand{
				rate: rapid.Float64Range(quiet, 2000).Draw(t, "rate"), at: now, sockets: rapid.IntRange(0, 60_000).Draw(t, "sockets"),
			}
			l.rooms[d] = struct{}{}
			total += d.frames()
		}
		l.level(now)
		if l.limit < budget/float64(len(l.rooms))*(1-1e-9) {
			t.Fatalf("%d rooms may have %.0f each, less than an equal share", len(l.rooms), l.limit)
		}
		sent := 0.0
		for d := range l.rooms {
			sent += min(d.frames(), l.limit)
		}
		if want := min(total, budget); math.Abs(sent-want) > 1e-6*budget {
			t.Fatalf("%.0f frames a second are sent of %.0f asked, want %.0f", sent, total, want)
		}
	})
}

// TestDemandFollowsTheRate: the estimate comes to the rate, sooner where there is
// more to go by, and forgets it.
func TestDemandFollowsTheRate(t *testing.T) {
	for _, c := range []struct {
		sockets int
		rate    float64
		within  time.Duration // until it is known to nine tenths
	}{{100, 400, 1200 * time.Millisecond}, {1_000, 200, 1200 * time.Millisecond}, {10_000, 20, 4600 * time.Millisecond}} {
		l, d, start := newLoad(Tick{FramesPerSecond: 130_000}), &demand{}, time.Unix(1000, 0)
		now, known := start, time.Duration(0)
		for now.Sub(start) < 20*time.Second {
			l.arrived(d, 1, c.sockets, now)
			if known == 0 && d.rate > 0.9*c.rate {
				known = now.Sub(start)
			}
			now = now.Add(time.Duration(float64(time.Second) / c.rate))
		}
		if math.Abs(d.rate-c.rate) > 0.05*c.rate || known == 0 || known > c.within {
			t.Errorf("%.0f messages a second are taken for %.2f, known after %s", c.rate, d.rate, known)
		}
		now = now.Add(5 * smoothMost)
		if l.level(now); d.frames() > 0.01*c.rate*float64(c.sockets) {
			t.Errorf("after a silence the rate is %.2f", d.rate)
		}
		if l.level(now.Add(20 * smoothMost)); len(l.rooms) != 0 {
			t.Errorf("a silent room still counts: %+v", d)
		}
	}
}

func TestUrgent(t *testing.T) {
	tick := Tick{Least: 10 * time.Millisecond, Most: 500 * time.Millisecond, FramesPerSecond: 100_000}
	for sockets, want := range map[int]time.Duration{
		0: 10 * time.Millisecond, 1_000: 10 * time.Millisecond, 10_000: 100 * time.Millisecond,
		30_000: 300 * time.Millisecond, 54_000: 500 * time.Millisecond, 1_000_000: 500 * time.Millisecond,
	} {
		if got := tick.Urgent(sockets); got != want {
			t.Errorf("Urgent(%d) = %s, want %s", sockets, got, want)
		}
	}
}
