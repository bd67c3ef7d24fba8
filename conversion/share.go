package conversion

import "math"

// Share is how many of how many.
type Share struct {
	Of  int64 // that did
	All int64 // that could have
}

// Rate is the share as a fraction; 0 of nothing.
func (s Share) Rate() float64 {
	if s.All == 0 {
		return 0
	}
	return float64(s.Of) / float64(s.All)
}

// z is the quantile of the normal distribution of a 95 % interval.
const z = 1.959963984540054

// Wilson is the 95 % score interval of a share, Wilson 1927: it stays inside 0 to
// 1 and is right for shares near 0, as those of complaints are. Of nothing it is
// 0 to 1.
func (s Share) Wilson() (low, high float64) {
	if s.All == 0 {
		return 0, 1
	}
	n, p := float64(s.All), s.Rate()
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	whole := 1 + z*z/n
	low, high = (middle-half)/whole, (middle+half)/whole
	if s.Of == 0 {
		low = 0 // but for rounding
	}
	if s.Of == s.All {
		high = 1
	}
	return low, high
}

// Newcombe is the 95 % interval of after - before by method 10 of Newcombe 1998:
// the square-and-add of the two Wilson intervals.
func Newcombe(before, after Share) (low, high float64) {
	p1, p2 := after.Rate(), before.Rate()
	l1, u1 := after.Wilson()
	l2, u2 := before.Wilson()
	low = p1 - p2 - math.Sqrt((p1-l1)*(p1-l1)+(u2-p2)*(u2-p2))
	high = p1 - p2 + math.Sqrt((u1-p1)*(u1-p1)+(p2-l2)*(p2-l2))
	return max(low, -1), min(high, 1)
}
