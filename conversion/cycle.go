package conversion

import (
	"cmp"
	"slices"

	"showrunner/live"
)

// Cycles gives every touch to one order alone: the first of its person at or
// after it. After an order a new cycle begins, so that the touch that brought a
// buyer does not earn every order they ever make again. Orders of the same
// instant share a cycle, which goes to the first of them by id; journeys of
// nobody are left as they are. The result has the journeys in the order given;
// the input is not changed.
//
// Source: rittmananalytics/ra_attribution, conversion cycles.
func Cycles(journeys []Journey) []Journey {
	out := slices.Clone(journeys)
	orders := map[live.PersonID][]int{}
	for i := range out {
		if out[i].Person != "" {
			orders[out[i].Person] = append(orders[out[i].Person], i)
		}
	}
	for _, of := range orders {
		slices.SortFunc(of, func(a, b int) int {
			return cmp.Or(out[a].At.Compare(out[b].At), cmp.Compare(out[a].Order, out[b].Order))
		})
		for n, i := range of[1:] {
			before := out[of[n]].At
			out[i].Touches = slices.DeleteFunc(slices.Clone(out[i].Touches), func(t Touchpoint) bool { return !t.At.After(before) })
		}
	}
	return out
}
