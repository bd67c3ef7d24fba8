package attribution

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// golden reads one file of worked examples of other systems, with their sources.
func golden[T any](t *testing.T, file string) (c T) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return c
}

// made is the model of options that are right.
func made(t testing.TB, o Options) Model {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// spread gives the parts of the touches in a whole.
func spread(m Model, touches []conversion.Touchpoint) []float64 {
	w := m.Weights(nil, touches)
	var sum float64
	for _, x := range w {
		sum += float64(x)
	}
	out := make([]float64, len(w))
	for i, x := range w {
		out[i] = float64(x) / sum
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

func wantSpread(t *testing.T, what string, m Model, touches []conversion.Touchpoint, want []float64) {
	t.Helper()
	got := spread(m, touches)
	for i := range want {
		if len(got) != len(want) || !near(got[i], want[i]) {
			t.Errorf("%s by %s %v: %v, want %v", what, m.Name(), m.Params(), got, want)
			return
		}
	}
}

// touchesOf makes touches of channels a minute apart.
func touchesOf(channels ...string) []conversion.Touchpoint {
	j := path(0, 0, channels...)
	return j.Touches
}

// before makes touches so long before the conversion at day0.
func before(ages ...time.Duration) []conversion.Touchpoint {
	var ts []conversion.Touchpoint
	for _, a := range ages {
		ts = append(ts, conversion.Touchpoint{At: day0.Add(-a)})
	}
	return ts
}

func TestGoldenAdobe(t *testing.T) {
	c := golden[struct {
		Touches []struct {
			Channel    string
			DaysBefore int `json:"days_before"`
			Visit      int
		}
		Cents    int64                       `json:"order_cents"`
		Expected map[string]map[string]int64 `json:"expected_cents"`
		Decay    map[string]float64          `json:"time_decay_unrounded_dollars"`
	}](t, "12_adobe_worked_example.json")
	all := conversion.Journey{Order: "o", At: day0, Currency: "USD", Value: c.Cents}
	visit := all
	for i, x := range c.Touches {
		p := conversion.Touchpoint{At: day0.AddDate(0, 0, -x.DaysBefore), Position: live.Position{Seq: uint64(i + 1)}, Channel: x.Channel}
		all.Touches = append(all.Touches, p)
		if x.Visit == 3 {
			visit.Touches = append(visit.Touches, p)
		}
	}
	checked := 0
	for name, run := range map[string]struct {
		j conversion.Journey
		o Options
	}{
		"first_touch_visitor_window":    {all, Options{Model: "first"}},
		"first_touch_same_visit_window": {visit, Options{Model: "first"}},
		"linear_same_visit":             {visit, Options{Model: "linear"}},
		"linear_visitor":                {all, Options{Model: "linear"}},
		"j_shaped_20_20_60":             {all, Options{Model: "position", Weights: [3]int64{20, 20, 60}}},
		"time_decay_half_life_7d":       {all, Options{Model: "time_decay", HalfLife: 7 * 24 * time.Hour}},
	} {
		got := channels(Attribute(made(t, run.o), []conversion.Journey{run.j}, 0).Totals[0].ByChannel)
		if d := cmp.Diff(c.Expected[name], got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		checked++
	}
	if checked != len(c.Expected)-1 { // participation has a test of its own
		t.Errorf("%d of %d examples were checked", checked, len(c.Expected))
	}
	var want []float64
	for _, x := range c.Touches {
		want = append(want, c.Decay[x.Channel]*100/float64(c.Cents))
	}
	wantSpread(t, "unrounded", made(t, Options{Model: "time_decay"}), all.Touches, want)
}

func TestGoldenAmplitude(t *testing.T) {
	c := golden[struct {
		Touches  [][2]string
		Day      string `json:"conversion"`
		Expected []struct {
			Model  string
			Days   int `json:"window_days"`
			Credit map[string]float64
		} `json:"expected_percent"`
	}](t, "13_amplitude_worked_example.json")
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	j := conversion.Journey{Order: "o", At: day(c.Day), Currency: "USD", Value: 10000}
	for i, x := range c.Touches {
		j.Touches = append(j.Touches, conversion.Touchpoint{At: day(x[1]), Channel: x[0], Position: live.Position{Seq: uint64(i + 1)}})
	}
	for _, e := range c.Expected {
		o := Options{Model: e.Model}
		switch e.Model {
		case "j_shaped_20_20_60":
			o = Options{Model: "position", Weights: [3]int64{20, 20, 60}, TwoTouch: HalfMiddle}
		case "custom_5_20_75":
			o = Options{Model: "position", Weights: [3]int64{5, 20, 75}}
		}
		touches := j.Within(time.Duration(e.Days) * 24 * time.Hour)
		got := map[string]float64{}
		for i, part := range spread(made(t, o), touches) {
			if part > 0 {
				got[touches[i].Channel] += 100 * part
			}
		}
		for channel, want := range e.Credit {
			if len(got) != len(e.Credit) || !near(got[channel], want) {
				t.Errorf("%s within %d days: %v, want %v", e.Model, e.Days, got, e.Credit)
				break
			}
		}
	}
}

func TestGoldenMixpanel(t *testing.T) {
	c := golden[struct {
		ByCount map[string][]float64 `json:"expected_percent_by_touch_count"`
		Unique  struct {
			Purchases [][2]string
			Last      string `json:"last_qualifying_conversion_last_touch"`
			First     string `json:"first_qualifying_conversion_last_touch"`
		} `json:"unique_user_rule"`
	}](t, "14_mixpanel_definitions.json")
	shapes := map[string][3]int64{"u": {40, 20, 40}, "j": {20, 20, 60}, "inverse_j": {60, 20, 20}}
	for name, want := range c.ByCount {
		shape := name[:len(name)-2]
		m := made(t, Options{Model: "position", Weights: shapes[shape], TwoTouch: Renormalise})
		for i := range want {
			want[i] /= 100
		}
		wantSpread(t, name, m, make([]conversion.Touchpoint, len(want)), want)
	}
	// Which order of a person counts is a choice of the question, not of the
	// model: the last touch of the first order, or of the last.
	last := made(t, Options{Model: "last"})
	credit := func(i int) string {
		j := path(i, 100, c.Unique.Purchases[i][1])
		return Attribute(last, []conversion.Journey{j}, 0).Orders[0].Credits[0].Touch.Channel
	}
	if n := len(c.Unique.Purchases); credit(0) != c.Unique.First || credit(n-1) != c.Unique.Last {
		t.Errorf("first order %s, last order %s; want %s and %s", credit(0), credit(n-1), c.Unique.First, c.Unique.Last)
	}
}

func TestGoldenMoneySplit(t *testing.T) {
	c := golden[struct {
		Rows []struct {
			Source            string
			Amount            int64
			Weights, Expected []int64
			Agrees            bool    `json:"largest_remainder_agrees"`
			Ours              []int64 `json:"largest_remainder"`
		}
	}](t, "17_money_split.json")
	if len(c.Rows) == 0 {
		t.Fatal("no cases")
	}
	for _, r := range c.Rows {
		want := r.Expected
		if !r.Agrees {
			want = r.Ours
		}
		if got := live.SplitMinor(r.Amount, r.Weights); !cmp.Equal(got, want) {
			t.Errorf("%s: %d over %v: %v, want %v", r.Source, r.Amount, r.Weights, got, want)
		}
	}
}

func TestGoldenTransforms(t *testing.T) {
	c := golden[struct {
		Cases []map[string][]string
	}](t, "06_path_transforms.json")
	transforms := map[string]Transform{
		"last_1_step": LastSteps(1), "last_2_steps": LastSteps(2), "exposure": Exposure,
		"first_occurrences": FirstOccurrences, "frequency": Frequency,
		"remove_direct_if_not_all": RemoveIfNotAll("direct"), "remove_trailing_direct_if_not_all": RemoveTrailingIfNotAll("direct"),
	}
	for _, x := range c.Cases {
		for name, want := range x {
			if name == "path" {
				continue
			}
			in := touchesOf(x["path"]...)
			var got []string
			for _, p := range transforms[name](in) {
				got = append(got, p.Channel)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s of %v (-want +got):\n%s", name, x["path"], d)
			}
			if d := cmp.Diff(touchesOf(x["path"]...), in); d != "" {
				t.Errorf("%s changed its input:\n%s", name, d)
			}
		}
	}
}

type heuristic struct {
	ID       string
	Journeys []struct {
		Path        []string
		Conversions int64
		Value       int64
	}
	Expected json.RawMessage
	Hours    []float64 `json:"touches_hours_before"`
	Interval float64   `json:"interval_hours"`
	Decay    []float64 `json:"continuous_gives"`
}

func TestGoldenHeuristics(t *testing.T) {
	c := golden[struct{ Cases []heuristic }](t, "02_heuristics_small.json")
	const unit = 600 // minor units of a conversion: thirds come out even
	seen := map[string]bool{}
	for _, h := range c.Cases {
		seen[h.ID] = true
		run := func(o Options) map[string]float64 {
			var js []conversion.Journey
			for i, x := range h.Journeys {
				js = append(js, path(i, int(x.Conversions*unit), x.Path...))
			}
			got := map[string]float64{}
			for channel, minor := range channels(Attribute(made(t, o), js, 0).Totals[0].ByChannel) {
				got[channel] = float64(minor) / unit
			}
			return got
		}
		models := func(names map[string]Options) {
			var want map[string]map[string]float64
			if err := json.Unmarshal(h.Expected, &want); err != nil {
				t.Fatal(err)
			}
			for name, o := range names {
				if d := cmp.Diff(want[name], run(o), cmp.Comparer(near)); d != "" || want[name] == nil {
					t.Errorf("%s, %s (-want +got):\n%s", h.ID, name, d)
				}
			}
		}
		switch h.ID {
		case "heur-mta":
			models(map[string]Options{
				"first_touch": {Model: "first"}, "last_touch": {Model: "last"}, "linear": {Model: "linear"}, "position_40_20_40": {Model: "position"},
			})
		case "heur-mta-repeat":
			models(map[string]Options{"linear_every_touch": {Model: "linear"}})
		case "heur-mta-two-touch-weights":
			models(map[string]Options{
				"first40_last40": {Model: "position"}, "first30_last70": {Model: "position", Weights: [3]int64{30, 0, 70}},
			})
		case "heur-dp6-tests":
			goldenDP6(t, h)
		case "heur-dp6-time-decay-readme":
			var ages []time.Duration
			for _, x := range h.Hours {
				ages = append(ages, time.Duration(x*float64(time.Hour)))
			}
			wantSpread(t, h.ID, made(t, Options{Model: "time_decay", HalfLife: time.Duration(h.Interval * float64(time.Hour))}), before(ages...), h.Decay)
		}
	}
	for _, id := range []string{"heur-mta", "heur-mta-repeat", "heur-mta-two-touch-weights", "heur-dp6-tests", "heur-dp6-time-decay-readme"} {
		if !seen[id] {
			t.Errorf("the case %s is gone", id)
		}
	}
}

func goldenDP6(t *testing.T, h heuristic) {
	var want struct {
		NonA  map[string][]int64 `json:"last_non_A_per_journey"`
		Three float64            `json:"position_three_touch_first"`
		Two   float64            `json:"position_two_touch_first"`
		Sum   int64              `json:"every_model_sums_to"`
	}
	if err := json.Unmarshal(h.Expected, &want); err != nil {
		t.Fatal(err)
	}
	nonA := made(t, Options{Model: "last_non_direct", Direct: []string{"A"}})
	found := 0
	for _, x := range h.Journeys {
		name := ""
		for i, c := range x.Path {
			if i > 0 {
				name += " > "
			}
			name += c
		}
		ts := touchesOf(x.Path...)
		if per, ok := want.NonA[name]; ok {
			found++
			if got := live.SplitMinor(x.Value, nonA.Weights(nil, ts)); !cmp.Equal(got, per) {
				t.Errorf("%s: last non-A gives %v, want %v", name, got, per)
			}
		}
		first := float64(x.Value) * spread(made(t, Options{Model: "position"}), ts)[0]
		if want := map[int]float64{1: float64(x.Value), 2: want.Two, 3: want.Three}[len(ts)]; !near(first, want) {
			t.Errorf("%s: the first touch has %v by position, want %v", name, first, want)
		}
	}
	if found != len(want.NonA) {
		t.Errorf("%d of %d journeys were found", found, len(want.NonA))
	}
	for _, m := range Models() {
		var js []conversion.Journey
		for i, x := range h.Journeys {
			js = append(js, path(i, int(x.Value), x.Path...))
		}
		var sum int64
		for _, s := range Attribute(m, js, 0).Totals[0].ByChannel {
			sum += s.Minor
		}
		if sum != want.Sum {
			t.Errorf("%s sums to %d, want %d", m.Name(), sum, want.Sum)
		}
	}
}
