package attribution

import (
	"cmp"
	"math/big"
	"slices"
)

// splitBig is live.SplitMinor for weights of any size and sign, as Shapley values
// may have: every share is floored, the left-over units go to the largest
// fractions, ties to the earlier weight. Weights that sum to zero split evenly.
func splitBig(amount int64, weights []*big.Int) []int64 {
	shares := make([]int64, len(weights))
	if len(weights) == 0 {
		return shares
	}
	sign := int64(1)
	whole := big.NewInt(amount)
	if amount < 0 {
		sign = -1
		whole.Neg(whole)
	}
	total := new(big.Int)
	for _, w := range weights {
		total.Add(total, w)
	}
	if total.Sign() == 0 {
		weights = slices.Clone(weights)
		for i := range weights {
			weights[i] = big.NewInt(1)
		}
		total.SetInt64(int64(len(weights)))
	}
	rests := make([]*big.Int, len(weights))
	left := new(big.Int).Set(whole)
	for i, w := range weights {
		q, r := new(big.Int), new(big.Int)
		// The total is positive but for games whose whole worth is negative; turn
		// both then.
		num, den := new(big.Int).Mul(whole, w), total
		if den.Sign() < 0 {
			num.Neg(num)
			den = new(big.Int).Neg(den)
		}
		q.DivMod(num, den, r) // floors, r is never negative
		shares[i], rests[i] = q.Int64(), r
		left.Sub(left, q)
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range order[:left.Int64()] {
		shares[i]++
	}
	for i := range shares {
		shares[i] *= sign
	}
	return shares
}

// byName is the numbers of the keys, in the order of their names.
func (k *keyed) byName() []int {
	order := make([]int, len(k.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(k.keys[a].Key, k.keys[b].Key) })
	return order
}
