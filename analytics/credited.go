package analytics

import (
	"maps"
	"slices"

	"showrunner/live"
)

// creditedJSON is the money of a show's orders by the stage that earned it.
type creditedJSON struct {
	Currency     live.Currency `json:"currency"`
	Orders       int64         `json:"orders"`
	Value        int64         `json:"value_minor"`
	Lead         int64         `json:"lead_minor"`
	Nurture      int64         `json:"nurture_minor"`
	Convert      int64         `json:"convert_minor"`
	Retain       int64         `json:"retain_minor"`
	Unattributed int64         `json:"unattributed_minor"`
}

func credited(list []live.ShowCredit) (out []creditedJSON) {
	for i := range list {
		c := &list[i]
		out = append(out, creditedJSON{c.Currency, c.Orders, c.Value, c.Stages[0], c.Stages[1], c.Stages[2], c.Stages[3], c.Unattributed})
	}
	return out
}

// addCredit takes in what an event of credit changes of the show's sums.
func (f *Fold) addCredit(e *live.Event) error {
	change, err := live.CreditChange(e.Data)
	if err != nil {
		return err
	}
	sum := f.credited[change.Currency]
	sum.Currency = change.Currency
	sum.Add(&change)
	if f.credited == nil {
		f.credited = map[live.Currency]live.ShowCredit{}
	}
	f.credited[change.Currency] = sum
	return nil
}

// Credited is the money of the show's orders by the stage that earned it, one
// row for each currency, ascending: of the orders that were attributed so far.
func (f *Fold) Credited() []live.ShowCredit {
	var out []live.ShowCredit
	for _, c := range slices.Sorted(maps.Keys(f.credited)) {
		out = append(out, f.credited[c])
	}
	return out
}
