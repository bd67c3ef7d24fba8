package attribution

import (
	"slices"
)

// maxOrder is the longest memory of a chain.
const maxOrder = 4

// window is a state: the last touches of a path, -1 after the end of one that is
// shorter than the order of the chain.
type window [maxOrder]int32

// edge is a step between two states; from is -1 at the start.
type edge struct{ from, to int32 }

// chain counts the steps of journeys between states. A state is a window of
// order consecutive touches, or a whole path that is shorter. Equal neighbours
// are one: staying where one is changes no removal effect.
//
// Source: the C++ core of ChannelAttribution 2.2, with its simulation left out.
type chain struct {
	order  int
	states []window
	index  map[window]int32
	steps  map[edge]int64
	// How journeys end, by state.
	converted, lost []int64
	value           []float64
}

func newChain(order int) *chain {
	return &chain{order: order, index: map[window]int32{}, steps: map[edge]int64{}}
}

func (c *chain) state(w window) int32 {
	i, ok := c.index[w]
	if !ok {
		i = int32(len(c.states))
		c.index[w] = i
		c.states = append(c.states, w)
		c.converted, c.lost, c.value = append(c.converted, 0), append(c.lost, 0), append(c.value, 0)
	}
	return i
}

// add walks a path, which is not empty.
func (c *chain) add(ids []int, converted, lost int64, value float64) {
	if converted+lost == 0 {
		return
	}
	at := int32(-1)
	for i := 0; i == 0 || i+c.order <= len(ids); i++ {
		w := window{-1, -1, -1, -1}
		for n, id := range ids[i:min(i+c.order, len(ids))] {
			w[n] = int32(id)
		}
		if to := c.state(w); to != at {
			c.steps[edge{at, to}] += converted + lost
			at = to
		}
	}
	c.converted[at] += converted
	c.lost[at] += lost
	c.value[at] += value
}

// merge takes in another chain, whose touches have these numbers here.
func (c *chain) merge(o *chain, ids []int32) {
	to := make([]int32, len(o.states))
	for i, w := range o.states {
		for n, id := range w {
			if id >= 0 {
				w[n] = ids[id]
			}
		}
		to[i] = c.state(w)
		c.converted[to[i]] += o.converted[i]
		c.lost[to[i]] += o.lost[i]
		c.value[to[i]] += o.value[i]
	}
	for e, n := range o.steps {
		if e.from >= 0 {
			e.from = to[e.from]
		}
		e.to = to[e.to]
		c.steps[e] += n
	}
}

// has reports whether a state has a touch.
func (c *chain) has(state int, id int32) bool { return slices.Contains(c.states[state][:], id) }

// step is a step of known probability.
type step struct {
	to int32
	p  float64
}

// walk is a chain with probabilities.
type walk struct {
	start []step
	next  [][]step
	// What is earned, on average, by ending in a state: conversions, and money.
	converts, earns []float64
}

// walk divides the counts of each state by their sum.
func (c *chain) walk() *walk {
	w := &walk{
		next: make([][]step, len(c.states)), converts: make([]float64, len(c.states)), earns: make([]float64, len(c.states)),
	}
	edges := make([]edge, 0, len(c.steps))
	for e := range c.steps {
		edges = append(edges, e)
	}
	// In one order, so that sums are the same to the bit every time.
	slices.SortFunc(edges, func(a, b edge) int {
		if a.from != b.from {
			return int(a.from) - int(b.from)
		}
		return int(a.to) - int(b.to)
	})
	total := make([]float64, len(c.states))
	var starts float64
	for i := range c.states {
		total[i] = float64(c.converted[i] + c.lost[i])
	}
	for _, e := range edges {
		if e.from < 0 {
			starts += float64(c.steps[e])
		} else {
			total[e.from] += float64(c.steps[e])
		}
	}
	for _, e := range edges {
		n := float64(c.steps[e])
		if e.from < 0 {
			w.start = append(w.start, step{e.to, n / starts})
		} else {
			w.next[e.from] = append(w.next[e.from], step{e.to, n / total[e.from]})
		}
	}
	for i := range c.states {
		w.converts[i] = float64(c.converted[i]) / total[i]
		w.earns[i] = c.value[i] / total[i]
	}
	return w
}

func expect(steps []step, x []float64) (sum float64) {
	for _, s := range steps {
		sum += s.p * x[s.to]
	}
	return sum
}
