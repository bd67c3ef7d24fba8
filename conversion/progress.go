package conversion

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// StepOf is a pair of rungs, from the lower to the higher.
type StepOf struct{ From, To live.Rung }

// NextSteps are the steps from each rung to the next.
var NextSteps = []StepOf{
	{live.RungPasserby, live.RungFan}, {live.RungFan, live.RungCustomer}, {live.RungCustomer, live.RungMember}, {live.RungMember, live.RungPartner},
}

// FanSteps are the steps from fan to everything above.
var FanSteps = []StepOf{{live.RungFan, live.RungCustomer}, {live.RungFan, live.RungMember}, {live.RungFan, live.RungPartner}}

// Progress counts how people come from rung to rung.
//
// Of a step from a to b it counts those who entered a in [From, Until): they
// stood on a before anything above it, so that who buys without having been a
// fan is no fan who bought. Of them it counts who stood on b or above within
// Within of entering a.
//
// Source: domain metric ladder_rate, the cohort form of F09.
type Progress struct {
	From, Until time.Time
	Now         time.Time // what is not over by now is told as open
	Within      time.Duration
	Steps       []StepOf
	Key         func(*live.Climber) string // of the cohort

	cohorts map[string]*climbCohort
}

type climbCohort struct {
	people int64
	steps  []Step
	times  [][]time.Duration
}

// Step is one step of a cohort.
type Step struct {
	StepOf
	Entered int64 // the denominator
	Reached int64 // of them, within the time: the numerator
	Held    int64 // of those, who stand there or above now
	Open    int64 // of those who have not, whose time is not over: the rate may still grow
	// Median and P90 are of the times that those who reached it took, by nearest rank.
	Median, P90 time.Duration
}

// ClimbCohort is the people of one key.
type ClimbCohort struct {
	Key    string
	People int64 // who entered a rung of the steps in the period
	Steps  []Step
}

// Add counts one person.
func (p *Progress) Add(c *live.Climber) {
	var of *climbCohort
	for i, s := range p.Steps {
		level := s.From.Level()
		entered := c.Reached[level-1]
		if entered.IsZero() || entered.Before(p.From) || !entered.Before(p.Until) || entered.Equal(c.Reached[level]) {
			continue
		}
		if of == nil {
			of = p.cohort(p.Key(c))
			of.people++
		}
		step := &of.steps[i]
		step.Entered++
		reached := c.Reached[s.To.Level()-1]
		switch took := reached.Sub(entered); {
		case !reached.IsZero() && took <= p.Within:
			step.Reached++
			if c.Rung.Level() >= s.To.Level() {
				step.Held++
			}
			of.times[i] = append(of.times[i], took)
		case reached.IsZero() && p.Now.Before(entered.Add(p.Within)):
			step.Open++
		}
	}
}

func (p *Progress) cohort(key string) *climbCohort {
	if p.cohorts == nil {
		p.cohorts = map[string]*climbCohort{}
	}
	of := p.cohorts[key]
	if of == nil {
		of = &climbCohort{times: make([][]time.Duration, len(p.Steps))}
		for _, s := range p.Steps {
			of.steps = append(of.steps, Step{StepOf: s})
		}
		p.cohorts[key] = of
	}
	return of
}

// Cohorts are at most so many, the largest first, and how many are left out.
func (p *Progress) Cohorts(most int) (list []ClimbCohort, left int) {
	for key, of := range p.cohorts {
		for i := range of.steps {
			slices.Sort(of.times[i])
			of.steps[i].Median, of.steps[i].P90 = nearestRank(of.times[i], 50), nearestRank(of.times[i], 90)
		}
		list = append(list, ClimbCohort{key, of.people, of.steps})
	}
	slices.SortFunc(list, func(a, b ClimbCohort) int { return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Key, b.Key)) })
	n := min(len(list), most)
	return list[:n], len(list) - n
}

// nearestRank is the percentile of sorted times: the smallest that at least so
// many of a hundred do not exceed. Zero for none.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}
