package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"showrunner/live"
)

// QuarterDays is how long a [Quarter] is.
const QuarterDays = 90

// Quarter is ninety days of an invented merchant: who comes on which days and
// orders on which. It is drawn day by day, and its truths are read off what was
// drawn, not counted from facts. Day 0 is the first, day QuarterDays is today.
type Quarter struct{ People []Regular }

// Regular is a person of a quarter.
type Regular struct {
	ID      live.PersonID
	Channel string // of the first entry; later ones may name others
	Days    []int  // with an entry, ascending
	Orders  []QuarterOrder
}

// QuarterOrder is an order of a regular; they ascend by day.
type QuarterOrder struct {
	Day    int
	Minor  int64
	Undone bool // cancelled, or refunded in full
}

// quarterChannels are where people come from, each with how loyal it makes them.
var quarterChannels = []struct {
	name  string
	loyal float64
}{{"private/group", 0.25}, {"ads/feed", 0.05}, {"share", 0.15}, {"", 0.1}}

// NewQuarter draws a quarter. The same seed gives the same quarter.
func NewQuarter(seed uint64, people int) *Quarter {
	rng := rand.New(rand.NewPCG(seed, 90))
	q := &Quarter{}
	for i := range people {
		from := quarterChannels[rng.IntN(len(quarterChannels))]
		p := Regular{ID: live.PersonID(fmt.Sprintf("regular-%d", i)), Channel: from.name}
		for day := rng.IntN(QuarterDays); day < QuarterDays; day++ {
			if len(p.Days) > 0 && rng.Float64() > from.loyal {
				continue
			}
			p.Days = append(p.Days, day)
			if rng.IntN(3) == 0 {
				p.Orders = append(p.Orders, QuarterOrder{Day: day, Minor: 100 + rng.Int64N(20_000), Undone: rng.IntN(6) == 0})
			}
		}
		q.People = append(q.People, p)
	}
	return q
}

// Cohort is how many of the people of a channel have had their day k after the
// first to its end, and how many of those came on it.
func (q *Quarter) Cohort(channel string, k int) (of, back int64) {
	for _, p := range q.People {
		if day := p.Days[0] + k; p.Channel == channel && day < QuarterDays {
			of++
			if slices.Contains(p.Days, day) {
				back++
			}
		}
	}
	return of, back
}

// Repeat is how many made their first order that holds at least n whole days
// ago, and how many of those ordered again, on a later day, within n days.
func (q *Quarter) Repeat(n int) (first, again int64) {
	for _, p := range q.People {
		days := p.held()
		if len(days) == 0 || days[0]+n >= QuarterDays {
			continue
		}
		first++
		if slices.ContainsFunc(days, func(d int) bool { return d > days[0] && d <= days[0]+n }) {
			again++
		}
	}
	return first, again
}

// Sales are the buyers, the orders that hold, and their money.
func (q *Quarter) Sales() (buyers, orders, minor int64) {
	for _, p := range q.People {
		if n := int64(len(p.held())); n > 0 {
			buyers, orders = buyers+1, orders+n
		}
		for _, o := range p.Orders {
			if !o.Undone {
				minor += o.Minor
			}
		}
	}
	return buyers, orders, minor
}

// held are the days of the orders that hold.
func (p *Regular) held() (days []int) {
	for _, o := range p.Orders {
		if !o.Undone {
			days = append(days, o.Day)
		}
	}
	return days
}
