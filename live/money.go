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
	w := make([]int64, len(weights))
	total := new(big.Int)
	for i, x := range weights {
		w[i] = max(x, 0)
		total.Add(total, big.NewInt(w[i]))
	}
	if total.Sign() == 0 {
		for i := range w {
			w[i] = 1
		}
		total.SetInt64(int64(len(w)))
	}
	sign := int64(1)
	abs := new(big.Int).SetInt64(amount)
	if amount < 0 {
		sign = -1
		abs.Neg(abs)
	}
	shares := make([]int64, len(w))
	rests := make([]*big.Int, len(w))
	left := new(big.Int).Set(abs)
	for i, x := range w {
		q, r := new(big.Int), new(big.Int)
		q.QuoRem(new(big.Int).Mul(abs, big.NewInt(x)), total, r)
		shares[i], rests[i] = q.Int64(), r
		left.Sub(left, q)
	}
	order := make([]int, len(w))
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
