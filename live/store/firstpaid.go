package store

import (
	"slices"

	"showrunner/live"
)

// want is what one line should hold when its order wants held: a line that was
// placed first paid, first served holds nothing before money came for it.
func (r *orderRow) want(line, held string) string {
	if held == heldReserved && r.State == live.OrderUnpaid && r.firstPaid[line] {
		return heldNone
	}
	return held
}

// overtaken reports whether an order was paid when others had paid for the last
// units first. It cannot be served, and what was paid is owed back.
func (r *orderRow) overtaken(said []live.OrderFact) bool {
	if !r.oversold || r.Cancel == live.CancelOversold || r.PaidAt.IsZero() {
		return false
	}
	told := func(f live.OrderFact) bool {
		return f.Kind == live.OrderCancelled && f.Source == live.SourceOwn && f.CancelType == live.CancelOversold
	}
	if slices.ContainsFunc(said, told) {
		return false
	}
	for i := range r.Lines {
		if r.firstPaid[r.Lines[i].ID] && r.held[i] == heldNone {
			return true
		}
	}
	return false
}

// deferStock notes that a line was placed first paid, first served.
func (r *orderRow) deferStock(line string) {
	if r.firstPaid == nil {
		r.firstPaid = map[string]bool{}
	}
	r.firstPaid[line] = true
}
