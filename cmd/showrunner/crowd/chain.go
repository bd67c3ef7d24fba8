package crowd

// Chain is a sequence of marked messages as a number: the polynomial of their
// due times. Chains of the parts of a sequence, however it was cut into frames,
// join into the chain of the whole, so that a frame which thousands of clients
// get is looked through once. The zero Chain is the empty sequence's.
type Chain struct {
	sum  uint64
	base uint64 // the multiplier to the power of the length; 0 stands for 1
}

// chainBase is the multiplier of Knuth's MMIX generator: odd, with bits all over.
const chainBase = 6364136223846793005

// ChainOf is the chain of messages by when they were due.
func ChainOf(dues []int64) Chain {
	c := Chain{base: 1}
	for _, due := range dues {
		c.sum = c.sum*chainBase + spread(uint64(due)) //nolint:gosec // any 64 bits will do.
		c.base *= chainBase
	}
	return c
}

// Then is the chain of c's messages followed by those of o.
func (c Chain) Then(o Chain) Chain {
	return Chain{sum: c.sum*o.power() + o.sum, base: c.power() * o.power()}
}

func (c Chain) power() uint64 { return max(c.base, 1) }

// Sum names the sequence; two different ones of the same length have the same
// name once in 2^64 times or so.
func (c Chain) Sum() uint64 { return c.sum }

// spread mixes the bits of a number (the finalizer of SplitMix64), so that times
// that differ little make terms that differ much.
func spread(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) | 1 // A term of zero would be as good as none.
}
