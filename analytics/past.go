package analytics

import (
	"encoding/json"

	"showrunner/live"
)

// PastShow is an earlier show by its whole minutes on air, from the first.
type PastShow struct {
	Show    live.Show
	Minutes []Minute
}

const (
	// StandingShows is how many earlier shows of the room a show is held against.
	StandingShows = 30
	// StandingLeast is of how many at least; a place among fewer says nothing.
	StandingLeast = 5
)

// Standing is where a figure of a show stands among the room's own last shows at
// the same minute.
type Standing struct {
	Figure *StandingFigure
	Value  int64
	// Place is the part of the shows that had less, with half of those that had
	// as much: 0.9 is better than nine in ten. Without a value when there are none.
	Place  Rate
	Shows  int64 // that lasted so long
	Enough bool  // StandingLeast of them or more
}

// StandingFigure is a figure that shows are held against each other by.
type StandingFigure struct {
	Key     string
	ZH, EN  string
	Formula string
	Money   bool
	of      func(minutes []Minute, s *Span) int64
}

// StandingFigures are the figures of [StandingOf]. All but the last are sums from
// the start to the minute.
var StandingFigures = []StandingFigure{
	{"standing_entered", "进入次数分位", "percentile of entries", "entries so far: shows with fewer + half of those with as many / the room's last 30 shows that were on for as many whole minutes, at the same minute", false, func(_ []Minute, s *Span) int64 { return s.Entered }},
	{"standing_comments", "评论次数分位", "percentile of comments", "comments so far: shows with fewer + half of those with as many / the room's last 30 shows that were on for as many whole minutes, at the same minute", false, func(_ []Minute, s *Span) int64 { return s.Comments }},
	{"standing_clicks", "商品点击分位", "percentile of product clicks", "product clicks so far: shows with fewer + half of those with as many / the room's last 30 shows that were on for as many whole minutes, at the same minute", false, func(_ []Minute, s *Span) int64 { return s.Clicks }},
	{"standing_orders_paid", "支付订单数分位", "percentile of paid orders", "paid orders so far: shows with fewer + half of those with as many / the room's last 30 shows that were on for as many whole minutes, at the same minute", false, func(_ []Minute, s *Span) int64 { return s.Paid }},
	{"standing_gmv_paid", "支付金额分位", "percentile of GMV paid", "gmv_paid so far in the show's currency: shows with less + half of those with as much / the room's last 30 shows that were on for as many whole minutes, at the same minute", true, func(_ []Minute, s *Span) int64 { return s.PaidMinor }},
	{"standing_online", "在线人数分位", "percentile of persons online", "persons active in the last whole minute: shows with fewer + half of those with as many / the room's last 30 shows that were on for as many whole minutes, at the same minute", false, func(minutes []Minute, _ *Span) int64 { return minutes[len(minutes)-1].Online }},
}

// StandingOf holds a show against earlier ones at its newest whole minute, in the
// order of [StandingFigures]; empty before the first.
func StandingOf(show live.Show, f *Figures, past []PastShow) Standings {
	whole := WholeMinutes(show, f)
	if len(whole) == 0 {
		return nil
	}
	now := SpanOf(whole, show.Currency)
	out := make(Standings, len(StandingFigures))
	for i := range StandingFigures {
		out[i] = Standing{Figure: &StandingFigures[i], Value: StandingFigures[i].of(whole, &now)}
	}
	for i := range past {
		if len(past[i].Minutes) < len(whole) || past[i].Show.Currency != show.Currency {
			continue
		}
		minutes := past[i].Minutes[:len(whole)]
		then := SpanOf(minutes, show.Currency)
		for k := range out {
			s := &out[k]
			s.Shows++
			s.Place.Den += 2
			switch was := s.Figure.of(minutes, &then); {
			case was < s.Value:
				s.Place.Num += 2
			case was == s.Value:
				s.Place.Num++
			}
		}
	}
	for k := range out {
		out[k].Enough = out[k].Shows >= StandingLeast
	}
	return out
}

// Standings are what a snapshot shows of [StandingOf].
type Standings []Standing

// WithoutMoney leaves out what roles without the right to money may not see.
func (ss Standings) WithoutMoney() Standings {
	kept := make(Standings, 0, len(ss))
	for _, s := range ss {
		if !s.Figure.Money {
			kept = append(kept, s)
		}
	}
	return kept
}

// MarshalJSON writes one object with a member for each figure.
func (ss Standings) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(ss))
	for _, s := range ss {
		out[s.Figure.Key] = map[string]any{"value": s.Value, "percentile": s.Place, "shows": s.Shows, "enough": s.Enough}
	}
	return json.Marshal(out)
}

// standingDefinitions are [StandingFigures] as the dictionary has them.
func standingDefinitions() []Definition {
	var out []Definition
	for i := range StandingFigures {
		c := &StandingFigures[i]
		out = append(out, define(Column{c.Key, c.ZH, c.EN, UnitRatio, true, c.Money, c.Formula}, "own"))
	}
	return out
}
