package conversion

import (
	"slices"

	"showrunner/live"
)

// incentiveScenes are ways of joining for which something was given, or which
// took no more than holding up a phone.
var incentiveScenes = []string{"qr", "qr_code", "red_packet", "coupon", "lucky_draw"}

// origin fills in where a person came from: the cohorts they belong to.
func origin(s *live.Standing, changes []change, facts []live.PersonFact) {
	if len(changes) > 0 {
		s.FirstAt = changes[0].at
	}
	for i := range facts {
		f := &facts[i]
		if s.Channel == "" {
			s.Channel = f.Channel
		}
		if s.Show == "" && f.Kind == live.RoomEntered {
			s.Show = f.Show
		}
		if s.Agent == "" {
			s.Agent = f.Agent
		}
	}
	s.Incentive = byIncentive(s.Moves, facts)
}

// byIncentive reports whether a person became a fan by an incentive alone: they
// joined by scanning a code or for something given, or the last touch before
// was an offer; and nobody had served them so far.
//
// Source: the question whether 光靠发红包扫码加群 moves anybody; the definition is ours.
func byIncentive(moves []live.LadderMove, facts []live.PersonFact) bool {
	i := slices.IndexFunc(moves, func(m live.LadderMove) bool { return m.To.Level() >= live.RungFan.Level() })
	if i < 0 || moves[i].To != live.RungFan {
		return false // They never were a fan, or came by buying.
	}
	m := &moves[i]
	served := slices.ContainsFunc(facts, func(f live.PersonFact) bool { return f.Class == live.TouchService && !f.At.After(m.At) })
	if served {
		return false
	}
	if len(m.Touches) > 0 && offered(m.Touches) {
		return true
	}
	return slices.ContainsFunc(facts, func(f live.PersonFact) bool { return f.Event == m.Cause && slices.Contains(incentiveScenes, f.Scene) })
}

// offered reports whether the last touch was an offer, leaving out the show in
// which it was made.
func offered(touches []live.LadderTouch) bool {
	for i := range touches {
		if touches[i].Class != live.TouchShow {
			return touches[i].Class == live.TouchOffer
		}
	}
	return false
}
