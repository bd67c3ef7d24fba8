package attribution

import (
	"cmp"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// Assist is what a key helped with and did not close. It stands beside credit
// and is never part of it: an order is assisted by every key that touched it
// but the one that closed it, with all its money each time, so assists of
// several keys must not be summed.
type Assist struct {
	Key    string
	Orders int64
	Minor  int64 // the whole money of those orders
}

// Assists lists, for one currency, the orders that each key touched without
// closing them; the key of the last touch closes an order, whatever the model.
// Most money first, equal money by key. Touches for which key is empty assist
// nothing.
//
// Source: Google Analytics, assisted conversions: any interaction other than
// the final one.
func (r *Result) Assists(currency live.Currency, key func(*conversion.Touchpoint) string) []Assist {
	sums := map[string]*Assist{}
	for i := range r.Orders {
		o := &r.Orders[i]
		if o.Currency != currency || len(o.Touches) == 0 {
			continue
		}
		counted := map[string]bool{"": true, key(&o.Touches[len(o.Touches)-1]): true}
		for k := range o.Touches {
			name := key(&o.Touches[k])
			if counted[name] {
				continue
			}
			counted[name] = true
			a := sums[name]
			if a == nil {
				a = &Assist{Key: name}
				sums[name] = a
			}
			a.Orders++
			a.Minor += o.Value
		}
	}
	out := make([]Assist, 0, len(sums))
	for _, a := range sums {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Assist) int { return cmp.Or(cmp.Compare(b.Minor, a.Minor), cmp.Compare(a.Key, b.Key)) })
	return out
}
