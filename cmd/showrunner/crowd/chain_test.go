package crowd

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestChain: a sequence has one name however it was cut, and another one when a
// message is lost, had twice, or out of order.
func TestChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dues := rapid.SliceOfNDistinct(rapid.Int64(), 2, 60, rapid.ID).Draw(t, "dues")
		want := ChainOf(dues).Sum()
		var got Chain
		for rest := dues; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "cut")
			if n == 0 {
				n = 1
				got = got.Then(Chain{}).Then(ChainOf(nil))
			}
			got, rest = got.Then(ChainOf(rest[:n])), rest[n:]
		}
		if got.Sum() != want {
			t.Fatalf("in parts it is %x, as a whole %x", got.Sum(), want)
		}
		i := rapid.IntRange(0, len(dues)-1).Draw(t, "which")
		j := rapid.IntRange(0, len(dues)-1).Filter(func(j int) bool { return j != i }).Draw(t, "other")
		swapped := slices.Clone(dues)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		for name, other := range map[string][]int64{
			"lost": slices.Delete(slices.Clone(dues), i, i+1), "twice": slices.Insert(slices.Clone(dues), i, dues[i]), "swapped": swapped,
		} {
			if ChainOf(other).Sum() == want {
				t.Fatalf("%s at %d and it is the same", name, i)
			}
		}
	})
}
