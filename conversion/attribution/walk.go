package attribution

import (
	"errors"
	"math"
	"runtime"
	"sync"
)

// Bounds of exact solutions.
const (
	denseStates = 3000          // all touches from one inverse
	mostStates  = 2400          // solved by elimination where sweeps take too long
	sweepBudget = 2_000_000_000 // steps looked at by the sweeps of one solution
)

// errSlow means that a chain is too large to eliminate and leaves its loops too
// rarely for sweeps.
var errSlow = errors.New("the chain is too large for its loops: use a lower order, or fewer keys")

// removal is what is lost without one touch, as a part of the whole.
type removal struct{ conversions, money float64 }

// removals finds, for every touch of n, which part of the conversions and of the
// money goes through it: the walk with all states of the touch led to nothing.
// It also returns the probability of a conversion.
func (c *chain) removals(n int) (effects []removal, p float64, err error) {
	w := c.walk()
	effects = make([]removal, n)
	if len(w.start) == 0 {
		return effects, 0, nil
	}
	if c.order == 1 && len(c.states) <= denseStates {
		p = c.removalsDense(w, effects)
		return effects, p, nil
	}
	converts, err := w.solve(w.converts, nil, nil)
	if err != nil {
		return nil, 0, err
	}
	earns, err := w.solve(w.earns, nil, nil)
	if err != nil {
		return nil, 0, err
	}
	p = expect(w.start, converts)
	money := expect(w.start, earns)
	var group sync.WaitGroup
	errs := make([]error, n)
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for id := range n {
		group.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			effects[id], errs[id] = c.without(w, int32(id), converts, earns, p, money)
		})
	}
	group.Wait()
	return effects, p, errors.Join(errs...)
}

// without is the removal effect of one touch. It sums up the walks that come by
// the touch instead of those that do not, so that the small effect of a rare
// touch keeps its digits.
func (c *chain) without(w *walk, id int32, converts, earns []float64, p, money float64) (removal, error) {
	by := make([]bool, len(c.states))
	for i := range by {
		by[i] = c.has(i, id)
	}
	var r removal
	x, err := w.solve(nil, by, converts)
	if err != nil {
		return r, err
	}
	r.conversions = part(expect(w.start, x), p)
	if x, err = w.solve(nil, by, earns); err != nil {
		return r, err
	}
	r.money = part(expect(w.start, x), money)
	return r, nil
}

func part(x, of float64) float64 {
	if of == 0 {
		return 0
	}
	return x / of
}

// solve finds x = b + Qx, where x is known in the fixed states. It sweeps back
// and forth until what is left over, multiplied by the longest expected walk,
// cannot matter to the thirteenth digit; if that takes too long and the chain is
// small enough, it eliminates.
func (w *walk) solve(b []float64, fixed []bool, known []float64) ([]float64, error) {
	n := len(w.next)
	x := make([]float64, n)
	edges := n
	for i := range x {
		edges += len(w.next[i])
		if fixed != nil && fixed[i] {
			x[i] = known[i]
		}
	}
	longest := 1.0
	length := make([]float64, n)
	most := max(1000, sweepBudget/edges)
	if n <= mostStates {
		most = 1000 + n*n*n/edges // then elimination is no dearer
	}
	for sweep := 1; sweep <= most; sweep++ {
		var left, size float64
		for k := range n {
			i := k
			if sweep%2 == 1 {
				i = n - 1 - k // against the walk first
			}
			if fixed != nil && fixed[i] {
				size = max(size, math.Abs(x[i]))
				continue
			}
			v, l := 0.0, 1.0
			if b != nil {
				v = b[i]
			}
			for _, s := range w.next[i] {
				v += s.p * x[s.to]
				l += s.p * length[s.to]
			}
			left, size = max(left, math.Abs(v-x[i])), max(size, math.Abs(v))
			x[i], length[i] = v, l
			longest = max(longest, l)
		}
		// The second bound is where rounding ends all progress.
		if left <= max(1e-14*size/longest, 4e-16*size) && sweep > 2 {
			return x, nil
		}
	}
	if n > mostStates {
		return nil, errSlow
	}
	return w.eliminate(b, fixed, known), nil
}

// eliminate solves as solve does, by Gauss. The matrix is diagonally dominant,
// so it needs no pivots.
func (w *walk) eliminate(b []float64, fixed []bool, known []float64) []float64 {
	n := len(w.next)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n+1)
		a[i][i] = 1
		if fixed != nil && fixed[i] {
			a[i][n] = known[i]
			continue
		}
		if b != nil {
			a[i][n] = b[i]
		}
		for _, s := range w.next[i] {
			a[i][s.to] -= s.p
		}
	}
	for k := range n {
		for i := k + 1; i < n; i++ {
			if a[i][k] == 0 {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		sum := a[i][n]
		for j := i + 1; j < n; j++ {
			sum -= a[i][j] * x[j]
		}
		x[i] = sum / a[i][i]
	}
	return x
}

// removalsDense is removals of a chain of order 1, all touches from one inverse:
// with N = (I-Q)^-1 and B = N r, the effect of c is N[start,c] B[c] / (N[c,c] B[start]).
func (c *chain) removalsDense(w *walk, effects []removal) (p float64) {
	n := len(w.next)
	inverse := w.inverse()
	visits := make([]float64, n) // N[start, ·]
	converts, earns := make([]float64, n), make([]float64, n)
	for i := range n {
		for j, v := range inverse.row(i)[:n] {
			converts[i] += v * w.converts[j]
			earns[i] += v * w.earns[j]
		}
	}
	for _, s := range w.start {
		for j, v := range inverse.row(int(s.to))[:n] {
			visits[j] += s.p * v
		}
	}
	p = expect(w.start, converts)
	money := expect(w.start, earns)
	for i, state := range c.states {
		comes := visits[i] / inverse.row(i)[i] // the probability of ever coming by
		effects[state[0]] = removal{part(comes*converts[i], p), part(comes*earns[i], money)}
	}
	return p
}

// inverse is (I-Q)^-1.
func (w *walk) inverse() *square {
	m := newSquare(len(w.next))
	for i := range w.next {
		row := m.row(i)
		for _, s := range w.next[i] {
			row[s.to] -= s.p
		}
	}
	m.invert(runtime.GOMAXPROCS(0))
	return m
}
