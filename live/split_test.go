package live

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

// FuzzSplitMinor holds the 128-bit arithmetic against the one of any width, and
// both against what a split must be.
func FuzzSplitMinor(f *testing.F) {
	raw := func(ws ...int64) (b []byte) {
		for _, w := range ws {
			b = binary.BigEndian.AppendUint64(b, uint64(w))
		}
		return b
	}
	for _, amount := range []int64{0, 1, -1, 7, -100, 19900, MaxMinor, -MaxMinor, math.MaxInt64, math.MinInt64 + 1} {
		for _, ws := range [][]int64{
			{1},
			{0},
			{-5, 0},
			{1, 1, 1},
			{3, 3, 1},
			{0, 5, 0, 5},
			{math.MaxInt64},
			{math.MaxInt64, math.MaxInt64},
			{math.MaxInt64, math.MaxInt64, math.MaxInt64},
			{MaxMinor, 1, MaxMinor},
			{-1, 2, 3},
		} {
			f.Add(amount, raw(ws...))
		}
	}
	f.Fuzz(func(t *testing.T, amount int64, b []byte) {
		if amount == math.MinInt64 { // it has no mirror
			return
		}
		weights := make([]int64, min(len(b)/8, 64))
		for i := range weights {
			weights[i] = int64(binary.BigEndian.Uint64(b[8*i:]))
		}
		got := SplitMinor(amount, weights)
		if len(weights) == 0 {
			if got != nil {
				t.Fatalf("no weights gave %v", got)
			}
			return
		}
		if want := splitWide(amount, weights); !slices.Equal(got, want) {
			t.Fatalf("split(%d, %v) = %v, want %v", amount, weights, got, want)
		}
		mirror := SplitMinor(-amount, weights)
		var sum int64
		for i, x := range got {
			if sum += x; mirror[i] != -x {
				t.Fatalf("split(%d, %v)[%d] = %d, of the negative %d", amount, weights, i, x, mirror[i])
			}
		}
		if sum != amount {
			t.Fatalf("split(%d, %v) sums to %d", amount, weights, sum)
		}
	})
}

func BenchmarkSplitMinor(b *testing.B) {
	for _, n := range []int{1, 3, 20} {
		weights := make([]int64, n)
		for i := range weights {
			weights[i] = int64(1990 + 700*i)
		}
		for name, split := range map[string]func(int64, []int64) []int64{"wide": splitWide, "split": SplitMinor} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					split(123457, weights)
				}
			})
		}
	}
}
