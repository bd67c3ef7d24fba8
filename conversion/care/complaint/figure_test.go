package complaint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/conversion/care/text"
	"showrunner/live"
)

// TestFiguresAsOfThen: what a figure said then it says for ever, whatever becomes
// of the complaints.
func TestFiguresAsOfThen(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup")
	for i := range 4 {
		e.paid(fmt.Sprint("o", i), fmt.Sprint("p", i), "s1", "cup")
	}
	e.wait(time.Hour)
	a := e.open(Claim{Order: "o1", Text: "坏了", Cause: Quality})
	b := e.open(Claim{Order: "o2", Text: "太慢", Cause: Logistics})
	then := e.now()
	before := e.figures(FigureQuestion{AsOf: then})
	e.wait(time.Hour)
	e.turn(a.ID, Turn{Step: Correct, Cause: PoorExperience})
	e.turn(b.ID, Turn{Step: Withdraw, Note: "came"})
	e.open(Claim{Order: "o1", Text: "又坏了", Cause: Quality})
	e.paid("o9", "p9", "s1", "cup")
	again := e.figures(FigureQuestion{AsOf: then})
	if fmt.Sprint(before) != fmt.Sprint(again) {
		t.Errorf("as of then:\n%+v\nlater:\n%+v", before, again)
	}
	now := e.figures(FigureQuestion{})
	if now.Complaints != 2 || now.Orders != 1 || now.ByCause[Quality] != 1 || now.ByCause[PoorExperience] != 1 || now.Withdrawn != 1 || now.Paid != 5 {
		t.Errorf("now %+v", now)
	}
}

// TestFiguresAgainstTheTruth draws a month of orders and complaints and counts
// them beside the book.
func TestFiguresAgainstTheTruth(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			e := newEnv(t)
			e.show("s1", "cup", "pot")
			e.show("s2", "cup")
			start := e.now()
			truth := Figures{ByCause: map[Cause]int64{}}
			from, until := start.Add(48*time.Hour), start.Add(96*time.Hour)
			type said struct {
				order string
				cause Cause
			}
			had := map[said]bool{}
			for i := range 60 {
				e.wait(2 * time.Hour)
				order, show := fmt.Sprint("o", i), fmt.Sprint("s", 1+r.IntN(2))
				e.paid(order, fmt.Sprint("p", r.IntN(20)), show, "cup")
				in := show == "s1" && !e.now().Before(from) && e.now().Before(until)
				if in {
					truth.Paid++
				}
				told := false
				for range r.IntN(3) {
					cause := text.Causes()[r.IntN(5)]
					c := e.open(Claim{Order: live.OrderID(order), Text: "不好", Cause: cause})
					if had[said{order, cause}] {
						continue
					}
					withdrawn := r.IntN(5) == 0
					if withdrawn {
						e.turn(c.ID, Turn{Step: Withdraw, Note: "x"})
					} else {
						had[said{order, cause}] = true
					}
					switch {
					case !in:
					case withdrawn:
						truth.Withdrawn++
					default:
						truth.Complaints++
						truth.ByCause[cause]++
						if !told {
							truth.Orders++
						}
						told = true
					}
				}
			}
			got := e.figures(FigureQuestion{Show: "s1", From: from, Until: until})
			if fmt.Sprint(got) != fmt.Sprint(truth) {
				t.Errorf("got  %+v\nwant %+v", got, truth)
			}
		})
	}
}

// TestIntervals: against the figures printed by Newcombe 1998, table II, method
// 10, and Wilson's against its own definition.
func TestIntervals(t *testing.T) {
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.00006 {
			t.Errorf("%s = %.4f, want %.4f", name, got, want)
		}
	}
	for _, tc := range []struct {
		first, second Share // the difference is first - second
		low, high     float64
	}{
		{Share{Of: 56, All: 70}, Share{Of: 48, All: 80}, 0.0524, 0.3339},
		{Share{Of: 9, All: 10}, Share{Of: 3, All: 10}, 0.1705, 0.8090},
		{Share{Of: 5, All: 56}, Share{Of: 0, All: 29}, -0.0381, 0.1926},
		{Share{Of: 0, All: 10}, Share{Of: 0, All: 20}, -0.1611, 0.2775},
		{Share{Of: 10, All: 10}, Share{Of: 0, All: 20}, 0.6791, 1},
	} {
		low, high := Newcombe(tc.second, tc.first)
		near(fmt.Sprint(tc, " low"), low, tc.low)
		near(fmt.Sprint(tc, " high"), high, tc.high)
	}
	low, high := Share{Of: 81, All: 263}.Wilson()
	near("Wilson low", low, 0.2553)
	near("Wilson high", high, 0.3662)
}

// TestIntervalProperties: an interval holds what was seen, turns with its sides,
// and a change is only said to be one when 0 is outside.
func TestIntervalProperties(t *testing.T) {
	share := rapid.Custom(func(t *rapid.T) Share {
		n := rapid.Int64Range(0, 5000).Draw(t, "n")
		return Share{Of: rapid.Int64Range(0, n).Draw(t, "k"), All: n}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := share.Draw(t, "before"), share.Draw(t, "after")
		low, high := a.Wilson()
		if p := a.Rate(); low < 0 || high > 1 || a.All > 0 && (low > p || high < p) {
			t.Fatalf("%v has the interval %f to %f", a, low, high)
		}
		if a.All == 0 || b.All == 0 {
			if Compare(a, b).Outcome != TooSmall {
				t.Fatal("something is said of nothing")
			}
			return
		}
		c, back := Compare(a, b), Compare(b, a)
		if d := b.Rate() - a.Rate(); c.Low > d+1e-12 || c.High < d-1e-12 {
			t.Fatalf("%+v does not hold %f", c, d)
		}
		if math.Abs(c.Low+back.High) > 1e-12 || math.Abs(c.High+back.Low) > 1e-12 {
			t.Fatalf("%+v and %+v are not each other's mirror", c, back)
		}
		small := min(a.All, b.All) < MinOrders || a.Of+b.Of < MinComplaints
		if (c.Outcome == TooSmall) != small || c.Outcome == Fell && c.High >= 0 || c.Outcome == Rose && c.Low <= 0 {
			t.Fatalf("%+v", c)
		}
	})
}
