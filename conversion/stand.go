package conversion

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// change is one thing that can move a person: a fact, or an order becoming
// valid or ceasing to be.
type change struct {
	at    time.Time
	fact  *live.PersonFact  // nil: of an order
	order *live.PersonOrder // nil: of a fact
	step  *live.OrderStep
}

func (c *change) event() live.EventID {
	if c.fact != nil {
		return c.fact.Event
	}
	return c.step.Event
}

// Stand folds a person's record by the rules. It is a function of the set of
// facts and orders: whatever the order and however often they were told, the
// moves are the same. Facts of one instant are judged together.
func (l *Ladder) Stand(r live.PersonRecord) live.Standing {
	facts := live.FirstFacts(r.Facts)
	changes := changesOf(facts, r.Orders)
	s := live.Standing{Rule: l.Version}
	w := climbing{ladder: l, kinds: map[live.Kind]*tally{}, orders: map[live.OrderID]time.Time{}, days: map[live.OrderID]string{}}
	for i := 0; i < len(changes); {
		n := i
		for ; n < len(changes) && changes[n].at.Equal(changes[i].at); n++ {
			w.take(&changes[n])
		}
		if to := w.rung(); to != s.Rung {
			s.Moves = append(s.Moves, l.move(s.Rung, to, changes[i:n], facts))
			s.Rung, s.Since = to, changes[i].at
			for level := range to.Level() {
				if s.Reached[level].IsZero() {
					s.Reached[level] = s.Since
				}
			}
		}
		i = n
	}
	origin(&s, changes, facts)
	return s
}

// changesOf merges facts and the steps of orders, ascending.
func changesOf(facts []live.PersonFact, orders []live.PersonOrder) []change {
	var out []change
	for i := range facts {
		out = append(out, change{at: facts[i].At, fact: &facts[i]})
	}
	seen := map[live.OrderID]bool{}
	for i := range orders {
		o := &orders[i]
		if seen[o.Order] {
			continue
		}
		seen[o.Order] = true
		for n := range o.Steps {
			out = append(out, change{at: o.Steps[n].At, order: o, step: &o.Steps[n]})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.event(), b.event())) })
	return out
}

// tally is what was said of one kind so far.
type tally struct {
	n    int
	last time.Time
}

// climbing is a fold under way.
type climbing struct {
	ladder *Ladder
	kinds  map[live.Kind]*tally
	orders map[live.OrderID]time.Time // the valid ones, since when
	days   map[live.OrderID]string    // the day of each in its own zone
}

func (w *climbing) take(c *change) {
	switch {
	case c.fact != nil:
		t := w.kinds[c.fact.Kind]
		if t == nil {
			t = &tally{}
			w.kinds[c.fact.Kind] = t
		}
		t.n++
		t.last = c.at
	case c.step.Valid:
		w.orders[c.order.Order] = c.at
		w.days[c.order.Order] = c.at.In(w.ladder.zone(c.order.Zone)).Format(time.DateOnly)
	default:
		delete(w.orders, c.order.Order)
		delete(w.days, c.order.Order)
	}
}

// rung is the highest whose rule holds.
func (w *climbing) rung() live.Rung {
	for i := len(w.ladder.Rungs) - 1; i >= 0; i-- {
		r := &w.ladder.Rungs[i]
		if slices.ContainsFunc(r.Any, func(c Condition) bool { return w.holds(&c) }) {
			return r.Rung
		}
	}
	return live.RungNone
}

func (w *climbing) holds(c *Condition) bool {
	if c.Orders > 0 {
		if len(w.orders) < c.Orders || !c.DifferentDays {
			return len(w.orders) >= c.Orders
		}
		days := map[string]bool{}
		for _, day := range w.days {
			days[day] = true
		}
		return len(days) >= c.Orders
	}
	t := w.kinds[c.Fact]
	if t == nil || t.n < max(c.AtLeast, 1) {
		return false
	}
	end := w.kinds[c.Until]
	return c.Until == "" || end == nil || t.last.After(end.last)
}

// zone is where the days of an order are told apart.
func (l *Ladder) zone(name string) *time.Location {
	if name == "" {
		name = l.Zone
	}
	if zone, ok := l.zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone := loadZone(name)
	if zone == nil {
		zone = time.UTC
	}
	l.zones.Store(name, zone)
	return zone
}

// move dates a step and names what caused it: of the changes of the instant, the
// first that the rule gained or lost speaks of.
func (l *Ladder) move(from, to live.Rung, at []change, facts []live.PersonFact) live.LadderMove {
	m := live.LadderMove{From: from, To: to, At: at[0].at, Rule: l.Version}
	rung := to
	if !m.Up() {
		rung = from
	}
	cause := &at[0]
	if i := slices.IndexFunc(at, func(c change) bool { return l.speaks(rung, &c, m.Up()) }); i >= 0 {
		cause = &at[i]
	}
	m.Cause = cause.event()
	if cause.fact != nil {
		m.Kind, m.Ref, m.Show = cause.fact.Kind, cause.fact.Ref, cause.fact.Show
	} else {
		m.Kind, m.Ref, m.Show = cause.step.Kind, string(cause.order.Order), cause.order.Show
	}
	m.Touches = l.touchesBefore(&m, facts)
	return m
}

// speaks reports whether the rule of a rung is about a change in the direction
// of the move.
func (l *Ladder) speaks(rung live.Rung, c *change, up bool) bool {
	return slices.ContainsFunc(l.Rungs[rung.Level()-1].Any, func(x Condition) bool {
		switch {
		case c.fact == nil:
			return x.Orders > 0 && c.step.Valid == up
		case up:
			return x.Fact == c.fact.Kind
		}
		return x.Until != "" && x.Until == c.fact.Kind
	})
}

// touchesBefore are the last touch of each class within the window before a
// move, latest first. What caused the move is not a touch before it.
func (l *Ladder) touchesBefore(m *live.LadderMove, facts []live.PersonFact) []live.LadderTouch {
	oldest := m.At.Add(-time.Duration(l.TouchWindowHours) * time.Hour)
	var out []live.LadderTouch
	for i := len(facts) - 1; i >= 0; i-- { // latest first
		f := &facts[i]
		if f.At.Before(oldest) {
			break
		}
		if f.At.After(m.At) || f.Class == "" || f.Event == m.Cause ||
			slices.ContainsFunc(out, func(t live.LadderTouch) bool { return t.Class == f.Class }) {
			continue
		}
		out = append(out, live.LadderTouch{
			Class: f.Class, Kind: f.Kind, Ref: f.Ref, At: f.At, Event: f.Event, Show: f.Show, Channel: f.Channel, Agent: f.Agent, Referrer: f.Referrer,
		})
	}
	return out
}
