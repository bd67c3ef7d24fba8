package attribution

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

type goldenGame struct {
	ID         string
	Journeys   []any
	V          any
	Dividends  map[string]float64 `json:"v_dividends_share_of_conversions_by_exact_set"`
	Coalitions map[string]float64 `json:"v_of_coalitions"`
	Expected   map[string]float64
	ByPosition map[string][]float64 `json:"expected_by_position"`
	Total      map[string]float64   `json:"expected_total"`
}

func (g *goldenGame) journeys() (out []goldenJourney) {
	strs := func(list any) (names []string) {
		for _, x := range list.([]any) {
			names = append(names, x.(string))
		}
		return names
	}
	for _, j := range g.Journeys {
		switch j := j.(type) {
		case map[string]any:
			out = append(out, goldenJourney{Path: strs(j["path"]), Conversions: int64(j["conversions"].(float64))})
		case []any:
			out = append(out, goldenJourney{Path: strs(j), Conversions: 1})
		}
	}
	return out
}

func conversionsOf(c Credits) map[string]float64 {
	m := map[string]float64{}
	for _, k := range c.Keys {
		m[k.Key] = k.Conversions
	}
	return m
}

func TestGoldenShapley(t *testing.T) {
	c := golden[struct{ Cases []goldenGame }](t, "03_shapley_small.json")
	checked := 0
	for _, g := range c.Cases {
		switch {
		case strings.HasPrefix(g.ID, "shapley-mta"):
			if d := cmp.Diff(g.Expected, conversionsOf(tallied(t, Options{Model: "shapley"}, pathsOf(g.journeys()))), closely); d != "" {
				t.Errorf("%s (-want +got):\n%s", g.ID, d)
			}
		case g.ID == "shapley-tds-FOL":
			goldenPlay(t, g.ID, g.Coalitions, g.Expected)
			// By dividends it is the closed form of the tally.
			var js []goldenJourney
			for set, share := range g.Dividends {
				js = append(js, goldenJourney{Path: strings.Split(set, ""), Conversions: int64(math.Round(1000 * share))})
			}
			got := conversionsOf(tallied(t, Options{Model: "shapley"}, pathsOf(js)))
			for i := range got {
				got[i] /= 1000
			}
			if d := cmp.Diff(g.Expected, got, closely); d != "" {
				t.Errorf("%s by dividends (-want +got):\n%s", g.ID, d)
			}
		case g.ID == "shapley-dp6-readme-coalitions":
			worth := map[string]float64{}
			for set, v := range g.V.(map[string]any) {
				worth[set] = v.(float64)
			}
			goldenPlay(t, g.ID, worth, g.Expected)
		case g.ID == "zhao-ordered-tiny":
			got := tallied(t, Options{Model: "shapley", Ordered: true}, pathsOf(g.journeys()))
			if d := cmp.Diff(g.Total, conversionsOf(got), closely); d != "" {
				t.Errorf("%s (-want +got):\n%s", g.ID, d)
			}
			for _, k := range got.Keys {
				for len(k.Positions) < 3 {
					k.Positions = append(k.Positions, 0)
				}
				if d := cmp.Diff(g.ByPosition[k.Key], k.Positions, closely); d != "" {
					t.Errorf("%s, %s by position (-want +got):\n%s", g.ID, k.Key, d)
				}
			}
		default:
			continue
		}
		checked++
	}
	if checked != 6 {
		t.Errorf("%d cases were checked, want 6", checked)
	}
}

// goldenPlay solves a game told by the worth of its coalitions.
func goldenPlay(t *testing.T, id string, worth, want map[string]float64) {
	t.Helper()
	var names []string
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	v := make([]float64, 1<<len(names))
	for set, x := range worth {
		at := 0
		for i, name := range names {
			if strings.Contains(set, name) {
				at |= 1 << i
			}
		}
		v[at] = x
	}
	got := map[string]float64{}
	for i, x := range shapley(len(names), v) {
		got[names[i]] = x
	}
	if d := cmp.Diff(want, got, closely); d != "" {
		t.Errorf("%s (-want +got):\n%s", id, d)
	}
}

// The closed form is the Shapley value over all subsets.
func TestShapleyClosedForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := drawJourneys(t)
		v := make([]float64, 16)
		for set := range v {
			for _, j := range js {
				inside := true
				for _, c := range j.Path {
					inside = inside && set&(1<<(c[0]-'a')) != 0
				}
				if inside {
					v[set] += float64(j.Conversions)
				}
			}
		}
		want := shapley(4, v)
		for _, k := range tallied(t, Options{Model: "shapley"}, pathsOf(js)).Keys {
			if !near(k.Conversions, want[k.Key[0]-'a']) {
				t.Fatalf("%s has %v, want %v", k.Key, k.Conversions, want[k.Key[0]-'a'])
			}
		}
	})
}

// The values of the game of rates sum to the rate, may be negative, and are what
// permutations estimate.
func TestShapleyOfRates(t *testing.T) {
	js := []goldenJourney{
		{Path: []string{"a"}, Conversions: 50, Nulls: 50},
		{Path: []string{"b"}, Nulls: 100},
		{Path: []string{"a", "b"}, Conversions: 5, Nulls: 95},
		{Path: []string{"b", "c", "a"}, Conversions: 30, Nulls: 10},
	}
	exact := tallied(t, Options{Model: "shapley", Worth: WorthRate}, pathsOf(js))
	drawn := tallied(t, Options{Model: "shapley", Worth: WorthRate, MaxChannels: 2, Samples: 5000, Seed: 9}, pathsOf(js))
	var sum float64
	by := byKey(&drawn)
	for _, k := range exact.Keys {
		sum += k.Worth
		d := by[k.Key]
		if math.Abs(d.Conversions-k.Conversions) > 5*d.StdErr || d.StdErr > 1.5 {
			t.Errorf("%s: drawn %v ± %v, is %v", k.Key, d.Conversions, d.StdErr, k.Conversions)
		}
	}
	if !near(sum, exact.Rate) || !near(exact.Rate, 85.0/340) || exact.Samples != 0 || drawn.Samples != 10_000 {
		t.Errorf("the values sum to %v, the rate is %v, %d and %d samples", sum, exact.Rate, exact.Samples, drawn.Samples)
	}
	if b := byKey(&exact)["b"]; b.Worth >= 0 || b.Conversions >= 0 {
		t.Errorf("b brings nobody and has %+v", b)
	}
}

func TestSplitBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64().Draw(t, "amount")
		if amount == math.MinInt64 {
			amount++
		}
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 8).Draw(t, "weights")
		large := make([]*big.Int, len(weights))
		for i, w := range weights {
			large[i] = big.NewInt(w)
		}
		if got, want := live.SplitBig(amount, large), live.SplitMinor(amount, weights); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		amount %= 1_000_000_000
		signed := rapid.SliceOfN(rapid.Int64Range(-1000, 1000), 1, 8).Draw(t, "signed")
		large = large[:0]
		for _, w := range signed {
			large = append(large, big.NewInt(w))
		}
		shares, mirrored := live.SplitBig(amount, large), live.SplitBig(-amount, large)
		var sum int64
		for i, x := range shares {
			sum += x
			if x != -mirrored[i] {
				t.Fatalf("%d and %d do not mirror: %v, %v", amount, -amount, shares, mirrored)
			}
		}
		if sum != amount {
			t.Fatalf("%v sum to %d, want %d", shares, sum, amount)
		}
	})
}

func TestTallyOptions(t *testing.T) {
	for _, o := range []Options{
		{Model: "markov", Order: 5},
		{Model: "markov", Order: -1},
		{Model: "shapley", Worth: "fame"},
		{Model: "shapley", Worth: WorthRate, Ordered: true},
		{Model: "shapley", MaxChannels: 99},
		{Model: "shapley", Samples: 1},
	} {
		if _, err := NewTally(o, ByChannel); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
