package group

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
)

// MonthDays is a month of a group's life: months roll from its own beginning, so
// that every group has the same time in each.
const MonthDays = 30

// Stand is how a group stands today, from its days: what health and alarms are
// made of. A group of which no fact tells has the zero Stand.
type Stand struct {
	Group   string
	Last    conversion.Day // the day Members and Active are of
	Members int64
	Active7, Active14,
	Before int64 // members MonthDays before Last
	// Of the last MonthDays, the last day included.
	Joins, Leaves, Removed, Exposed int64
	Member, Staff, Care, Sell       int64 // messages
	// Sums over the whole days of the first month from its seventh on, and over the
	// last seven days before today: members with a message in seven days, members.
	FirstActive, FirstMembers, LastActive, LastMembers int64
	FirstStaff                                         int64 // messages of staff in the first month
}

// Ratio is a figure with its parts.
type Ratio struct{ Num, Den int64 }

// Below reports whether the ratio is below num/den; a ratio of nothing is not.
func (r Ratio) Below(num, den int64) bool { return r.Den > 0 && r.Num*den < num*r.Den }

// Grade is how a part of a group's health is.
type Grade string

// Grades, and the word for a part of which nothing is known.
const (
	Good    Grade = "good"
	Watch   Grade = "watch"
	Bad     Grade = "bad"
	Unknown Grade = "unknown"
)

// Part is one part of a group's health: its figure and the bounds of its grade.
type Part struct {
	Name  string
	Grade Grade
	Ratio Ratio
	// Good and Bad are where the grades begin, in basis points of the ratio.
	Good, Bad int64
}

// Bounds of the parts in basis points. They are ours: no source gives any that is
// measured. Only the silence of at most 30 % that some call healthy is published,
// and few groups have it.
const (
	activeGood, activeBad = 3000, 1000
	growthGood, growthBad = 0, -500
	leaveGood, leaveBad   = 500, 1500
	trendGood, trendBad   = 7000, 4000
	careGood, careBad     = 10000, 5000
)

// HealthOf is the health of a group as its parts, never as one number: a group
// that grows while it falls silent is not half well.
func HealthOf(s *Stand) []Part {
	high := func(name string, r Ratio, good, bad int64) Part {
		p := Part{Name: name, Grade: Unknown, Ratio: r, Good: good, Bad: bad}
		switch {
		case r.Den <= 0:
		case r.Num*10_000 >= good*r.Den:
			p.Grade = Good
		case r.Num*10_000 < bad*r.Den:
			p.Grade = Bad
		default:
			p.Grade = Watch
		}
		return p
	}
	low := func(name string, r Ratio, good, bad int64) Part {
		p := high(name, Ratio{-r.Num, r.Den}, -good, -bad)
		p.Ratio, p.Good, p.Bad = r, good, bad
		return p
	}
	care := high("care_to_sell", Ratio{s.Care, s.Sell}, careGood, careBad)
	switch {
	case s.Sell == 0 && s.Care > 0:
		care.Grade = Good
	case s.Staff == 0 && s.Members > 0:
		care.Grade = Bad // Nobody serves it.
	}
	return []Part{
		high("active_rate", Ratio{s.Active7, s.Members}, activeGood, activeBad),
		high("growth_30d", Ratio{s.Joins - s.Leaves, s.Before}, growthGood, growthBad),
		low("leave_rate_30d", Ratio{s.Leaves, s.Before + s.Joins}, leaveGood, leaveBad),
		high("activity_since_first_month", s.Kept(), trendGood, trendBad),
		care,
	}
}

// Kept is the active rate of the last seven whole days over that of the first
// month: 1 is as lively as it began.
func (s *Stand) Kept() Ratio {
	return Ratio{s.LastActive * s.FirstMembers, s.LastMembers * s.FirstActive}
}

// Bounds of the alarm of the third month.
const (
	ThirdMonthFrom  = 2 * MonthDays // age in days at which it may ring
	ThirdMonthUntil = 3 * MonthDays // and the last at which it does
	// DefaultFall is by how much activity must have fallen, in basis points.
	DefaultFall = 3000
)

// Alarm says that a group is going the way of most: silent by its third month.
type Alarm struct {
	Age  int // days
	Kept Ratio
	// FallBP is by how much activity has fallen since the first month, in basis
	// points, and LimitBP by how much it may.
	FallBP, LimitBP int64
}

// AlarmOf rings when a group in its third month is less active than in its own
// first month by limit basis points or more. A group that never was active has
// nothing to fall from, and does not ring; its health says so.
func AlarmOf(s *Stand, born conversion.Day, today conversion.Day, limit int64) (Alarm, bool) {
	a := Alarm{Age: int(today - born), Kept: s.Kept(), LimitBP: limit}
	if a.Age < ThirdMonthFrom || a.Age > ThirdMonthUntil || s.FirstActive == 0 || s.FirstMembers == 0 {
		return a, false
	}
	if a.Kept.Den == 0 { // All have left since: nothing is kept.
		a.Kept = Ratio{0, 1}
	}
	a.FallBP = 10_000 - divide(a.Kept.Num*10_000, a.Kept.Den)
	return a, a.Kept.Num*10_000 <= (10_000-limit)*a.Kept.Den
}

// divide rounds down, also below zero.
func divide(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// BornDay is the calendar day on which a group began.
func (g *Group) BornDay(zone *time.Location) conversion.Day { return conversion.DayOf(g.Created, zone) }

// Standing is a group with what is known of it.
type Standing struct {
	Group
	Stand
	Age    int // days
	Health []Part
	Alarm  *Alarm // nil: it does not ring
	Action Action // what was done about it; the zero value: nothing
}

// Board puts together how groups stand, those that need somebody first: an alarm
// that nobody took up, then more bad parts of health, then more to watch, then
// more members.
func Board(groups []Group, stands map[string]Stand, actions map[string]Action, zone *time.Location, today conversion.Day, limit int64) []Standing {
	out := make([]Standing, 0, len(groups))
	for _, g := range groups {
		s := stands[g.ID]
		s.Group = g.ID
		one := Standing{Group: g, Stand: s, Age: int(today - g.BornDay(zone)), Health: HealthOf(&s), Action: actions[g.ID]}
		if a, rings := AlarmOf(&s, g.BornDay(zone), today, limit); rings && g.Archived.IsZero() {
			one.Alarm = &a
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(
			cmp.Compare(b.urgent(), a.urgent()), cmp.Compare(b.parts(Bad), a.parts(Bad)), cmp.Compare(b.parts(Watch), a.parts(Watch)),
			cmp.Compare(b.Members, a.Members), cmp.Compare(a.ID, b.ID),
		)
	})
	return out
}

// urgent is 1 while an alarm waits for somebody.
func (s *Standing) urgent() int {
	if s.Alarm != nil && s.Action.State == "" {
		return 1
	}
	return 0
}

func (s *Standing) parts(g Grade) (n int) {
	for _, p := range s.Health {
		if p.Grade == g {
			n++
		}
	}
	return n
}
