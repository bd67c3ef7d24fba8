package attribution

import "sync"

// side is the side of the squares in which a matrix is inverted.
const side = 32

// square is a matrix, padded with ones on the diagonal to whole squares.
type square struct {
	n int // padded
	a []float64
}

func newSquare(n int) *square {
	m := &square{n: (n + side - 1) / side * side}
	m.a = make([]float64, m.n*m.n)
	for i := range m.n {
		m.a[i*m.n+i] = 1
	}
	return m
}

func (m *square) row(i int) []float64 { return m.a[i*m.n : (i+1)*m.n] }

// invert inverts in place, by Gauss and Jordan over squares. It takes no pivots,
// which I - Q does not need. Every number has the same history for any number
// of workers, so the result is the same to the bit.
func (m *square) invert(workers int) {
	pivot := make([]float64, side*m.n) // the rows of the square, divided by it
	packed := make([]float64, side*m.n)
	for at := 0; at < m.n; at += side {
		m.pivot(pivot, at)
		// In strips of four columns, as update reads them.
		for j := 0; j < m.n; j += 4 {
			for l := range side {
				copy(packed[j*side+l*4:j*side+l*4+4], pivot[l*m.n+j:l*m.n+j+4])
			}
		}
		blocks := m.n / side
		each := (blocks + workers - 1) / workers
		if m.n < 4*side {
			each = blocks
		}
		var group sync.WaitGroup
		for from := 0; from < blocks; from += each {
			rows := func() {
				for i := from * side; i < min(from+each, blocks)*side; i += 2 {
					if i/side*side != at {
						m.update(packed, i, at)
					}
				}
			}
			if each >= blocks {
				rows()
			} else {
				group.Go(rows)
			}
		}
		group.Wait()
		copy(m.a[at*m.n:(at+side)*m.n], pivot)
	}
}

// pivot divides the rows of a square on the diagonal by it, and puts its inverse
// in its place.
func (m *square) pivot(out []float64, at int) {
	n := m.n
	copy(out, m.a[at*n:(at+side)*n])
	for k := range side {
		row := out[k*n : (k+1)*n]
		scale := 1 / row[at+k]
		row[at+k] = 1
		for j := range row {
			row[j] *= scale
		}
		for i := range side {
			other := out[i*n : (i+1)*n]
			f := other[at+k]
			if i == k || f == 0 {
				continue
			}
			other[at+k] = 0
			for j, x := range row {
				other[j] -= f * x
			}
		}
	}
}

// update takes the pivot rows from two rows outside of them.
func (m *square) update(packed []float64, i, at int) {
	var f [2 * side]float64
	first, second := m.row(i), m.row(i+1)
	zero := true
	for l := range side {
		f[2*l], f[2*l+1] = first[at+l], second[at+l]
		zero = zero && f[2*l] == 0 && f[2*l+1] == 0
		first[at+l], second[at+l] = 0, 0
	}
	if zero {
		return
	}
	for j := 0; j+4 <= len(first); j += 4 {
		x, y := first[j:j+4:j+4], second[j:j+4:j+4]
		a0, a1, a2, a3 := x[0], x[1], x[2], x[3]
		b0, b1, b2, b3 := y[0], y[1], y[2], y[3]
		p := packed[j*side : (j+4)*side]
		for l := 0; l+1 < len(f) && len(p) >= 4; l += 2 {
			u, v := f[l], f[l+1]
			p0, p1, p2, p3 := p[0], p[1], p[2], p[3]
			a0 -= u * p0
			a1 -= u * p1
			a2 -= u * p2
			a3 -= u * p3
			b0 -= v * p0
			b1 -= v * p1
			b2 -= v * p2
			b3 -= v * p3
			p = p[4:]
		}
		x[0], x[1], x[2], x[3] = a0, a1, a2, a3
		y[0], y[1], y[2], y[3] = b0, b1, b2, b3
	}
}
