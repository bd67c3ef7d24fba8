package conversion

import (
	"cmp"
	"slices"

	"showrunner/live"
)

// Rates answers the question.
func (h *History) Rates(q RateQuestion) (r Rates) {
	n, today := Day(q.Days), q.Today()
	in := func(d Day) bool { return d >= q.From && d < q.Until }
	lives := h.lives(ActOrder)
	for _, l := range lives {
		first, days := l.days[0], 0
		for _, d := range l.days {
			if in(d) {
				days++
			}
		}
		if days > 0 {
			r.Buyers++
		}
		if days > 1 {
			r.OftenBuyers++
		}
		if in(first) && first+n < today {
			r.FirstBuyers++
			if len(l.days) > 1 && l.days[1] <= first+n {
				r.RepeatBuyers++
			}
		}
	}
	for _, p := range h.purchases() {
		if d := DayOf(p.at, h.scope.Zone); in(d) {
			r.Orders++
			if d > lives[p.person].days[0] {
				r.RepeatOrders++
			}
		}
	}
	h.arrivals(&q, &r)
	r.Shows = h.returns(&q)
	return r
}

// arrivals counts who arrived and who is still there on day N.
func (h *History) arrivals(q *RateQuestion, r *Rates) {
	by := map[live.PersonID][]act{}
	for _, a := range h.counted() {
		by[a.person] = append(by[a.person], a)
	}
	for person, l := range h.lives(ActView) {
		first, end := l.days[0], l.days[0]+Day(q.Days)
		if first < q.From || first >= q.Until || end >= q.Today() {
			continue
		}
		r.Arrivals++
		reach, active := map[string]bool{}, false
		for _, a := range by[person] {
			d := DayOf(a.at, h.scope.Zone)
			if d > end {
				break
			}
			if a.viewer && d > first && d > end-ActiveDays {
				active = true
			}
			if subject, on, ok := contact(&a); ok {
				reach[subject] = on
			}
		}
		reached := false
		for _, on := range reach {
			reached = reached || on
		}
		if active && reached {
			r.Retained++
		}
	}
}

// ReachKinds are the facts that open a way to reach a person, and those that
// close it: being a contact, each group, and following.
var ReachKinds = map[live.Kind]struct {
	Subject string
	On      bool
}{
	"contact_added": {"contact", true}, "contact_lost": {"contact", false},
	"group_joined": {"group", true}, "group_left": {"group", false},
	live.Followed: {"follow", true}, live.Unfollowed: {"follow", false},
}

// contact says which way to a person a fact opens or closes.
func contact(a *act) (subject string, on, ok bool) {
	k, ok := ReachKinds[a.kind]
	return k.Subject + " " + a.group, k.On, ok
}

// returns are the shows of the range with who of their viewers came back.
func (h *History) returns(q *RateQuestion) []ShowReturn {
	type show struct {
		ShowReturn
		viewers map[live.PersonID]bool
		first   act
	}
	shows := map[live.ShowID]*show{}
	for _, e := range h.entries() {
		if e.show == "" {
			continue
		}
		s := shows[e.show]
		if s == nil {
			s = &show{ShowReturn{Show: e.show, Day: DayOf(e.at, h.scope.Zone)}, map[live.PersonID]bool{}, e}
			shows[e.show] = s
		}
		s.viewers[e.person] = true
	}
	var all []*show
	for _, s := range shows {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *show) int { return cmp.Or(a.first.at.Compare(b.first.at), cmp.Compare(a.Show, b.Show)) })
	var out []ShowReturn
	for i, s := range all {
		if s.Day < q.From || s.Day >= q.Until {
			continue
		}
		s.Viewers, s.Done = int64(len(s.viewers)), i+q.Next < len(all) && all[i+q.Next].Day < q.Today()
		for p := range s.viewers {
			if slices.ContainsFunc(all[i+1:min(i+1+q.Next, len(all))], func(next *show) bool { return next.viewers[p] }) {
				s.Back++
			}
		}
		out = append(out, s.ShowReturn)
	}
	return out
}

// Spenders are the buyers of the question, by name, with what RFM goes by.
func (h *History) Spenders(q BuyerQuestion) (out []Spender) {
	by := map[live.PersonID]*Spender{}
	for _, p := range h.purchases() {
		d := DayOf(p.at, h.scope.Zone)
		if p.currency != q.Currency || d < q.From || d >= q.Until {
			continue
		}
		s := by[p.person]
		if s == nil {
			s = &Spender{Person: p.person}
			by[p.person] = s
		}
		s.Recency = int(q.Today() - d) // purchases ascend
		s.Frequency++
		s.Monetary += p.value
	}
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Spender) int { return cmp.Compare(a.Person, b.Person) })
	return out
}

// Repeaters are the buyers of the question, by name, as lifetime knows them.
func (h *History) Repeaters(q BuyerQuestion) (out []Repeater) {
	by := map[live.PersonID]*Repeater{}
	for _, p := range h.purchases() {
		d := DayOf(p.at, h.scope.Zone)
		if p.currency != q.Currency || d < q.From || d >= q.Until {
			continue
		}
		r := by[p.person]
		if r == nil {
			r = &Repeater{Person: p.person, First: d, Last: d}
			by[p.person] = r
		}
		if d > r.Last {
			r.Repeat++
			r.Last = d
		}
		if d > r.First {
			r.Money += p.value
		}
	}
	for _, r := range by {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Repeater) int { return cmp.Compare(a.Person, b.Person) })
	return out
}

// Currencies are those of the orders that hold, by code.
func (h *History) Currencies() []live.Currency {
	var out []live.Currency
	for _, p := range h.purchases() {
		out = append(out, p.currency)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
