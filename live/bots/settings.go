package bots

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Rule names one way to look like a program.
type Rule string

// The rules; what each asks for stands in rules.go.
const (
	Reconnects      Rule = "reconnects"        // more than 12 entries within a minute
	CrowdedNetwork  Rule = "crowded_network"   // one of more than 20 persons who entered from one network within ten minutes
	SteadyBeats     Rule = "steady_beats"      // 12 intervals of heartbeats in a row that are the same to 2 ms
	ActsWhileHidden Rule = "acts_while_hidden" // 5 likes, clicks or comments from a page that says it is hidden
	FastLikes       Rule = "fast_likes"        // more than 200 likes within ten seconds
	FastClicks      Rule = "fast_clicks"       // more than 20 clicks on products within ten seconds
	RepeatedWords   Rule = "repeated_words"    // one of 4 or more who wrote the same 12 or more characters 6 times within two minutes
	AutomationAgent Rule = "automation_agent"  // the client says of itself that it is a program
)

// Settings are how much each rule weighs, and when that is enough.
type Settings struct {
	// Threshold is the score at which a person is flagged, Clear that below which
	// they are let back in.
	Threshold, Clear int
	// Forgive is after how many minutes in which a person was active, and in which
	// it did not fire, a rule weighs nothing any more.
	Forgive int
	Weights map[Rule]int // of every rule; 0 switches one off
}

// Default are the settings without any configuration: no rule is enough alone.
func Default() Settings {
	return Settings{Threshold: 100, Clear: 40, Forgive: 20, Weights: map[Rule]int{
		Reconnects: 50, CrowdedNetwork: 40, SteadyBeats: 40, ActsWhileHidden: 50,
		FastLikes: 50, FastClicks: 60, RepeatedWords: 40, AutomationAgent: 60,
	}}
}

// Rules lists every rule, sorted.
func Rules() []Rule { return slices.Sorted(maps.Keys(Default().Weights)) }

// maxWeight bounds weights and thresholds: scores are small numbers for people.
const maxWeight = 1000

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.Threshold < 1 || s.Threshold > maxWeight {
		bad("threshold must be 1 to %d", maxWeight)
	}
	if s.Clear < 1 || s.Clear > s.Threshold {
		bad("clear must be 1 to the threshold")
	}
	if s.Forgive < 1 || s.Forgive > 24*60 {
		bad("forgive must be 1 to %d minutes", 24*60)
	}
	sum := 0
	for _, r := range slices.Sorted(maps.Keys(s.Weights)) {
		w := s.Weights[r]
		if _, ok := Default().Weights[r]; !ok {
			bad("%q is not a rule; there are %v", r, Rules())
		}
		if w < 0 || w > maxWeight {
			bad("the weight of %s must be 0 to %d", r, maxWeight)
		}
		sum += w
	}
	if len(faults) == 0 && sum < s.Threshold {
		bad("all weights together are %d and never reach the threshold of %d", sum, s.Threshold)
	}
	return errors.Join(faults...)
}
