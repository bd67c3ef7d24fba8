package attribution

import (
	"math"
	"math/big"

	"showrunner/live"
)

// markovTally gathers a chain and divides by removal effects: the part of the
// conversions that would be lost if every journey by way of a key were.
type markovTally struct {
	keyed
	chain *chain
}

func (t *markovTally) Add(p *Path) error {
	divisible, err := t.add(p)
	if err != nil || len(p.Touches) == 0 {
		return err
	}
	t.read(p)
	value := p.Value
	if !divisible {
		value = 0
	}
	t.chain.add(t.ids, p.Conversions, p.Nulls, value)
	return nil
}

func (t *markovTally) Merge(after Tally) error {
	o, ok := after.(*markovTally)
	if !ok {
		return mixed(t, after)
	}
	if err := t.keyed.merge(&o.keyed); err != nil {
		return err
	}
	t.chain.merge(o.chain, t.numbers(&o.keyed))
	return nil
}

// numbers are the numbers here of the keys of another tally, which all are here.
func (k *keyed) numbers(o *keyed) []int32 {
	ids := make([]int32, len(o.keys))
	for i := range o.keys {
		ids[i] = int32(k.id(o.keys[i].Key))
	}
	return ids
}

func (t *markovTally) Credits() (Credits, error) {
	effects, _, err := t.chain.removals(len(t.keys))
	if err != nil {
		return Credits{}, err
	}
	var conversions, money, gross float64
	for i, e := range effects {
		t.keys[i].RemovalEffect, t.keys[i].RemovalValue = e.conversions, e.money
		conversions += e.conversions
		money += e.money
		gross += math.Abs(e.money)
	}
	// Sales and refunds that cancel out leave a last digit of either sign, by the
	// order in which they were told. It decides nothing.
	noise := gross * 1e-12
	negative := math.IsNaN(money)
	shares, valueShares := make([]float64, len(effects)), make([]float64, len(effects))
	for i, e := range effects {
		shares[i], valueShares[i] = part(e.conversions, conversions), part(max(0, e.money), money)
		negative = negative || e.money < -noise
	}
	if negative || money <= noise {
		// No money, or refunds that outweigh some of it: it goes the way of the
		// conversions.
		valueShares = shares
	}
	t.divideTotal(shares, valueShares)
	return t.credits(), nil
}

// divideTotal gives every key its share of what can be divided.
func (k *keyed) divideTotal(shares, valueShares []float64) {
	weights := make([]*big.Int, len(valueShares))
	for i, x := range valueShares {
		scaled, _ := new(big.Float).SetMantExp(big.NewFloat(x), 60).Int(nil)
		weights[i] = scaled
	}
	k.divideMinor(weights)
	for i := range k.keys {
		k.keys[i].Conversions = shares[i] * float64(k.conversions-k.bareConversions)
		k.keys[i].Value = valueShares[i] * (k.value - k.bareValue)
	}
}

// divideMinor splits the whole money over the keys by largest remainder, ties to
// the key that comes first by name, so that the order of the input is nothing.
func (k *keyed) divideMinor(weights []*big.Int) {
	order := k.byName()
	sorted := make([]*big.Int, len(order))
	for n, i := range order {
		sorted[n] = weights[i]
	}
	for n, minor := range live.SplitBig(k.minor-k.bareMinor, sorted) {
		k.keys[order[n]].Minor = minor
	}
}
