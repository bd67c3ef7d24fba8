package attribution

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/conversion"
)

type goldenJourney struct {
	Path        []string
	Conversions int64
	Nulls       int64
	Value       float64
}

func pathsOf(js []goldenJourney) []Path {
	var out []Path
	for _, j := range js {
		p := Path{Conversions: j.Conversions, Nulls: j.Nulls, Value: j.Value, Minor: int64(math.Round(100 * j.Value))}
		for _, c := range j.Path {
			p.Touches = append(p.Touches, conversion.Touchpoint{Channel: c})
		}
		out = append(out, p)
	}
	return out
}

func TestGoldenMarkov(t *testing.T) {
	c := golden[struct {
		Cases []struct {
			ID       string
			Journeys []goldenJourney
			Expected struct {
				P           float64            `json:"p_conversion"`
				Removal     map[string]float64 `json:"removal_effect"`
				Conversions map[string]float64 `json:"attributed_conversions"`
				Relative    map[string]float64 `json:"removal_effect_relative"`
			}
		}
	}](t, "01_markov_small.json")
	for _, x := range c.Cases {
		if x.ID == "markov-databricks-graph" {
			goldenGraph(t, x.Expected.P, x.Expected.Relative)
			continue
		}
		got := tallied(t, Options{Model: "markov"}, pathsOf(x.Journeys))
		removal, conversions := map[string]float64{}, map[string]float64{}
		for _, k := range got.Keys {
			removal[k.Key], conversions[k.Key] = k.RemovalEffect, k.Conversions
		}
		if !near(got.Rate, x.Expected.P) {
			t.Errorf("%s: P = %v, want %v", x.ID, got.Rate, x.Expected.P)
		}
		if d := cmp.Diff(x.Expected.Removal, removal, closely); d != "" {
			t.Errorf("%s: removal effects (-want +got):\n%s", x.ID, d)
		}
		if d := cmp.Diff(x.Expected.Conversions, conversions, closely); d != "" {
			t.Errorf("%s: conversions (-want +got):\n%s", x.ID, d)
		}
	}
}

// goldenGraph is the case that is told by probabilities instead of journeys.
func goldenGraph(t *testing.T, p float64, want map[string]float64) {
	c := newChain(1)
	names := []string{"Facebook", "Google", "Email"}
	state := func(i int) int32 { return c.state(window{int32(i), -1, -1, -1}) }
	f, g, e := state(0), state(1), state(2)
	c.steps = map[edge]int64{{-1, f}: 2, {-1, g}: 8, {f, e}: 2, {g, f}: 4}
	c.converted, c.lost = []int64{8, 6, 1}, []int64{0, 0, 9}
	effects, got, err := c.removals(3)
	if err != nil || !near(got, p) {
		t.Errorf("P = %v, %v; want %v", got, err, p)
	}
	for i, name := range names {
		if !near(effects[i].conversions, want[name]) {
			t.Errorf("%s: removal effect %v, want %v", name, effects[i].conversions, want[name])
		}
	}
}

// journeysOf draws journeys over few channels, with loops.
func drawJourneys(t *rapid.T) []goldenJourney {
	var out []goldenJourney
	for range rapid.IntRange(1, 12).Draw(t, "journeys") {
		j := goldenJourney{Conversions: rapid.Int64Range(0, 3).Draw(t, "conversions"), Nulls: rapid.Int64Range(0, 3).Draw(t, "nulls")}
		for range rapid.IntRange(1, 7).Draw(t, "touches") {
			j.Path = append(j.Path, rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "channel"))
		}
		if j.Conversions > 0 {
			j.Value = float64(rapid.Int64Range(0, 1000).Draw(t, "value"))
		}
		out = append(out, j)
	}
	return out
}

func chainOf(order int, js []goldenJourney) *chain {
	c := newChain(order)
	for _, j := range js {
		var ids []int
		for _, name := range j.Path {
			ids = append(ids, int(name[0]-'a'))
		}
		c.add(ids, j.Conversions, j.Nulls, j.Value)
	}
	return c
}

// The probability of a conversion is that of the journeys, for every order.
func TestMarkovKeepsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := drawJourneys(t)
		var converted, journeys int64
		for _, j := range js {
			converted += j.Conversions
			journeys += j.Conversions + j.Nulls
		}
		for order := 1; order <= maxOrder; order++ {
			_, p, err := chainOf(order, js).removals(4)
			if err != nil {
				t.Fatal(err)
			}
			if want := part(float64(converted), float64(journeys)); math.Abs(p-want) > 1e-12 {
				t.Fatalf("order %d: P = %v, want %v", order, p, want)
			}
		}
	})
}

// Removal is what its definition says: the chain solved anew with the states of
// a channel led to nothing. All ways of solving agree.
func TestMarkovRemovalByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := drawJourneys(t)
		for order := 1; order <= maxOrder; order++ {
			c := chainOf(order, js)
			effects, p, err := c.removals(4)
			if err != nil {
				t.Fatal(err)
			}
			if p == 0 {
				continue
			}
			w := c.walk()
			for id := range int32(4) {
				gone, none := make([]bool, len(c.states)), make([]float64, len(c.states))
				for i := range gone {
					gone[i] = c.has(i, id)
				}
				without := expect(w.start, w.eliminate(w.converts, gone, none))
				if want := 1 - without/p; math.Abs(effects[id].conversions-want) > 1e-11 {
					t.Fatalf("order %d, %c: %v, want %v", order, 'a'+id, effects[id].conversions, want)
				}
				swept, err := w.solve(w.converts, gone, none)
				if err != nil || math.Abs(expect(w.start, swept)-without) > 1e-12 {
					t.Fatalf("order %d, %c: sweeps give %v, %v; want %v", order, 'a'+id, expect(w.start, swept), err, without)
				}
			}
		}
	})
}

// With a memory as long as the longest path a channel's effect is the part of the
// converted journeys that have it.
func TestMarkovOfWholePaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := drawJourneys(t)
		with, all := map[string]float64{}, 0.0
		for i := range js {
			js[i].Path = js[i].Path[:min(len(js[i].Path), maxOrder)]
			all += float64(js[i].Conversions)
			seen := map[string]bool{}
			for _, c := range js[i].Path {
				if !seen[c] {
					with[c] += float64(js[i].Conversions)
				}
				seen[c] = true
			}
		}
		for _, k := range tallied(t, Options{Model: "markov", Order: maxOrder}, pathsOf(js)).Keys {
			if want := part(with[k.Key], all); math.Abs(k.RemovalEffect-want) > 1e-12 {
				t.Fatalf("%s: %v, want %v", k.Key, k.RemovalEffect, want)
			}
		}
	})
}

// A loop that is left once in ten thousand steps is solved as exactly as any.
func TestMarkovOfALongLoop(t *testing.T) {
	j := goldenJourney{Path: strings.Split(strings.Repeat("a b ", 5000)+"c", " "), Conversions: 1, Nulls: 1}
	for order := 1; order <= 2; order++ {
		effects, p, err := chainOf(order, []goldenJourney{j}).removals(3)
		if err != nil || math.Abs(p-.5) > 1e-12 {
			t.Fatalf("order %d: P = %v, %v", order, p, err)
		}
		for id, e := range effects {
			if math.Abs(e.conversions-1) > 1e-9 {
				t.Errorf("order %d: %c has %v, want 1", order, 'a'+id, e.conversions)
			}
		}
	}
}

// Chains of many channels are solved by sweeps, and agree with the inverse.
func TestMarkovManyChannels(t *testing.T) {
	rng := splitmix(1)
	c := newChain(1)
	for range 5000 {
		var ids []int
		for range 1 + rng.next()%6 {
			ids = append(ids, int(rng.next()%denseStates))
		}
		c.add(ids, int64(rng.next()%3), int64(rng.next()%5), float64(rng.next()%100))
	}
	dense := make([]removal, denseStates)
	p := c.removalsDense(c.walk(), dense)
	w := c.walk()
	converts, err := w.solve(w.converts, nil, nil)
	if err != nil || math.Abs(expect(w.start, converts)-p) > 1e-12 {
		t.Fatalf("P = %v, %v; want %v", expect(w.start, converts), err, p)
	}
	earns, err := w.solve(w.earns, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id := int32(0); id < denseStates; id += 37 {
		got, err := c.without(w, id, converts, earns, p, expect(w.start, earns))
		if err != nil || math.Abs(got.conversions-dense[id].conversions) > 1e-12 || math.Abs(got.money-dense[id].money) > 1e-12 {
			t.Errorf("%d: %v by sweeps, %v by the inverse, %v", id, got, dense[id], err)
		}
	}
}

// A hundred runs, whatever the threads do, are the same to the bit.
func TestMarkovIsDeterministic(t *testing.T) {
	rng := splitmix(7)
	var paths []Path
	for range 300 {
		p := Path{Conversions: int64(rng.next() % 3), Nulls: int64(rng.next() % 5)}
		p.Value, p.Minor = float64(p.Conversions)*1.25, p.Conversions*125
		for range 1 + rng.next()%6 {
			p.Touches = append(p.Touches, conversion.Touchpoint{Channel: fmt.Sprint("c", rng.next()%9)})
		}
		paths = append(paths, p)
	}
	for _, o := range everyModel() {
		want := tallied(t, o, paths[:100], paths[100:])
		for range 10 {
			if got := tallied(t, o, paths[:100], paths[100:]); !slices.EqualFunc(got.Keys, want.Keys, func(a, b KeyCredit) bool {
				return a.Key == b.Key && a.Minor == b.Minor && math.Float64bits(a.Conversions) == math.Float64bits(b.Conversions) &&
					math.Float64bits(a.Value) == math.Float64bits(b.Value) && a.RemovalEffect == b.RemovalEffect
			}) {
				t.Fatalf("%+v: two runs differ", o)
			}
		}
	}
}

// benchPaths are journeys of nine channels in memory.
func benchPaths(n, channels int) []Path {
	rng := splitmix(3)
	paths := make([]Path, n)
	for i := range paths {
		p := &paths[i]
		p.Conversions, p.Nulls = int64(rng.next()%2), int64(rng.next()%2)
		p.Minor = p.Conversions * 100
		for range 1 + rng.next()%5 {
			p.Touches = append(p.Touches, conversion.Touchpoint{Channel: fmt.Sprint("c", rng.next()%uint64(channels))})
		}
	}
	return paths
}

func BenchmarkTally(b *testing.B) {
	for _, channels := range []int{9, 300} {
		paths := benchPaths(60_000, channels)
		for _, o := range []Options{{Model: "linear"}, {Model: "shapley"}, {Model: "markov"}, {Model: "markov", Order: 2}, {Model: "markov", Order: 3}} {
			if channels > 9 && o.Order > 1 {
				continue
			}
			b.Run(fmt.Sprintf("%s%d/%d", o.Model, o.Order, channels), func(b *testing.B) {
				newTally, err := NewTally(o, ByChannel)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					t := newTally()
					for i := range paths {
						if err := t.Add(&paths[i]); err != nil {
							b.Fatal(err)
						}
					}
					if _, err := t.Credits(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(paths)), "journeys/op")
			})
		}
	}
}

// Money that cancels out to nothing leaves a last digit, whose sign hangs on the
// order of the input: it must not decide how the rest is divided.
func TestMarkovMoneyThatCancelsOut(t *testing.T) {
	path := func(minor int64, channel string) Path {
		return Path{
			Conversions: 1, Nulls: 1, Minor: minor, Value: float64(minor) / 100,
			Touches: []conversion.Touchpoint{{Channel: channel}},
		}
	}
	cancel := []Path{path(7, "direct"), path(-5, "direct"), path(-2, "direct")}
	for _, order := range [][3]int{{0, 1, 2}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}} {
		paths := []Path{path(-358, "a")}
		for _, i := range order {
			paths = append(paths, cancel[i])
		}
		c := tallied(t, Options{Model: "markov"}, paths)
		k := byKey(&c)
		if k["a"].Minor != -358 || k["direct"].Minor != 0 || k["direct"].Value != 0 {
			t.Errorf("in the order %v: a has %d, direct %d of %d", order, k["a"].Minor, k["direct"].Minor, c.Minor)
		}
	}
}
