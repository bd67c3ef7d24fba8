package live_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

func TestSplitMinor(t *testing.T) {
	for name, tc := range map[string]struct {
		amount  int64
		weights []int64
		want    []int64
	}{
		"no weights":             {100, nil, nil},
		"one":                    {100, []int64{7}, []int64{100}},
		"thirds, ties go first":  {100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		"two over, ties first":   {101, []int64{1, 1, 1}, []int64{34, 34, 33}},
		"largest fraction first": {10, []int64{1, 2, 4}, []int64{1, 3, 6}},
		"mirror":                 {-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		"all zero is even":       {5, []int64{0, 0}, []int64{3, 2}},
		"negative is zero":       {5, []int64{-9, 1}, []int64{0, 5}},
		"nothing":                {0, []int64{3, 4}, []int64{0, 0}},
		"huge":                   {math.MaxInt64, []int64{math.MaxInt64, math.MaxInt64}, []int64{math.MaxInt64/2 + 1, math.MaxInt64 / 2}},
	} {
		if got := live.SplitMinor(tc.amount, tc.weights); !slices.Equal(got, tc.want) {
			t.Errorf("%s: split %d over %v = %v, want %v", name, tc.amount, tc.weights, got, tc.want)
		}
	}
}

func TestSplitMinorSumsAndMirrors(t *testing.T) {
	cases(t, 2000, func(t *rapid.T) {
		amount := rapid.Int64Range(-live.MaxMinor, live.MaxMinor).Draw(t, "amount")
		weights := rapid.SliceOfN(rapid.Int64Range(-3, live.MaxMinor), 1, 20).Draw(t, "weights")
		shares := live.SplitMinor(amount, weights)
		var sum int64
		for i, s := range shares {
			sum += s
			if s != 0 && (s < 0) != (amount < 0) {
				t.Fatalf("share %d of %d has the other sign", s, amount)
			}
			if mirror := live.SplitMinor(-amount, weights)[i]; mirror != -s {
				t.Fatalf("split(-x)[%d] = %d, want %d", i, mirror, -s)
			}
		}
		if sum != amount {
			t.Fatalf("shares sum to %d, want %d", sum, amount)
		}
	})
}

func TestCurrency(t *testing.T) {
	for c, want := range map[live.Currency]int{"CNY": 2, "JPY": 0, "KWD": 3, "USD": 2} {
		if !c.Valid() || c.Exponent() != want {
			t.Errorf("%s: valid %v exponent %d, want %d", c, c.Valid(), c.Exponent(), want)
		}
	}
	for _, c := range []live.Currency{"", "cny", "XXX", "CNYY", "ZZZ"} {
		if c.Valid() {
			t.Errorf("%q is taken for a currency", c)
		}
	}
}
