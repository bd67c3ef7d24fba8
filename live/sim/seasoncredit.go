package sim

import (
	"slices"
	"time"

	"showrunner/live"
)

// Earned is what led to the orders of a season, in minor units.
type Earned struct {
	Orders, Value                    int64
	Unattributed, UnattributedOrders int64
	HeldOut, HeldOutOrders           int64 // of persons in a control group, in nothing else
	New                              int64 // first orders of their buyers
	Credits, Costs                   map[string]int64
	Control, Treated                 [2]int64 // who bought, of all who were assigned
}

// touch is a deed as a touch of the chain.
type touch struct {
	Met
	deed *Deed
}

// touches are the touches of a person, ascending.
func (s *Season) touches(who int) (out []touch) {
	for i := range s.Deeds {
		d := &s.Deeds[i]
		if d.Who != who {
			continue
		}
		for _, m := range s.met(d) {
			if m.Stage != "" {
				out = append(out, touch{m, d})
			}
		}
	}
	return out
}

// key is whom a touch belongs to.
func (s *Season) key(t *touch, by string) string {
	switch by {
	case "channel":
		return t.Channel
	case "stage":
		return string(t.Stage)
	case "agent":
		return t.Agent
	case "show":
		return string(t.Show)
	case "referrer":
		return string(t.Referrer)
	case "group":
		if t.Class == live.TouchGroup {
			return t.deed.Ref
		}
	case "host":
		for _, a := range s.Shows {
			if a.ID == t.Show {
				return a.Host
			}
		}
	}
	return ""
}

// held is whether a person was assigned to any experiment, and to a control group
// by the newest word of one.
func (s *Season) held(who int) (assigned, control bool) {
	words := map[string]bool{}
	for _, d := range s.Deeds {
		if d.Who == who && d.Kind == live.HoldoutAssigned {
			words[d.Experiment] = d.Control
		}
	}
	for _, c := range words {
		control = control || c
	}
	return len(words) > 0, control
}

// Earned divides the orders by one of the models first, last, last_non_direct,
// linear and participation. Of linear, units that do not divide go to the first
// touches.
func (s *Season) Earned(model, by string) Earned {
	out := Earned{Credits: map[string]int64{}, Costs: map[string]int64{}}
	bought := map[int]bool{}
	orders := slices.DeleteFunc(s.Orders(), func(o SeasonOrder) bool { return o.Paid == 0 })
	slices.SortFunc(orders, func(a, b SeasonOrder) int { return a.PaidAt.Compare(b.PaidAt) })
	for _, o := range orders {
		first := !bought[o.Who]
		bought[o.Who] = true
		if _, control := s.held(o.Who); control {
			out.HeldOut += o.Net
			out.HeldOutOrders++
			continue
		}
		out.Orders++
		out.Value += o.Net
		if first {
			out.New++
		}
		way := slices.DeleteFunc(s.touches(o.Who), func(t touch) bool { return t.At.After(o.PaidAt) || t.At.Before(o.PaidAt.Add(-7*24*time.Hour)) })
		n := int64(len(way))
		if n == 0 {
			out.Unattributed += o.Net
			out.UnattributedOrders++
			continue
		}
		last := way[n-1]
		had := map[string]bool{}
		for i := range way {
			k := s.key(&way[i], by)
			if way[i].Channel != "direct" && model == "last_non_direct" {
				last = way[i]
			}
			switch model {
			case "linear":
				out.Credits[k] += o.Net / n
				if int64(i) < o.Net%n {
					out.Credits[k]++
				}
			case "participation":
				if !had[k] {
					out.Credits[k] += o.Net
				}
				had[k] = true
			}
		}
		switch model {
		case "first":
			out.Credits[s.key(&way[0], by)] += o.Net
		case "last", "last_non_direct":
			out.Credits[s.key(&last, by)] += o.Net
		}
	}
	for who := range s.Persons {
		for _, t := range s.touches(who) {
			if t.deed.Cost > 0 {
				out.Costs[s.key(&t, by)] += t.deed.Cost
			}
		}
		assigned, control := s.held(who)
		arm := &out.Treated
		if control {
			arm = &out.Control
		}
		if assigned {
			arm[1]++
			if bought[who] {
				arm[0]++
			}
		}
	}
	return out
}

// Spread is how people brought each other in a season.
type Spread struct{ Active, Sharers, Invites, Bound int64 }

// Spread counts each person once for each whose link they followed.
func (s *Season) Spread() (w Spread) {
	sharers := map[int]bool{}
	upline := map[int]int{}
	for who := range s.Persons {
		if len(s.Climb(who).Met) > 0 {
			w.Active++
		}
	}
	pairs := map[[2]int]bool{}
	for _, d := range s.Deeds {
		if d.Act != ActFollow {
			continue
		}
		sharers[d.Other], pairs[[2]int{d.Who, d.Other}] = true, true
		if up, ok := upline[d.Who]; !ok || up != d.Other {
			w.Bound++
		}
		upline[d.Who] = d.Other
	}
	w.Sharers, w.Invites = int64(len(sharers)), int64(len(pairs))
	return w
}
