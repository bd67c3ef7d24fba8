package live

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
)

// Currency is an ISO 4217 code. Amounts are always integers in its minor unit.
type Currency string

// currencies are the ISO 4217 codes accepted. Refusing the rest catches a
// typing error before it becomes a second currency in a report.
var currencies = []Currency{
	"AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BND", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK",
	"DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KES", "KHR", "KRW", "KWD",
	"KZT", "LAK", "LKR", "MAD", "MMK", "MNT", "MOP", "MXN", "MYR", "NGN", "NOK", "NPR", "NZD", "OMR", "PEN",
	"PHP", "PKR", "PLN", "QAR", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "TZS", "UAH", "USD",
	"UZS", "VND", "ZAR",
}

// Valid reports whether c is a currency we know.
func (c Currency) Valid() bool {
	_, ok := slices.BinarySearch(currencies, c)
	return ok
}

// Exponent is the number of decimal digits between the major and the minor unit.
func (c Currency) Exponent() int {
	switch c {
	case "CLP", "ISK", "JPY", "KRW", "VND":
		return 0
	case "BHD", "JOD", "KWD", "OMR":
		return 3
	}
	return 2
}

// MaxMinor bounds one amount: ten trillion major units. Sums of a hundred
// thousand of the largest amounts still fit an int64.
const MaxMinor = 1_000_000_000_000_00

// SplitMinor divides amount over weights in proportion, by largest remainder:
// every share is floored, the left-over units go one each to the largest
// fractions, ties to the earlier weight. The shares always sum to amount, and
// the split of -x mirrors the split of x, so that a full refund leaves nothing.
// Negative weights count as zero; if no weight is positive, the shares are
// even. No weights give no shares.
//
// Source: Hamilton's method; the mirrored sign is what go-money and moneyphp
// lack (shared anchors of attribution, money split).
func SplitMinor(amount int64, weights []int64) []int64 {
	if len(weights) == 0 {
		return nil
	}
	var total, carry, over uint64
	for _, x := range weights {
		total, carry = bits.Add64(total, uint64(max(x, 0)), 0)
		over += carry
	}
	if over > 0 {
		return splitWide(amount, weights)
	}
	even := total == 0
	if even {
		total = uint64(len(weights))
	}
	negative := amount < 0
	abs := uint64(amount)
	if negative {
		abs = -abs
	}
	shares, rests := make([]int64, len(weights)), make([]uint64, len(weights))
	left := abs
	for i, x := range weights {
		weight := uint64(max(x, 0))
		if even {
			weight = 1
		}
		// A share is at most abs, so the quotient fits and Div64 cannot panic.
		hi, lo := bits.Mul64(abs, weight)
		share, rest := bits.Div64(hi, lo, total)
		shares[i], rests[i] = int64(share), rest
		left -= share
	}
	if left > 0 {
		order := make([]int, len(weights))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
		for _, i := range order[:left] {
			shares[i]++
		}
	}
	if negative {
		for i := range shares {
			shares[i] = -shares[i]
		}
	}
	return shares
}

// splitWide is SplitMinor for weights whose sum does not fit 64 bits.
func splitWide(amount int64, weights []int64) []int64 {
	w := make([]*big.Int, len(weights))
	for i, x := range weights {
		w[i] = big.NewInt(max(x, 0))
	}
	return SplitBig(amount, w)
}

// SplitBig is [SplitMinor] for weights of any size and sign, as Shapley values
// may have: every share is floored, the left-over units go to the largest
// fractions, ties to the earlier weight. Weights that sum to zero split evenly.
func SplitBig(amount int64, weights []*big.Int) []int64 {
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
