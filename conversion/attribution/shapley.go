package attribution

import (
	"math/big"
)

// shapleyTally divides by Shapley values of the game in which a set of keys is
// worth the conversions of the journeys that need no other key. For that game
// the value of a key is known in closed form: every journey gives the same to
// each of its distinct keys. So it is exact for any number of keys.
//
// Source: Zhao, Mahboobi, Bagheri 2018 (arXiv 1804.05327), simplified and
// ordered Shapley.
type shapleyTally struct {
	keyed
	ordered bool
	// By key and by how many distinct keys a journey has: whole numbers, which
	// add up to the same whatever the order.
	conversions, minor [][]int64
	value              [][]float64
	count              []int // of each key in the path under way
}

// grown is a table with at least as many cells as asked for.
func grown[T int64 | float64](table [][]T, id, size int) [][]T {
	for len(table) <= id {
		table = append(table, nil)
	}
	for len(table[id]) <= size {
		table[id] = append(table[id], 0)
	}
	return table
}

func (t *shapleyTally) put(id, size int, conversions, minor int64, value float64) {
	t.conversions, t.minor, t.value = grown(t.conversions, id, size), grown(t.minor, id, size), grown(t.value, id, size)
	t.conversions[id][size] += conversions
	t.minor[id][size] += minor
	t.value[id][size] += value
}

func (t *shapleyTally) Add(p *Path) error {
	divisible, err := t.add(p)
	if err != nil || len(p.Touches) == 0 {
		return err
	}
	t.read(p)
	if !divisible {
		return nil
	}
	if t.ordered {
		t.addPositions(p)
	}
	set := t.distinct()
	for _, id := range set {
		t.put(id, len(set), p.Conversions, p.Minor, p.Value)
	}
	return nil
}

// addPositions spreads what a key earns of a path over the places where it
// stands.
func (t *shapleyTally) addPositions(p *Path) {
	for len(t.count) < len(t.keys) {
		t.count = append(t.count, 0)
	}
	distinct := 0
	for _, id := range t.ids {
		if t.count[id] == 0 {
			distinct++
		}
		t.count[id]++
	}
	for place, id := range t.ids {
		k := &t.keys[id]
		for len(k.Positions) <= place {
			k.Positions = append(k.Positions, 0)
		}
		k.Positions[place] += float64(p.Conversions) / float64(distinct*t.count[id])
	}
	for _, id := range t.ids {
		t.count[id] = 0
	}
}

func (t *shapleyTally) Merge(after Tally) error {
	o, ok := after.(*shapleyTally)
	if !ok {
		return mixed(t, after)
	}
	if err := t.keyed.merge(&o.keyed); err != nil {
		return err
	}
	for i, id := range t.numbers(&o.keyed) {
		if i < len(o.conversions) {
			for size := range o.conversions[i] {
				t.put(int(id), size, o.conversions[i][size], o.minor[i][size], o.value[i][size])
			}
		}
		k := &t.keys[id]
		for place, x := range o.keys[i].Positions {
			for len(k.Positions) <= place {
				k.Positions = append(k.Positions, 0)
			}
			k.Positions[place] += x
		}
	}
	return nil
}

func (t *shapleyTally) Credits() (Credits, error) {
	// In whole numbers: all sizes over their least common multiple.
	multiple := big.NewInt(1)
	for id := range t.conversions {
		for size := 1; size < len(t.conversions[id]); size++ {
			if t.conversions[id][size] != 0 {
				n := big.NewInt(int64(size))
				multiple.Mul(multiple, n.Quo(n, new(big.Int).GCD(nil, nil, multiple, n)))
			}
		}
	}
	weights := make([]*big.Int, len(t.keys))
	for i := range t.keys {
		k := &t.keys[i]
		k.Conversions, k.Value, weights[i] = 0, 0, new(big.Int)
		if i >= len(t.conversions) {
			continue
		}
		for size := 1; size < len(t.conversions[i]); size++ {
			if t.conversions[i][size] == 0 {
				continue
			}
			k.Conversions += float64(t.conversions[i][size]) / float64(size)
			k.Value += t.value[i][size] / float64(size)
			each := new(big.Int).Quo(multiple, big.NewInt(int64(size)))
			weights[i].Add(weights[i], each.Mul(each, big.NewInt(t.minor[i][size])))
		}
	}
	if t.minor != nil {
		t.divideMinor(weights)
	}
	return t.credits(), nil
}
