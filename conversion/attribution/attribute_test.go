package attribution

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/conversion"
	"showrunner/live"
)

var day0 = time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)

func model(t *testing.T, name string) Model {
	t.Helper()
	m, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// path makes a journey of channels, a minute apart.
func path(order, value int, channels ...string) conversion.Journey {
	j := conversion.Journey{Order: live.OrderID(fmt.Sprint("o", order)), At: day0, Currency: "CNY", Value: int64(value)}
	for i, c := range channels {
		j.Touches = append(j.Touches, conversion.Touchpoint{At: day0.Add(time.Duration(i-len(channels)) * time.Minute), Channel: c, Stage: live.StageLead})
	}
	return j
}

func channels(shares []Share) map[string]int64 {
	out := map[string]int64{}
	for _, s := range shares {
		out[s.Key] = s.Minor
	}
	return out
}

// weighted is a model of fixed weights, for the published splits.
type weighted []int64

func (weighted) Name() string { return "weighted" }

func (weighted) Params() map[string]string { return nil }

func (w weighted) Weights(dst []int64, _ []conversion.Touchpoint) []int64 { return append(dst, w...) }

func TestWindowEndsAreIn(t *testing.T) {
	const window = 7 * 24 * time.Hour
	for _, tc := range []struct {
		at   time.Time
		want int64 // attributed
	}{
		{day0, 100},
		{day0.Add(time.Millisecond), 0},
		{day0.Add(-window), 100},
		{day0.Add(-window - time.Millisecond), 0},
	} {
		j := conversion.Journey{Order: "o", At: day0, Currency: "CNY", Value: 100, Touches: []conversion.Touchpoint{{At: tc.at, Channel: "c"}}}
		got := Attribute(first{}, []conversion.Journey{j}, window).Totals[0]
		if got.Value-got.Unattributed != tc.want {
			t.Errorf("a touch %v from the order: %d attributed, want %d", tc.at.Sub(day0), got.Value-got.Unattributed, tc.want)
		}
	}
}

func TestTiesGoByPosition(t *testing.T) {
	j := conversion.Journey{Order: "o", At: day0, Currency: "CNY", Value: 101, Touches: []conversion.Touchpoint{
		{At: day0, Position: live.Position{Seq: 2}, Channel: "late"},
		{At: day0, Position: live.Position{Seq: 1, Index: 1}, Channel: "middle"},
		{At: day0, Position: live.Position{Seq: 1}, Channel: "early"},
	}}
	for name, want := range map[string]map[string]int64{
		"first":  {"early": 101},
		"last":   {"late": 101},
		"linear": {"early": 34, "middle": 34, "late": 33}, // left-over cents to the earlier touches
	} {
		got := channels(Attribute(model(t, name), []conversion.Journey{j}, 0).Totals[0].ByChannel)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func journeys(t *rapid.T) []conversion.Journey {
	var out []conversion.Journey
	for i := range rapid.IntRange(0, 12).Draw(t, "orders") {
		j := conversion.Journey{
			Order: live.OrderID(fmt.Sprint("o", i)), At: day0, Currency: rapid.SampledFrom([]live.Currency{"CNY", "USD", "JPY"}).Draw(t, "currency"),
			Value: rapid.Int64Range(0, live.MaxMinor).Draw(t, "value"),
		}
		for k := range rapid.IntRange(0, 6).Draw(t, "touches") {
			j.Touches = append(j.Touches, conversion.Touchpoint{
				At:       day0.Add(-time.Duration(rapid.IntRange(-1, 9).Draw(t, "days")) * 24 * time.Hour),
				Position: live.Position{Seq: uint64(i*10 + k + 1)}, Channel: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "channel"),
				Stage: rapid.SampledFrom(live.Stages).Draw(t, "stage"),
			})
		}
		out = append(out, j)
	}
	return out
}

// What is credited and what is not add up to the money, for every model, every
// order, every currency and every key.
func TestCreditsSumToTheMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := journeys(t)
		money, counts := map[live.Currency]int64{}, map[live.Currency]int64{}
		for _, j := range js {
			money[j.Currency] += j.Value
			counts[j.Currency]++
		}
		for _, m := range append(Models(), weighted{0, 0, 0, 0, 0, 0}, weighted{-3, 2, 0, 7, 1, 1}) {
			if w, ok := m.(weighted); ok {
				m = clipped{w}
			}
			r := Attribute(m, js, conversion.DefaultWindow)
			for _, o := range r.Orders {
				sum := o.Unattributed
				for _, c := range o.Credits {
					sum += c.Minor
				}
				if sum != o.Value {
					t.Fatalf("%s: order %s has %d of %d", m.Name(), o.Order, sum, o.Value)
				}
			}
			if len(r.Totals) != len(money) {
				t.Fatalf("%s: %d totals, want %d", m.Name(), len(r.Totals), len(money))
			}
			for _, total := range r.Totals {
				if total.Value != money[total.Currency] || total.Orders != counts[total.Currency] {
					t.Fatalf("%s: total %+v, want %d orders of %d", m.Name(), total, counts[total.Currency], money[total.Currency])
				}
				byOrder := r.By(total.Currency, func(c *conversion.Credit) string { return string(c.Order) })
				for _, shares := range [][]Share{total.ByChannel, total.ByStage, byOrder} {
					sum := total.Unattributed
					for _, s := range shares {
						sum += s.Minor
					}
					if sum != total.Value {
						t.Fatalf("%s: credits and unattributed are %d of %d", m.Name(), sum, total.Value)
					}
				}
			}
		}
	})
}

// clipped gives as many of its weights as there are touches.
type clipped struct{ weighted }

func (c clipped) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	return append(dst, c.weighted[:len(touches)]...)
}

// The order of the input changes nothing, and the input is not changed.
func TestAttributeIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		js := journeys(t)
		shuffled := rapid.Permutation(js).Draw(t, "shuffled")
		for i := range shuffled {
			shuffled[i].Touches = rapid.Permutation(shuffled[i].Touches).Draw(t, "touches")
		}
		before := slices.Clone(shuffled)
		for _, m := range Models() {
			want, got := Attribute(m, js, conversion.DefaultWindow), Attribute(m, shuffled, conversion.DefaultWindow)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%s depends on the order of its input:\n%s", m.Name(), d)
			}
		}
		if d := cmp.Diff(before, shuffled); d != "" {
			t.Fatalf("the input was changed:\n%s", d)
		}
	})
}

// A refund takes back what the sale gave: credits of the refunded order are
// those of an order of the smaller value, and a full refund leaves nothing.
func TestRefundsUnwindCredits(t *testing.T) {
	for _, value := range []int{1000, 999, 1, 0} {
		r := Attribute(linear{}, []conversion.Journey{path(1, value, "a", "b", "c")}, 0)
		var sum int64
		for _, c := range r.Orders[0].Credits {
			if share := c.Minor - int64(value/3); share != 0 && share != 1 {
				t.Errorf("%d over three: %s has %d", value, c.Touch.Channel, c.Minor)
			}
			sum += c.Minor
		}
		if sum != int64(value) {
			t.Errorf("credits of %d are %d", value, sum)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, m := range Models() {
		if got, err := Named(m.Name()); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("Named(%q) = %v, %v", m.Name(), got, err)
		}
	}
	var refusal *live.Error
	if _, err := Named("magic"); !errors.As(err, &refusal) || refusal.Code != "unknown_model" {
		t.Errorf("Named(magic): %v, want unknown_model", err)
	}
}

func ExampleAttribute() {
	at := time.Date(2026, 6, 18, 20, 0, 0, 0, time.UTC)
	j := conversion.Journey{Order: "o1", At: at, Currency: "CNY", Value: 10000, Touches: []conversion.Touchpoint{
		{At: at.Add(-48 * time.Hour), Channel: "group", Stage: live.StageNurture},
		{At: at.Add(-2 * time.Minute), Channel: "direct", Stage: live.StageConvert},
		{At: at.Add(-time.Minute), Channel: "live_room", Stage: live.StageConvert},
	}}
	m, err := Named("linear")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range Attribute(m, []conversion.Journey{j}, conversion.DefaultWindow).Totals[0].ByChannel {
		fmt.Println(s.Key, s.Minor)
	}
	// Output:
	// group 3334
	// direct 3333
	// live_room 3333
}
