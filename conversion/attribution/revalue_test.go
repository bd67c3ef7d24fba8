package attribution

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/conversion"
	"showrunner/live"
)

// After any refunds, in any pieces, the credits are those of an order that was
// of the rest from the start, and a full refund leaves nothing behind.
func TestRefundsLeaveNothingBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, m := range Models() {
			js := journeys(t)
			for i := range js {
				checkRefunds(t, m, js[i])
			}
		}
	})
}

func checkRefunds(t *rapid.T, m Model, j conversion.Journey) {
	js := []conversion.Journey{j}
	o := Attribute(m, js, conversion.DefaultWindow).Orders[0]
	posted := make(map[uint64]int64)
	for _, c := range o.Credits {
		posted[c.Touch.Position.Seq] += c.Minor
	}
	for range 5 {
		left := rapid.Int64Range(0, o.Value).Draw(t, "left")
		after, posts := o.Revalue(left)
		var moved int64
		for _, p := range posts {
			posted[p.Touch.Position.Seq] += p.Minor
			moved += p.Minor
		}
		if len(o.Credits) > 0 && moved != left-o.Value {
			t.Fatalf("%s: from %d to %d, but %d was posted", m.Name(), o.Value, left, moved)
		}
		js[0].Value = left
		fresh := Attribute(m, js, conversion.DefaultWindow).Orders[0]
		if d := cmp.Diff(fresh, after); d != "" {
			t.Fatalf("%s: an order of %d from the start (-) and after refunds (+):\n%s", m.Name(), left, d)
		}
		o = after
	}
	if o, _ = o.Revalue(0); o.Unattributed != 0 {
		t.Fatalf("%s: %d is left unattributed", m.Name(), o.Unattributed)
	}
	for _, c := range o.Credits {
		if c.Minor != 0 {
			t.Fatalf("%s: a full refund leaves %d with %s", m.Name(), c.Minor, c.Touch.Channel)
		}
	}
}

// Splitting every refund by itself would leave cents; the stored weights do not.
func TestThreeRefundsOfAThird(t *testing.T) {
	j := path(1, 100, "a", "b", "c")
	o := Attribute(linear{}, []conversion.Journey{j}, 0).Orders[0]
	sums := map[string]int64{"a": 34, "b": 33, "c": 33}
	for _, left := range []int64{67, 34, 0} {
		var posts []conversion.Credit
		o, posts = o.Revalue(left)
		for _, p := range posts {
			sums[p.Touch.Channel] += p.Minor
		}
	}
	if d := cmp.Diff(map[string]int64{"a": 0, "b": 0, "c": 0}, sums); d != "" {
		t.Errorf("after three refunds (-want +got):\n%s", d)
	}
}

func TestAssistsStandApart(t *testing.T) {
	j := func(order live.OrderID, value int64, shows ...live.ShowID) conversion.Journey {
		x := conversion.Journey{Order: order, At: day0, Currency: "CNY", Value: value}
		for i, s := range shows {
			x.Touches = append(x.Touches, conversion.Touchpoint{At: day0.Add(time.Duration(i-9) * time.Minute), Show: s})
		}
		return x
	}
	r := Attribute(made(t, Options{Model: "last"}), []conversion.Journey{
		j("o1", 1000, "s1", "s2", "s1", "", "s3"), j("o2", 70, "s3", "s1"), j("o3", 5), j("o4", 1, "s2", "s2"),
	}, time.Hour)
	byShow := func(p *conversion.Touchpoint) string { return string(p.Show) }
	want := []Assist{{"s1", 1, 1000}, {"s2", 1, 1000}, {"s3", 1, 70}}
	if d := cmp.Diff(want, r.Assists("CNY", byShow)); d != "" {
		t.Errorf("assists (-want +got):\n%s", d)
	}
	if got := r.Assists("USD", byShow); len(got) != 0 {
		t.Errorf("assists of a currency without orders: %v", got)
	}
	sum := r.Totals[0].Unattributed
	for _, s := range r.By("CNY", func(c *conversion.Credit) string { return string(c.Touch.Show) }) {
		sum += s.Minor
	}
	if sum != 1076 {
		t.Errorf("credits and unattributed are %d, want 1076: assists are not among them", sum)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		{Model: "position", Weights: [3]int64{-1, 2, 3}},
		{Model: "position", Weights: [3]int64{1, 2_000_000_000, 3}},
		{Model: "position", TwoTouch: "thirds"},
		{Model: "time_decay", HalfLife: -time.Hour},
		{Model: "Linear"},
		{},
	} {
		if m, err := New(o); err == nil {
			t.Errorf("%+v made %s", o, m.Name())
		}
	}
}

func TestPositionOfTwo(t *testing.T) {
	two := touchesOf("a", "b")
	for _, c := range []struct {
		o    Options
		want []float64
	}{
		{Options{Weights: [3]int64{20, 20, 60}}, []float64{.3, .7}},
		{Options{Weights: [3]int64{20, 20, 60}, TwoTouch: Renormalise}, []float64{.25, .75}},
		{Options{}, []float64{.5, .5}},
		{Options{TwoTouch: Renormalise}, []float64{.5, .5}},
	} {
		c.o.Model = "position"
		wantSpread(t, "two touches", made(t, c.o), two, c.want)
	}
	// Nothing but a middle, and none there: even.
	got := Attribute(made(t, Options{Model: "position", Weights: [3]int64{0, 1, 0}, TwoTouch: Renormalise}), []conversion.Journey{path(1, 9, "a", "b")}, 0)
	if d := cmp.Diff(map[string]int64{"a": 5, "b": 4}, channels(got.Totals[0].ByChannel)); d != "" {
		t.Error(d)
	}
}
