package alert

import "time"

// Track follows one rule and subject of one show: for how long it has been bad,
// or, once there is an alert, good.
type Track struct {
	Alert string // the open one; empty: there is none
	since time.Time
}

// Turn is what a look at a track comes to.
type Turn int

// The turns.
const (
	Stay Turn = iota
	Raise
	Clear
)

// Step looks at a reading at an instant and says what it comes to.
func (t *Track) Step(r *Rule, reading Reading, now time.Time) Turn {
	turn, turned, wait := Raise, r.Bad(reading), r.HoldS
	if t.Alert != "" {
		turn, turned, wait = Clear, r.Calm(reading), r.RestS
	}
	if !turned {
		t.since = time.Time{}
		return Stay
	}
	if t.since.IsZero() {
		t.since = now
	}
	if now.Sub(t.since) < time.Duration(wait)*time.Second {
		return Stay
	}
	t.since = time.Time{}
	return turn
}
