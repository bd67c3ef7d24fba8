package attribution

import (
	"cmp"
	"math"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// LostPath is the keys of the touches of some who bought nothing.
type LostPath struct {
	Keys    []string
	Persons int64
}

// CurrencyCredits is what a model made of the orders in one currency.
type CurrencyCredits struct {
	Currency live.Currency
	Credits
}

// ByCurrency divides the orders of each currency by itself, by any model of
// [NewTally]. Those who bought nothing are journeys of every currency: they are
// nobody's money, and matter to markov and to rates. The credits of a model that
// adds up, and what is unattributed, sum to the money of the currency.
func ByCurrency(o Options, policy conversion.Policy, journeys []conversion.Journey, lost []LostPath, key Key) ([]CurrencyCredits, error) {
	newTally, err := NewTally(o, key)
	if err != nil {
		return nil, err
	}
	tallies := map[live.Currency]Tally{}
	var out []CurrencyCredits
	for i := range journeys {
		j := &journeys[i]
		t := tallies[j.Currency]
		if t == nil {
			t = newTally()
			tallies[j.Currency] = t
			out = append(out, CurrencyCredits{Currency: j.Currency})
		}
		p := Path{Touches: policy.Admit(j), Conversions: 1, Minor: j.Value, Value: float64(j.Value) / math.Pow10(j.Currency.Exponent())}
		if err := t.Add(&p); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b CurrencyCredits) int { return cmp.Compare(a.Currency, b.Currency) })
	for i := range out {
		t := tallies[out[i].Currency]
		for _, l := range lost {
			if err := t.Add(lostPath(l)); err != nil {
				return nil, err
			}
		}
		if out[i].Credits, err = t.Credits(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lostPath has its keys in the place of channels, see [Keyed].
func lostPath(l LostPath) *Path {
	p := &Path{Nulls: l.Persons, Touches: make([]conversion.Touchpoint, len(l.Keys))}
	for i, k := range l.Keys {
		p.Touches[i].Channel = k
	}
	return p
}

// Keyed are journeys whose touches have their key of a dimension in the place of
// the channel, as lost paths have. The journeys given are not changed.
func Keyed(journeys []conversion.Journey, d conversion.Dimension) []conversion.Journey {
	out := slices.Clone(journeys)
	for i := range out {
		out[i].Touches = slices.Clone(out[i].Touches)
		for k := range out[i].Touches {
			t := &out[i].Touches[k]
			t.Channel = d.Of(t)
		}
	}
	return out
}
