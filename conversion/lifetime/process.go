package lifetime

import "math"

// Process is the BG/NBD model of when buyers order. While there, a buyer orders
// at random moments at a rate that is their own; after every order they may
// stop for good. Rates over all buyers are Gamma(R, Alpha), the chances to stop
// are Beta(A, B). All four are above zero.
type Process struct {
	R, Alpha float64 // Alpha is in units of time
	A, B     float64
}

// LogLikelihood is that of one buyer's history.
//
// Source: Fader, Hardie and Lee (2005), equation 6. The gamma and beta functions
// of an integer step are written as products: no digits cancel for large
// parameters.
func (p Process) LogLikelihood(b Buyer) float64 {
	ll := -p.R*math.Log1p(b.Age/p.Alpha) - float64(b.Repeat)*math.Log(p.Alpha+b.Age)
	for k := range b.Repeat {
		ll += math.Log(p.R+float64(k)) + math.Log1p(-p.A/(p.A+p.B+float64(k)))
	}
	if b.Repeat > 0 {
		ll += softplus(p.stopped(b))
	}
	return ll
}

// stopped is the logarithm of the odds that a buyer with repeat orders stopped
// at the last of them.
func (p Process) stopped(b Buyer) float64 {
	x := float64(b.Repeat)
	return math.Log(p.A/(p.B+x-1)) + (p.R+x)*math.Log1p((b.Age-b.Recency)/(p.Alpha+b.Recency))
}

// softplus is ln(1 + exp(v)).
func softplus(v float64) float64 {
	if v > 0 {
		return v + math.Log1p(math.Exp(-v))
	}
	return math.Log1p(math.Exp(v))
}

// logistic is 1 / (1 + exp(-v)).
func logistic(v float64) float64 {
	if v >= 0 {
		return 1 / (1 + math.Exp(-v))
	}
	e := math.Exp(v)
	return e / (1 + e)
}

// gradient adds the derivatives of n times the log-likelihood of a buyer by R,
// Alpha, A and B.
func (p Process) gradient(b Buyer, n float64, g []float64) {
	x, t := float64(b.Repeat), p.Alpha+b.Age
	dr := -math.Log1p(b.Age / p.Alpha)
	dalpha := p.R*b.Age/(p.Alpha*t) - x/t
	var da, db float64
	for k := range b.Repeat {
		k := float64(k)
		dr += 1 / (p.R + k)
		da -= 1 / (p.A + p.B + k)
		db += p.A / ((p.B + k) * (p.A + p.B + k))
	}
	if b.Repeat > 0 {
		s := logistic(p.stopped(b))
		dr += s * math.Log1p((b.Age-b.Recency)/(p.Alpha+b.Recency))
		dalpha -= s * (p.R + x) * (b.Age - b.Recency) / (t * (p.Alpha + b.Recency))
		da += s / p.A
		db -= s / (p.B + x - 1)
	}
	g[0] += n * dr
	g[1] += n * dalpha
	g[2] += n * da
	g[3] += n * db
}

// Alive is the probability that the buyer has not stopped. Who never ordered
// again has not: in this model one stops only after a repeat order.
//
// Source: Fader and Hardie, "Computing P(alive) Using the BG/NBD Model" (2008).
func (p Process) Alive(b Buyer) float64 {
	if b.Repeat == 0 {
		return 1
	}
	return logistic(-p.stopped(b))
}

// Expect is how many repeat orders the buyer is expected to make in the time
// that follows.
//
// It is equation 10 of Fader, Hardie and Lee (2005) in another form: a buyer who
// stops with chance p after each order and orders at the rate λ is expected to
// order (1 - exp(-λ·p·time))/p times; its mean over λ has a closed form, and that
// over p is summed. Every term is positive, so that nothing cancels, and A = 1,
// where the printed form divides by zero, is no special case.
func (p Process) Expect(b Buyer, time float64) float64 {
	x := float64(b.Repeat)
	return p.Alive(b) * expected(p.R+x, time/(p.Alpha+b.Age), p.A, p.B+x)
}

// ExpectNew is how many repeat orders a buyer who is new now is expected to
// make: equation 9 of Fader, Hardie and Lee (2005).
func (p Process) ExpectNew(time float64) float64 {
	return expected(p.R, time/p.Alpha, p.A, p.B)
}

// expected is the mean of (1 - (1 + p·odds)^-shape)/p over p from Beta(a, b).
//
// It is summed by the trapezoidal rule over x = ln(p/(1-p)), which has
// exponentially small error for a function that is smooth and vanishes at both
// ends; the weights are divided by their own sum, so that no beta function is
// needed. Far out, where nothing but the weight changes, and that by the same
// factor with every step, the rest is a geometric series.
func expected(shape, odds, a, b float64) float64 {
	if odds <= 0 {
		return 0
	}
	x0 := math.Log(a / b)
	h := min(0.25, 0.7*math.Sqrt(1/a+1/b))
	peak := a*x0 - (a+b)*softplus(x0)
	low := -45 - math.Log1p(shape*odds) - math.Log1p(a+b)
	high := 45 + math.Log1p(a+b)
	var mass, sum float64
	add := func(x, steps float64) (weight float64) {
		weight = math.Exp(a*x-(a+b)*softplus(x)-peak) * steps
		p := logistic(x)
		made := shape * odds // the limit at p = 0
		if p > 0x1p-1000 {
			made = -math.Expm1(-shape*math.Log1p(p*odds)) / p
		}
		mass += weight
		sum += weight * made
		return weight
	}
	add(x0, 1)
	for _, end := range [...]struct{ side, rate float64 }{{-1, a}, {1, b}} {
		side, rate := end.side, end.rate
		for k := 1.0; ; k++ {
			x := x0 + side*k*h
			if x < low || x > high {
				add(x, -1/math.Expm1(-rate*h))
				break
			}
			if add(x, 1) < mass*0x1p-60*min(rate*h, 1) {
				break
			}
		}
	}
	return sum / mass
}

// Chance is the probability that a buyer has made so many repeat orders in the
// time since the first.
//
// Source: Fader, Hardie and Lee (2005), equation 8.
func (p Process) Chance(repeat int, time float64) float64 {
	odds := time / p.Alpha
	z := odds / (1 + odds)
	pmf := math.Exp(-p.R * math.Log1p(odds)) // of an unending buyer making j orders
	below, kept := 0.0, 1.0                  // fewer than j orders; not stopped after j of them
	stops := 0.0                             // stopped after exactly the j-th
	for j := range repeat {
		k := float64(j)
		below += pmf
		pmf *= z * (p.R + k) / (k + 1)
		stops = kept * p.A / (p.A + p.B + k)
		kept *= (p.B + k) / (p.A + p.B + k)
	}
	return kept*pmf + stops*max(1-below, 0)
}
