package text

import "testing"

// byRules is the baseline: the cause that most rules speak for, ties to the
// earlier cause, Other without any.
func byRules(text string) Cause {
	var votes [causes]int
	for i := range rules() {
		if r := &rules()[i]; r.matches(text) {
			votes[r.cause.index()]++
		}
	}
	best := Other.index()
	for i, n := range votes {
		if n > votes[best] {
			best = i
		}
	}
	return Causes()[best]
}

// TestBaseline keeps the keyword rules honest: they know something.
func TestBaseline(t *testing.T) {
	right, all := 0, 0
	for _, s := range Sentences() {
		if s.Split == Test {
			all++
			if byRules(Normalize(s.Text)) == s.Cause {
				right++
			}
		}
	}
	if right*4 < all {
		t.Errorf("the rules are right in %d of %d", right, all)
	}
}
