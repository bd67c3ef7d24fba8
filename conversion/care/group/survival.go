package group

import (
	"slices"
	"time"

	"showrunner/conversion"
)

// DefaultAlive is the least active rate of a group that is alive, in basis points:
// one member in ten has said something in the last fourteen days.
const DefaultAlive = 1000

// MonthEnd is a group at the last day of a month of its life.
type MonthEnd struct {
	Group    string
	Month    int // from 1
	Members  int64
	Active14 int64
}

// Alive reports whether a group with so many members, of whom so many were active
// in [AliveDays], is alive. An empty group is not.
func Alive(active14, members, leastBP int64) bool {
	return active14 > 0 && members > 0 && active14*10_000 >= leastBP*members
}

// MonthOf is the last day of a month of the life of a group.
func MonthOf(born conversion.Day, month int) conversion.Day {
	return born + conversion.Day(month*MonthDays) - 1
}

// Curve is one cohort's survival.
type Curve struct {
	Key    string // month or Monday of the week in which its groups began
	Size   int64
	Months []Month
}

// Month is one month of a curve. A group is in it only when the month is over for
// it, so that a young cohort is not taken for a dead one: no group is censored
// within a month, and none is counted in one that it has not had.
type Month struct {
	Of    int64 // groups whose month is over
	Alive int64 // of those, alive at its end
	// Throughout of those were alive at the end of this month and of every month
	// before; it never rises where Of is the same.
	Throughout int64
}

// SurvivalOf are the curves of groups by cohort, ascending, and of all together. A
// group that was archived before the end of a month is dead in it.
func SurvivalOf(groups []Group, ends []MonthEnd, zone *time.Location, today conversion.Day, period conversion.Period, months int, leastBP int64) (curves []Curve, all Curve) {
	alive := map[string][]bool{}
	for _, e := range ends {
		if e.Month < 1 || e.Month > months {
			continue
		}
		if alive[e.Group] == nil {
			alive[e.Group] = make([]bool, months)
		}
		alive[e.Group][e.Month-1] = Alive(e.Active14, e.Members, leastBP)
	}
	by := map[string]*Curve{}
	all = Curve{Key: "all", Months: make([]Month, months)}
	for i := range groups {
		g := &groups[i]
		born := g.BornDay(zone)
		key := period.Start(born)
		c := by[key]
		if c == nil {
			c = &Curve{Key: key, Months: make([]Month, months)}
			by[key] = c
		}
		c.Size++
		all.Size++
		throughout := true
		for m := range months {
			end := MonthOf(born, m+1)
			if end >= today {
				break // not over
			}
			lives := alive[g.ID] != nil && alive[g.ID][m] && (g.Archived.IsZero() || conversion.DayOf(g.Archived, zone) > end)
			throughout = throughout && lives
			for _, c := range []*Curve{c, &all} {
				c.Months[m].Of++
				if lives {
					c.Months[m].Alive++
				}
				if throughout {
					c.Months[m].Throughout++
				}
			}
		}
	}
	for _, c := range by {
		curves = append(curves, *c)
	}
	slices.SortFunc(curves, func(a, b Curve) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return curves, all
}
