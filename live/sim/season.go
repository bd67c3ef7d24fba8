package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"showrunner/live"
)

// SeasonDays is how long a [Season] is.
const SeasonDays = 90

// Season is ninety days of an invented merchant, deed by deed: shows, groups,
// agents, links, orders, refunds, partners, and people who go by several names.
// It knows who everybody is. What it says is true of the season ([Season.Climb],
// [Season.Cohorts], [Season.Commissions] and the rest) is read off the deeds
// under their real persons, without any of the server's arithmetic; whoever
// tells a server the deeds, under whatever names, must find the same.
type Season struct {
	Zone    *time.Location
	Begin   time.Time // the first instant of day 0
	Shows   []Airing
	Persons []Persona
	Deeds   []Deed // ascending, no two at once

	rng *rand.Rand
	ids int
	// upline is whom each person belongs to, by day of drawing; followed are the
	// links that somebody followed already.
	followed map[[2]int]bool
}

// Airing is one show of the season's room.
type Airing struct {
	ID         live.ShowID
	Day        int
	Start, End time.Time
	Host       string // takes over the moment after the start
	Takes      time.Time
}

// Persona is one person with the names they go by. The first is the login.
type Persona struct {
	Names []live.Identifier
}

// SeasonAct is what somebody does.
type SeasonAct string

// Acts of a season.
const (
	ActFact    SeasonAct = "fact"    // a fact of the kind, told as an event
	ActEnter   SeasonAct = "enter"   // comes into the room over a socket
	ActOrder   SeasonAct = "order"   // makes an order
	ActPay     SeasonAct = "pay"     // pays it
	ActRefund  SeasonAct = "refund"  // gets Minor back
	ActCancel  SeasonAct = "cancel"  // cancels it
	ActFollow  SeasonAct = "follow"  // follows the link of Other and is bound
	ActApply   SeasonAct = "apply"   // wants to be a partner
	ActApprove SeasonAct = "approve" // becomes one
	ActSuspend SeasonAct = "suspend" // is one no more
)

// Deed is one thing that a person does or that is done with them.
type Deed struct {
	At    time.Time
	Act   SeasonAct
	Kind  live.Kind // of the fact it makes
	Who   int       // index of Persons
	Name  int       // index of the name they go by in it
	ID    string    // of the event
	Show  live.ShowID
	Order string

	Ref                   string // what the fact is about; for the chain its group, form or session
	Channel, Agent, Scene string
	Told                  bool // stated by an agent or the CRM, not by the person
	Cost                  int64
	Minor                 int64 // of the order, or what is given back
	BPS                   int64 // commission of the order
	Other                 int   // whose link
	OtherName             int
	Experiment            string
	Control               bool
}

// SeasonRoom is the room of every season.
const SeasonRoom = "room"

// NewSeason draws a season of so many people. The same seed gives the same
// season. Begin is the first instant of a day in zone.
func NewSeason(seed uint64, people int, begin time.Time) *Season {
	s := &Season{Zone: begin.Location(), Begin: begin, rng: rand.New(rand.NewPCG(seed, 90)), followed: map[[2]int]bool{}}
	for day := s.rng.IntN(3); day < SeasonDays; day += 2 + s.rng.IntN(3) {
		at := s.at(day, 20).Truncate(time.Hour)
		s.Shows = append(s.Shows, Airing{
			ID: live.ShowID(fmt.Sprintf("show-%d", day)), Day: day, Start: at, End: at.Add(90 * time.Minute),
			Host: []string{"host-1", "host-2"}[s.rng.IntN(2)], Takes: at.Add(time.Second),
		})
	}
	for i := range people {
		s.Persons = append(s.Persons, Persona{[]live.Identifier{
			{Kind: live.IdentityLogin, Value: fmt.Sprintf("u%d", i)},
			{Kind: live.IdentityAnonymous, Value: fmt.Sprintf("d%d-1", i)},
			{Kind: live.IdentityAnonymous, Value: fmt.Sprintf("d%d-2", i)},
			{Kind: live.IdentityPhone, Value: fmt.Sprintf("1390000%04d", i+1)},
		}})
	}
	for i := range people {
		s.live(i)
	}
	slices.SortStableFunc(s.Deeds, func(a, b Deed) int { return a.At.Compare(b.At) })
	for i := 1; i < len(s.Deeds); i++ {
		if last := s.Deeds[i-1].At; !s.Deeds[i].At.After(last) {
			s.Deeds[i].At = last.Add(time.Millisecond)
		}
	}
	s.settleLinks()
	return s
}

// End is the first instant after the season.
func (s *Season) End() time.Time { return s.Begin.AddDate(0, 0, SeasonDays) }

// at is a moment of an hour of a day.
func (s *Season) at(day, hour int) time.Time {
	y, m, d := s.Begin.AddDate(0, 0, day).Date()
	return time.Date(y, m, d, hour, s.rng.IntN(60), s.rng.IntN(60), s.rng.IntN(1000)*1e6, s.Zone)
}

// airing is the show of a day.
func (s *Season) airing(day int) *Airing {
	for i := range s.Shows {
		if s.Shows[i].Day == day {
			return &s.Shows[i]
		}
	}
	return nil
}

// day is the number of an instant's day.
func (s *Season) day(at time.Time) int {
	y, m, d := at.In(s.Zone).Date()
	by, bm, bd := s.Begin.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Date(by, bm, bd, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// settleLinks drops what the rule of bindings would refuse: the link of somebody
// who belongs to oneself. What is left binds, the latest link always.
func (s *Season) settleLinks() {
	upline := map[int]int{}
	s.Deeds = slices.DeleteFunc(s.Deeds, func(d Deed) bool {
		if d.Act != ActFollow {
			return false
		}
		if up, ok := upline[d.Other]; ok && up == d.Who {
			return true
		}
		upline[d.Who] = d.Other
		return false
	})
}
