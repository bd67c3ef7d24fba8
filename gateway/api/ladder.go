package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// Bounds of the ladder's figures.
const (
	maxLadderDays  = 366
	maxCohorts     = 200
	defaultWithinD = 30
)

// Ladder is how a merchant's people stand and move.
type Ladder struct {
	MerchantID string         `json:"merchant_id"`
	From       Time           `json:"from"`
	To         Time           `json:"to" doc:"Not in it."`
	AsOf       Time           `json:"as_of" doc:"Conversions are counted until now."`
	Rule       int64          `json:"rule_version" doc:"Of the rules that hold now."`
	WithinDays int            `json:"within_days"`
	Rungs      []LadderRung   `json:"rungs" doc:"Who stood where just before to."`
	Moves      []LadderFlow   `json:"moves" doc:"In the period, up and down."`
	Up         int64          `json:"moves_up"`
	Demotions  int64          `json:"demotions" doc:"Moves down: orders refunded or cancelled, partners suspended."`
	Helped     LadderHelped   `json:"helped" doc:"What came before the moves up."`
	By         string         `json:"by"`
	Cohorts    []LadderCohort `json:"cohorts" doc:"The largest first."`
	LeftOut    int            `json:"cohorts_left_out"`
	Incentive  []LadderCohort `json:"incentive" doc:"Fans who joined by an incentive, beside those who did not, on the rungs after. Keys: incentive, other."`
}

// LadderRung is how many people stood on a rung.
type LadderRung struct {
	Rung   string `json:"rung"`
	People int64  `json:"people"`
}

// LadderFlow is how often people moved from one rung to another.
type LadderFlow struct {
	From  string `json:"from" doc:"Empty: they were on none."`
	To    string `json:"to"`
	Up    bool   `json:"up"`
	Moves int64  `json:"moves"`
}

// LadderHelped is what came before moves up.
type LadderHelped struct {
	ByClass []LadderHelp `json:"by_class" doc:"Class of the last touch: service, show, offer, referral, group; empty: none."`
	ByShow  []LadderHelp `json:"by_show" doc:"The show it happened in or after."`
	ByAgent []LadderHelp `json:"by_agent" doc:"The last who had served them."`
}

// LadderHelp is how many moves one thing helped.
type LadderHelp struct {
	Key   string `json:"key"`
	To    string `json:"to"`
	Moves int64  `json:"moves"`
}

// LadderCohort is how the people of one key came on.
type LadderCohort struct {
	Key    string       `json:"key" doc:"Empty: none is known."`
	People int64        `json:"people" doc:"Who entered a rung in the period."`
	Steps  []LadderStep `json:"steps"`
}

// LadderStep is one step of a cohort.
type LadderStep struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Rate   Ratio  `json:"rate" doc:"Of those who entered from in the period, who stood on to or above within within_days."`
	Held   int64  `json:"held" doc:"Of the numerator, who stand there or above now."`
	Open   int64  `json:"open" doc:"Of the rest, whose within_days are not over: the rate may still grow."`
	Median *int64 `json:"median_ms,omitempty" doc:"Of the times it took, by nearest rank."`
	P90    *int64 `json:"p90_ms,omitempty"`
}

type ladderOutput struct{ Body Ladder }

// ladderKeys are the values of by: which cohort somebody belongs to.
var ladderKeys = map[string]func(*live.Climber) string{
	"none":    func(*live.Climber) string { return "" },
	"show":    func(c *live.Climber) string { return string(c.Show) },
	"channel": func(c *live.Climber) string { return c.Channel },
	"agent":   func(c *live.Climber) string { return c.Agent },
}

func (a *API) ladder() {
	add(a, Route{
		ID: "get-ladder", Method: "GET", Path: "/v1/ladder", Tag: "People", Summary: "Read how people stand and move on the ladder",
		Text: "passerby, fan, customer, member, partner. A step counts who stood on its lower rung before anything above, so who buys at once was no fan. " +
			"Cohorts are of the first show, channel or agent of each person.",
		Actions: []live.Action{live.ActLadderRead},
	}, a.getLadder)
	a.ladderRules()
}

func (a *API) getLadder(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	From       string `query:"from" doc:"RFC 3339; 30 days before to when left out."`
	To         string `query:"to" doc:"RFC 3339, not in the period; now when left out."`
	By         string `query:"by" enum:"none,show,channel,agent" default:"none"`
	WithinDays int    `query:"within_days" minimum:"1" maximum:"366" default:"30"`
},
) (*ladderOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, until, err := a.period(in.From, in.To)
	if err != nil {
		return nil, err
	}
	rules, err := a.cfg.Store.LadderRules(ctx, m)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	within := time.Duration(cmp.Or(in.WithinDays, defaultWithinD)) * 24 * time.Hour
	progress := conversion.Progress{From: from, Until: until, Now: now, Within: within, Steps: conversion.NextSteps, Key: ladderKeys[in.By]}
	incentive := conversion.Progress{From: from, Until: until, Now: now, Within: within, Steps: conversion.FanSteps, Key: func(c *live.Climber) string {
		if c.Incentive {
			return "incentive"
		}
		return "other"
	}}
	sums, err := a.cfg.Store.LadderSums(ctx, m, from, until, func(c *live.Climber) { progress.Add(c); incentive.Add(c) })
	if err != nil {
		return nil, err
	}
	out := Ladder{
		MerchantID: string(m), From: Time{from}, To: Time{until}, AsOf: Time{now.UTC()}, Rule: rules.Version, WithinDays: int(within / (24 * time.Hour)),
		Rungs: []LadderRung{}, Moves: []LadderFlow{}, By: in.By,
	}
	for _, r := range live.Rungs {
		rung := LadderRung{Rung: string(r)}
		for _, c := range sums.Rungs {
			if c.Rung == r {
				rung.People = c.People
			}
		}
		out.Rungs = append(out.Rungs, rung)
	}
	slices.SortFunc(sums.Flows, func(a, b store.LadderFlow) int {
		return cmp.Or(cmp.Compare(a.From.Level(), b.From.Level()), cmp.Compare(a.To.Level(), b.To.Level()))
	})
	for _, f := range sums.Flows {
		up := f.To.Level() > f.From.Level()
		out.Moves = append(out.Moves, LadderFlow{string(f.From), string(f.To), up, f.Moves})
		if up {
			out.Up += f.Moves
		} else {
			out.Demotions += f.Moves
		}
	}
	out.Helped = LadderHelped{helpOf(sums.Helped["class"]), helpOf(sums.Helped["show"]), helpOf(sums.Helped["agent"])}
	cohorts, left := progress.Cohorts(maxCohorts)
	both, _ := incentive.Cohorts(maxCohorts)
	out.Cohorts, out.LeftOut, out.Incentive = cohortsOf(cohorts), left, cohortsOf(both)
	return &ladderOutput{out}, nil
}

func helpOf(list []store.LadderHelp) []LadderHelp {
	out := make([]LadderHelp, len(list))
	for i, h := range list {
		out[i] = LadderHelp{h.Key, string(h.To), h.Moves}
	}
	return out
}

func cohortsOf(list []conversion.ClimbCohort) []LadderCohort {
	out := make([]LadderCohort, len(list))
	for i, c := range list {
		out[i] = LadderCohort{Key: c.Key, People: c.People, Steps: make([]LadderStep, len(c.Steps))}
		for n, s := range c.Steps {
			step := LadderStep{From: string(s.From), To: string(s.To), Rate: ratioOf(s.Reached, s.Entered), Held: s.Held, Open: s.Open}
			if s.Reached > 0 {
				median, p90 := s.Median.Milliseconds(), s.P90.Milliseconds()
				step.Median, step.P90 = &median, &p90
			}
			out[i].Steps[n] = step
		}
	}
	return out
}

// period reads from and to of a question about many people.
func (a *API) period(fromText, toText string) (from, until time.Time, err error) {
	until = a.cfg.Now().UTC()
	if toText != "" {
		if until, err = parseTime(toText); err != nil {
			return from, until, live.Invalid("invalid_field", "to", "%s", err)
		}
	}
	from = until.Add(-30 * 24 * time.Hour)
	if fromText != "" {
		if from, err = parseTime(fromText); err != nil {
			return from, until, live.Invalid("invalid_field", "from", "%s", err)
		}
	}
	if !from.Before(until) || until.Sub(from) > maxLadderDays*24*time.Hour {
		return from, until, live.Invalid("invalid_field", "from", "must be before to, by at most %d days", maxLadderDays)
	}
	return from, until, nil
}
