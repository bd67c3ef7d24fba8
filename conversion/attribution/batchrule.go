package attribution

import (
	"math"
	"math/bits"
	"time"

	"showrunner/live"
)

func unixTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// sized is a model whose weights depend on nothing but how many touches there
// are.
type sized interface {
	sized(dst []int64, n int) []int64
}

// earned is what a key of a batch earned.
type earned struct {
	conversions, value float64
	minor              int64
}

// AddBatch is Add of every path of a batch.
func (t *ruleTally) AddBatch(b *Batch) error {
	var winner func(from, to int) int
	switch m := t.model.(type) {
	case first:
		winner = func(from, _ int) int { return from }
	case last:
		winner = func(_, to int) int { return to - 1 }
	case lastNonDirect:
		winner = m.lastIn(b)
	case timeDecay, sized:
	default:
		return b.each(t.Add)
	}
	ids, err := t.addBatch(b)
	if err != nil {
		return err
	}
	sums := make([]earned, len(b.Keys))
	if winner != nil {
		b.winners(sums, winner)
	} else {
		t.spread(b, sums)
	}
	for i, id := range ids {
		k := &t.keys[id]
		k.Conversions += sums[i].conversions
		k.Value += sums[i].value
		k.Minor += sums[i].minor
	}
	return nil
}

// winners gives every path to one of its touches.
func (b *Batch) winners(sums []earned, winner func(from, to int) int) {
	for _, i := range b.paying {
		from, to := b.path(int(i))
		c := &sums[b.IDs[winner(from, to)]]
		c.conversions += float64(b.Conversions[i])
		c.value += b.Value[i]
		c.minor += b.Minor[i]
	}
}

// lastIn finds the last touch that is not direct.
func (m lastNonDirect) lastIn(b *Batch) func(from, to int) int {
	direct := make([]bool, len(b.Keys))
	for i, key := range b.Keys {
		direct[i] = m.isDirect(key)
	}
	return func(from, to int) int {
		for i := to - 1; i >= from; i-- {
			if !direct[b.IDs[i]] {
				return i
			}
		}
		return to - 1
	}
}

// ratio is how a path is divided.
type ratio struct {
	weights []int64
	parts   []float64
	total   uint64
	even    bool // all weights are equal
}

// normalise takes weights as Add does: without a positive one all have a part.
func (r *ratio) normalise() {
	var sum float64
	for _, w := range r.weights {
		sum += float64(w)
	}
	if sum <= 0 {
		for i := range r.weights {
			r.weights[i] = 1
		}
		sum = float64(len(r.weights))
	}
	r.total, r.even, r.parts = 0, true, r.parts[:0]
	for _, w := range r.weights {
		r.total += uint64(w)
		r.even = r.even && w == r.weights[0]
		r.parts = append(r.parts, float64(w)/sum)
	}
}

// mostMemory is up to how many touches weights are kept.
const mostMemory = 256

// spread gives every path to its touches by their weights.
func (t *ruleTally) spread(b *Batch, sums []earned) {
	known := make([]*ratio, mostMemory)
	decay, timed := t.model.(timeDecay)
	timed = timed && b.At != nil
	var r ratio
	for _, i := range b.paying {
		from, to := b.path(int(i))
		n := to - from
		of := &r
		switch {
		case timed:
			r.weights = decay.ages(r.weights[:0], b.At[from:to])
			r.normalise()
		case n < mostMemory && known[n] != nil:
			of = known[n]
		default:
			of = &ratio{}
			if m, ok := t.model.(sized); ok {
				of.weights = m.sized(nil, n)
			} else {
				of.weights = linear{}.sized(nil, n)
			}
			of.normalise()
			if n < mostMemory {
				known[n] = of
			}
		}
		conversions, value := float64(b.Conversions[i]), b.Value[i]
		path := b.IDs[from:to]
		for k, part := range of.parts {
			c := &sums[path[k]]
			c.conversions += part * conversions
			c.value += part * value
		}
		of.split(sums, path, b.Minor[i])
	}
}

// mostStack is up to how many touches money is split without memory of its own.
const mostStack = 32

// split adds the shares of [live.SplitMinor] to the keys of a path.
func (r *ratio) split(sums []earned, path []int32, minor int64) {
	n := len(path)
	switch {
	case minor == 0:
		return
	case n == 1:
		sums[path[0]].minor += minor
		return
	case n > mostStack:
		for i, share := range live.SplitMinor(minor, r.weights) {
			sums[path[i]].minor += share
		}
		return
	}
	amount, sign := uint64(minor), int64(1)
	if minor < 0 {
		amount, sign = -amount, -1
	}
	if r.even {
		each, left := amount/uint64(n), amount%uint64(n)
		for i, id := range path {
			share := each
			if uint64(i) < left {
				share++
			}
			sums[id].minor += sign * int64(share)
		}
		return
	}
	var rests [mostStack]uint64
	left := amount
	for i, id := range path {
		hi, lo := bits.Mul64(amount, uint64(r.weights[i]))
		share, rest := bits.Div64(hi, lo, r.total)
		rests[i] = rest
		left -= share
		sums[id].minor += sign * int64(share)
	}
	for ; left > 0; left-- {
		most := 0
		for i := 1; i < n; i++ {
			if rests[i] > rests[most] {
				most = i
			}
		}
		rests[most] = 0 // less than n are left over, and at least as many rests are not zero
		sums[path[most]].minor += sign
	}
}

// ages are the weights of touches at these times, in nanoseconds.
func (m timeDecay) ages(dst, at []int64) []int64 {
	newest := at[len(at)-1]
	scale := 62 - bits.Len(uint(len(at)))
	for _, t := range at {
		age := float64(newest-t) / float64(m.halfLife)
		dst = append(dst, int64(math.Round(math.Ldexp(math.Exp2(-age), scale))))
	}
	return dst
}
