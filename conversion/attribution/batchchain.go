package attribution

// mostCells bounds the tables in which the steps of a batch are counted.
const mostCells = 1 << 22

// addBatch walks every path of a batch. With few channels a state is a number
// of as many digits as the chain remembers, and steps are counted in a table;
// with many they are looked up.
func (c *chain) addBatch(b *Batch, ids []int32) {
	base := len(b.Keys) + 1
	cells := base
	for range c.order {
		cells *= base
		if cells > mostCells || cells > max(1<<16, 8*len(b.IDs)) {
			c.addPaths(b, ids)
			return
		}
	}
	t := newStepTable(c.order, base)
	if c.order == 1 {
		t.addSingles(b)
	} else {
		t.addWindows(b)
	}
	t.into(c, ids)
}

func (c *chain) addPaths(b *Batch, ids []int32) {
	var path []int
	for i := range b.Ends {
		from, to := b.path(i)
		if from == to {
			continue
		}
		path = path[:0]
		for _, id := range b.IDs[from:to] {
			path = append(path, int(ids[id]))
		}
		value := b.Value[i]
		if b.Conversions[i] == 0 {
			value = 0
		}
		c.add(path, b.Conversions[i], b.Nulls[i], value)
	}
}

// stepTable counts steps between states, which are numbers: the touches of the
// window as digits from 1, so that shorter paths begin with zeros and zero is
// the start.
type stepTable struct {
	order, base, states int
	lead                int     // what the first of the digits is worth
	start               []int64 // by the state that comes first
	steps               []int64 // by state and the touch that comes next
	converted, lost     []int64
	value               []float64
}

func newStepTable(order, base int) *stepTable {
	t := &stepTable{order: order, base: base, states: base, lead: 1}
	for range order - 1 {
		t.lead *= base
	}
	t.states = t.lead * base
	t.start, t.steps = make([]int64, t.states), make([]int64, t.states*base)
	t.converted, t.lost, t.value = make([]int64, t.states), make([]int64, t.states), make([]float64, t.states)
	return t
}

// end notes how a path ended.
func (t *stepTable) end(state int, b *Batch, i int) {
	if converted := b.Conversions[i]; converted > 0 {
		t.converted[state] += converted
		t.value[state] += b.Value[i]
	}
	t.lost[state] += b.Nulls[i]
}

// addSingles is addWindows of windows of one touch.
func (t *stepTable) addSingles(b *Batch) {
	from := int32(0)
	for i, to := range b.Ends {
		n := b.Conversions[i] + b.Nulls[i]
		if n == 0 || from == to {
			from = to
			continue
		}
		path := b.IDs[from:to]
		at := int(path[0]) + 1
		t.start[at] += n
		for _, id := range path[1:] {
			next := int(id) + 1
			t.steps[at*t.base+next] += n // one that leads nowhere is left out at the end
			at = next
		}
		t.end(at, b, i)
		from = to
	}
}

func (t *stepTable) addWindows(b *Batch) {
	from := int32(0)
	for i, to := range b.Ends {
		n := b.Conversions[i] + b.Nulls[i]
		if n == 0 || from == to {
			from = to
			continue
		}
		path := b.IDs[from:to]
		at := 0
		for _, id := range path[:min(t.order, len(path))] {
			at = at*t.base + int(id) + 1
		}
		t.start[at] += n
		for k := t.order; k < len(path); k++ {
			digit := int(path[k]) + 1
			t.steps[at*t.base+digit] += n
			at = (at-(int(path[k-t.order])+1)*t.lead)*t.base + digit
		}
		t.end(at, b, i)
		from = to
	}
}

// into adds what was counted to a chain, whose touches have these numbers. A step
// to where one is counts for nothing.
func (t *stepTable) into(c *chain, ids []int32) {
	numbers := make([]int32, t.states)
	number := func(state int) int32 {
		if numbers[state] == 0 {
			w := window{-1, -1, -1, -1}
			n := 0
			for lead := t.lead; lead > 0; lead /= t.base {
				if digit := state / lead % t.base; digit > 0 {
					w[n] = ids[digit-1]
					n++
				}
			}
			numbers[state] = c.state(w) + 1
		}
		return numbers[state] - 1
	}
	for state, n := range t.start {
		if n > 0 {
			c.steps[edge{-1, number(state)}] += n
		}
	}
	for state := range t.states {
		for digit, n := range t.steps[state*t.base : (state+1)*t.base] {
			if to := state%t.lead*t.base + digit; n > 0 && to != state {
				c.steps[edge{number(state), number(to)}] += n
			}
		}
		if t.converted[state] > 0 || t.lost[state] > 0 {
			at := number(state)
			c.converted[at] += t.converted[state]
			c.lost[at] += t.lost[state]
			c.value[at] += t.value[state]
		}
	}
}
