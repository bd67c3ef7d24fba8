package care

import (
	"cmp"
	"slices"
	"time"
)

// Hand is an agent as the assignment sees them.
type Hand struct {
	Agent    string
	Personas []Persona
	Capacity int64     // sessions at a time
	Open     int64     // sessions they have
	Idle     time.Time // since when they were given nothing
}

// Plays reports whether the agent plays a persona; everybody plays the empty one,
// and who names no persona plays each.
func (h *Hand) Plays(p Persona) bool {
	return p == "" || len(h.Personas) == 0 || slices.Contains(h.Personas, p)
}

// Pick says who gets a session: of those who play its persona and have room, the
// one of first choice, else who has the fewest sessions, then who was given
// nothing for longest, then the lesser name. False: nobody can take it now.
func Pick(hands []Hand, persona Persona, first ...string) (agent string, ok bool) {
	best := -1
	rank := func(h *Hand) int {
		if i := slices.Index(first, h.Agent); i >= 0 {
			return i
		}
		return len(first)
	}
	for i := range hands {
		h := &hands[i]
		if h.Open >= h.Capacity || !h.Plays(persona) {
			continue
		}
		if best < 0 || cmp.Or(
			cmp.Compare(rank(h), rank(&hands[best])), cmp.Compare(h.Open, hands[best].Open),
			h.Idle.Compare(hands[best].Idle), cmp.Compare(h.Agent, hands[best].Agent),
		) < 0 {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	return hands[best].Agent, true
}

// Deal gives things to hands one after the other, each to whom it leaves with the
// fewest, so that the counts of any two who began alike differ by one at most.
// Load is what each has before. It returns whose each thing is; with no hands
// there is no answer.
func Deal(things int, hands []string, load []int64) []string {
	if len(hands) == 0 {
		return nil
	}
	have := make([]int64, len(hands))
	copy(have, load)
	out := make([]string, things)
	for i := range out {
		least := 0
		for j := range have {
			if have[j] < have[least] {
				least = j
			}
		}
		out[i] = hands[least]
		have[least]++
	}
	return out
}
