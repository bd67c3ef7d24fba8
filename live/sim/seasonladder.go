package sim

import (
	"slices"
	"time"

	"showrunner/live"
)

// Ascent is how many came from one rung to the next.
type Ascent struct {
	From, To                     live.Rung
	Entered, Reached, Held, Open int64
	Median, P90                  time.Duration // zero: nobody
}

// Ascents are the steps of the people of one key.
type Ascents struct {
	People int64 // who entered any of the lower rungs
	Steps  [4]Ascent
}

// Ascents are the steps between each rung and the next of those people whose key
// it is, within so long of standing on the lower one, as of now.
func (s *Season) Ascents(key func(*Climb) string, within time.Duration, now time.Time) map[string]Ascents {
	out, took := map[string]Ascents{}, map[string]*[4][]time.Duration{}
	for who := range s.Persons {
		c := s.Climb(who)
		if len(c.Met) == 0 {
			continue
		}
		k := key(&c)
		row := out[k]
		counted := false
		for i := range row.Steps {
			step := &row.Steps[i]
			entered, next := c.Reached[i], c.Reached[i+1]
			if entered.IsZero() || entered.Equal(next) {
				continue // They never stood there before they stood higher.
			}
			counted = true
			step.Entered++
			switch {
			case next.IsZero():
				if now.Before(entered.Add(within)) {
					step.Open++
				}
			case next.Sub(entered) <= within:
				step.Reached++
				if took[k] == nil {
					took[k] = &[4][]time.Duration{}
				}
				took[k][i] = append(took[k][i], next.Sub(entered))
				if c.Steps[len(c.Steps)-1].To.Level() >= i+2 {
					step.Held++
				}
			}
		}
		if counted {
			row.People++
			out[k] = row
		}
	}
	for k, row := range out {
		for i := range row.Steps {
			row.Steps[i].From, row.Steps[i].To = live.Rungs[i], live.Rungs[i+1]
			if took[k] == nil || len(took[k][i]) == 0 {
				continue
			}
			list := slices.Sorted(slices.Values(took[k][i]))
			n := len(list)
			row.Steps[i].Median, row.Steps[i].P90 = list[(n+1)/2-1], list[(9*n+9)/10-1]
		}
		out[k] = row
	}
	return out
}
