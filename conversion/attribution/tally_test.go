package attribution

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/conversion"
	"showrunner/live"
)

// drawPaths draws paths with their money in two digits.
func drawPaths(t *rapid.T) []Path {
	var out []Path
	for range rapid.IntRange(0, 15).Draw(t, "paths") {
		p := Path{
			Conversions: rapid.Int64Range(0, 4).Draw(t, "conversions"), Nulls: rapid.Int64Range(0, 4).Draw(t, "nulls"),
			Minor: rapid.Int64Range(-500, 100_000).Draw(t, "minor"),
		}
		p.Value = float64(p.Minor) / 100
		for range rapid.IntRange(0, 6).Draw(t, "touches") {
			p.Touches = append(p.Touches, conversion.Touchpoint{Channel: rapid.SampledFrom([]string{"a", "b", "c", "direct"}).Draw(t, "channel")})
		}
		out = append(out, p)
	}
	return out
}

func tallied(t interface{ Fatalf(string, ...any) }, o Options, parts ...[]Path) Credits {
	make, err := NewTally(o, ByChannel)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	whole := make()
	for _, paths := range parts {
		part := make()
		for i := range paths {
			if err := part.Add(&paths[i]); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
		}
		if err := whole.Merge(part); err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
	}
	c, err := whole.Credits()
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	return c
}

// everyModel are all the models that a tally is made of.
func everyModel() []Options {
	out := []Options{
		{Model: "participation"},
		{Model: "markov"},
		{Model: "markov", Order: 2},
		{Model: "markov", Order: 3},
		{Model: "markov", Order: 4},
		{Model: "shapley"},
		{Model: "shapley", Ordered: true},
		{Model: "shapley", Worth: WorthRate},
		{Model: "shapley", Worth: WorthRate, MaxChannels: 1, Samples: 20},
	}
	for _, m := range Models() {
		out = append(out, Options{Model: m.Name()})
	}
	return out
}

func sumOf(c *Credits) (conversions, value float64, minor int64) {
	conversions, value, minor = float64(c.UnattributedConversions), c.UnattributedValue, c.UnattributedMinor
	for _, k := range c.Keys {
		conversions += k.Conversions
		value += k.Value
		minor += k.Minor
	}
	return conversions, value, minor
}

var closely = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) })

// Credits and what is unattributed are the conversions and the money of the
// input, for every model.
func TestTallyKeepsTheMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := drawPaths(t)
		var conversions, minor int64
		for _, p := range paths {
			conversions += p.Conversions
			minor += p.Minor
		}
		for _, o := range everyModel() {
			c := tallied(t, o, paths)
			if c.Conversions != conversions || c.Minor != minor {
				t.Fatalf("%s: %d conversions of %d, want %d of %d", o.Model, c.Conversions, c.Minor, conversions, minor)
			}
			if c.Overlap {
				continue
			}
			gotConversions, gotValue, gotMinor := sumOf(&c)
			if gotMinor != minor || !near(gotConversions, float64(conversions)) || !near(gotValue, float64(minor)/100) {
				t.Fatalf("%s: %v conversions, %v and %d; want %d and %d", o.Model, gotConversions, gotValue, gotMinor, conversions, minor)
			}
		}
	})
}

// Journeys told one by one, or in any other order, or in other parts, or in twice
// the number of rows, earn the same conversions.
func TestTallyMetamorphic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := drawPaths(t)
		var single []Path
		for _, p := range paths {
			p.Minor, p.Value = 0, 0
			for range p.Conversions {
				one := p
				one.Conversions, one.Nulls = 1, 0
				single = append(single, one)
			}
			for range p.Nulls {
				one := p
				one.Conversions, one.Nulls = 0, 1
				single = append(single, one)
			}
		}
		shuffled := rapid.Permutation(paths).Draw(t, "shuffled")
		cut := rapid.IntRange(0, len(paths)).Draw(t, "cut")
		renamed := make([]Path, len(paths))
		for i, p := range paths {
			renamed[i] = p
			renamed[i].Touches = nil
			for _, x := range p.Touches {
				x.Channel = map[string]string{"a": "b", "b": "a"}[x.Channel] + map[string]string{"c": "c", "direct": "direct"}[x.Channel]
				renamed[i].Touches = append(renamed[i].Touches, x)
			}
		}
		for _, o := range everyModel() {
			want := tallied(t, o, paths)
			check := func(what string, got Credits, factor float64, money bool) {
				t.Helper()
				a, b := byKey(&want), byKey(&got)
				for key, k := range a {
					if len(a) != len(b) && what != "one by one" || !near(b[key].Conversions, factor*k.Conversions) || money && !near(b[key].Value, factor*k.Value) {
						t.Fatalf("%s, %s: %s has %v, want %v times %v", o.Model, what, key, b[key], factor, k)
					}
				}
			}
			if o.MaxChannels != 1 { // drawn permutations are of all the keys there are
				check("one by one", tallied(t, o, single), 1, false)
			}
			check("shuffled", tallied(t, o, shuffled), 1, true)
			check("in parts", tallied(t, o, paths[:cut], paths[cut:]), 1, true)
			check("twice", tallied(t, o, paths, paths), 2, true)
			if o.MaxChannels == 1 {
				continue // drawn permutations are of numbers, which follow the names
			}
			swapped := tallied(t, o, renamed)
			for i := range swapped.Keys {
				k := &swapped.Keys[i]
				k.Key = map[string]string{"a": "b", "b": "a"}[k.Key] + map[string]string{"c": "c", "direct": "direct"}[k.Key]
			}
			check("with other names", swapped, 1, true)
		}
	})
}

func byKey(c *Credits) map[string]KeyCredit {
	m := map[string]KeyCredit{}
	for _, k := range c.Keys {
		m[k.Key] = k
	}
	return m
}

// A tally and the division of single orders are the same arithmetic.
func TestTallyAgreesWithAttribute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := journeys(t)
		for _, m := range Models() {
			newTally, err := NewTally(Options{Model: m.Name()}, ByChannel)
			if err != nil {
				t.Fatal(err)
			}
			tally := newTally()
			want := map[string]int64{}
			for i := range js {
				js[i].Currency = "CNY"
				if err := tally.Add(&Path{Touches: js[i].Within(conversion.DefaultWindow), Conversions: 1, Minor: js[i].Value}); err != nil {
					t.Fatal(err)
				}
			}
			r := Attribute(m, js, conversion.DefaultWindow)
			if len(js) > 0 {
				want = channels(r.Totals[0].ByChannel)
			}
			c, err := tally.Credits()
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range c.Keys {
				if k.Minor != want[k.Key] {
					t.Fatalf("%s: %s has %d by the tally and %d by order", m.Name(), k.Key, k.Minor, want[k.Key])
				}
			}
		}
	})
}

func TestTallyRefuses(t *testing.T) {
	a, b := tallyOf(t, "linear"), tallyOf(t, "participation")
	if err := a.Merge(b); err == nil {
		t.Error("a tally took in another model's")
	}
	huge := Path{Touches: touchesOf("a"), Conversions: 1, Minor: math.MaxInt64 - 5}
	for _, x := range []Tally{a, b} {
		if err := x.Add(&huge); err != nil {
			t.Fatal(err)
		}
		err := x.Add(&huge)
		if !errors.Is(err, live.TooLarge("out_of_range", "", "")) {
			t.Errorf("%T: a sum beyond 64 bits: %v", x, err)
		}
	}
	if _, err := NewTally(Options{Model: "magic"}, ByChannel); err == nil {
		t.Error("magic is a model")
	}
}

func tallyOf(t *testing.T, model string) Tally {
	t.Helper()
	newTally, err := NewTally(Options{Model: model}, ByChannel)
	if err != nil {
		t.Fatal(err)
	}
	return newTally()
}
