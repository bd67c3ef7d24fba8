package conversion

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// climber reached the rungs after so many hours; below zero is never.
func climber(show string, hours ...int) *live.Climber {
	c := &live.Climber{Show: live.ShowID(show)}
	for i, h := range hours {
		if h >= 0 {
			c.Reached[i] = noon.Add(time.Duration(h) * hour)
			c.Rung = live.Rungs[i]
		}
	}
	return c
}

func TestProgress(t *testing.T) {
	p := Progress{From: noon, Until: noon.Add(100 * hour), Now: noon.Add(200 * hour), Within: 48 * hour, Steps: NextSteps, Key: func(c *live.Climber) string { return string(c.Show) }}
	fallen := climber("s1", 0, 10, 20, -1, -1)
	fallen.Rung = live.RungFan
	for _, c := range []*live.Climber{
		climber("s1", 0, 1, 11, -1, -1), fallen, climber("s1", 0, 2, 60, -1, -1), climber("s1", 0, -1, -1, -1, -1), climber("s1", 99, -1, -1, -1, -1),
		climber("s1", 5, 5, 5, -1, -1),      // bought at once: was neither passerby nor fan
		climber("s1", 100, 101, -1, -1, -1), // after the period, and its first hour counts as a fan's of none
		climber("s2", 7, 8, -1, -1, -1),
		climber("s2"),
	} {
		p.Add(c)
	}
	got, left := p.Cohorts(1)
	if left != 1 || len(got) != 1 || got[0].Key != "s1" {
		t.Fatalf("%d cohorts, %d left out", len(got), left)
	}
	want := []Step{
		{StepOf: NextSteps[0], Entered: 5, Reached: 3, Held: 3, Median: 2 * hour, P90: 10 * hour},
		{StepOf: NextSteps[1], Entered: 3, Reached: 2, Held: 1, Median: 10 * hour, P90: 10 * hour},
		{StepOf: NextSteps[2], Entered: 4},
		{StepOf: NextSteps[3]},
	}
	if d := cmp.Diff(want, got[0].Steps); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	p = Progress{From: noon, Until: noon.Add(hour), Now: noon.Add(2 * hour), Within: 48 * hour, Steps: FanSteps, Key: func(*live.Climber) string { return "" }}
	p.Add(climber("", 0, 0, -1, -1, -1))
	p.Add(climber("", 0, 0, 1, -1, -1))
	all, _ := p.Cohorts(10)
	if s := all[0].Steps; s[0].Open != 1 || s[0].Reached != 1 || s[1].Open != 2 {
		t.Errorf("open = %+v", s)
	}
}

func TestNearestRank(t *testing.T) {
	ms := func(n ...int) (out []time.Duration) {
		for _, v := range n {
			out = append(out, time.Duration(v))
		}
		return out
	}
	for _, tc := range []struct {
		in       []time.Duration
		p50, p90 time.Duration
	}{{nil, 0, 0}, {ms(7), 7, 7}, {ms(1, 2), 1, 2}, {ms(1, 2, 3), 2, 3}, {ms(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 5, 9}} {
		if a, b := nearestRank(tc.in, 50), nearestRank(tc.in, 90); a != tc.p50 || b != tc.p90 {
			t.Errorf("%v: %d and %d", tc.in, a, b)
		}
	}
}

// TestProgressAddsUp: cohorts together are everybody, and no rate exceeds one.
func TestProgressAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := Progress{From: noon, Until: noon.Add(80 * hour), Now: noon.Add(120 * hour), Within: time.Duration(rapid.IntRange(1, 60).Draw(t, "within")) * hour, Steps: NextSteps}
		whole, parts := base, base
		whole.Key = func(*live.Climber) string { return "" }
		parts.Key = func(c *live.Climber) string { return string(c.Show) }
		for range rapid.IntRange(0, 30).Draw(t, "people") {
			var hours []int
			at := 0
			for range rapid.IntRange(0, 5).Draw(t, "rungs") {
				at += rapid.IntRange(0, 40).Draw(t, "later")
				hours = append(hours, at)
			}
			c := climber(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "show"), hours...)
			whole.Add(c)
			parts.Add(c)
		}
		all, _ := whole.Cohorts(1)
		split, left := parts.Cohorts(3)
		var people int64
		sum := make([]Step, len(NextSteps))
		for _, c := range split {
			people += c.People
			for i, s := range c.Steps {
				sum[i].Entered += s.Entered
				sum[i].Reached += s.Reached
				sum[i].Held += s.Held
				sum[i].Open += s.Open
				if s.Held > s.Reached || s.Reached+s.Open > s.Entered || s.Median > s.P90 || s.P90 > base.Within {
					t.Fatalf("%+v", s)
				}
			}
		}
		if left != 0 || len(all) == 0 && people != 0 || len(all) == 1 && all[0].People != people {
			t.Fatalf("%d people in cohorts of %+v", people, all)
		}
		for i := range sum {
			if len(all) == 1 && (sum[i].Entered != all[0].Steps[i].Entered || sum[i].Reached != all[0].Steps[i].Reached || sum[i].Open != all[0].Steps[i].Open) {
				t.Fatalf("parts %+v, whole %+v", sum[i], all[0].Steps[i])
			}
		}
	})
}
