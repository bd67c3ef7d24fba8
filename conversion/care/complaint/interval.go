package complaint

import "showrunner/conversion"

// Share is how many of how many.
type Share = conversion.Share

// Newcombe is the 95 % interval of after - before, see [conversion.Newcombe].
func Newcombe(before, after Share) (low, high float64) { return conversion.Newcombe(before, after) }

// The rule of when a sample is too small to say anything of a change: fewer paid
// orders than this on either side, or fewer complaints than that on both sides
// together. Below, an interval is as wide as what is to be found.
const (
	MinOrders     = 30
	MinComplaints = 5
)

// Outcome is what can be said of a change.
type Outcome string

// Outcomes.
const (
	Fell          Outcome = "fell" // the whole interval is below 0
	Rose          Outcome = "rose" // the whole interval is above 0
	NoChangeShown Outcome = "no_change_shown"
	TooSmall      Outcome = "sample_too_small"
)

// Compared is a rate before and after.
type Compared struct {
	Before, After Share
	Low, High     float64 // of after - before
	Outcome       Outcome
}

// Compare says what became of a rate.
func Compare(before, after Share) Compared {
	c := Compared{Before: before, After: after}
	c.Low, c.High = Newcombe(before, after)
	switch {
	case min(before.All, after.All) < MinOrders || before.Of+after.Of < MinComplaints:
		c.Outcome = TooSmall
	case c.High < 0:
		c.Outcome = Fell
	case c.Low > 0:
		c.Outcome = Rose
	default:
		c.Outcome = NoChangeShown
	}
	return c
}

// Drop is (after - before) / before, which is no number when nobody complained
// before: ok is false then.
func (c Compared) Drop() (drop float64, ok bool) {
	if c.Before.Of == 0 || c.After.All == 0 {
		return 0, false
	}
	return (c.After.Rate() - c.Before.Rate()) / c.Before.Rate(), true
}
