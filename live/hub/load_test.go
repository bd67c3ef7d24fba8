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

// TestDemandFollowsTheRate: the estimate comes to the rate and forgets it.
func TestDemandFollowsTheRate(t *testing.T) {
	l, d, now := newLoad(Tick{FramesPerSecond: 1}), &demand{}, time.Unix(1000, 0)
	for range 200 {
		l.arrived(d, 100, now)
		now = now.Add(50 * time.Millisecond)
	}
	if math.Abs(d.rate-20) > 1 {
		t.Errorf("20 messages a second are taken for %.2f", d.rate)
	}
	now = now.Add(5 * smooth)
	l.arrived(d, 100, now)
	if d.rate > 1 {
		t.Errorf("after %s of silence the rate is %.2f", 5*smooth, d.rate)
	}
	l.level(now.Add(20 * smooth))
	if len(l.rooms) != 0 {
		t.Errorf("a silent room still counts: %+v", d)
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
