package lifetime

import "math"

// Spend is the Gamma-Gamma model of what buyers pay on a day they order. A
// buyer's payments vary around a mean of their own as Gamma(P, ν); ν over all
// buyers is Gamma(Q, Gamma). It supposes that who orders often does not
// therefore pay more or less at a time; [Fitted.Correlation] tells whether.
type Spend struct {
	P, Q  float64
	Gamma float64 // in units of money
}

// LogLikelihood is that of the mean payment of a buyer with Repeat > 0.
//
// Source: Fader and Hardie (2013), equation 1a.
func (s Spend) LogLikelihood(b Buyer) float64 {
	x := float64(b.Repeat)
	px, total := s.P*x, s.Gamma+b.Mean*x
	return lgamma(px+s.Q) - lgamma(px) - lgamma(s.Q) - s.Q*math.Log1p(b.Mean*x/s.Gamma) +
		px*math.Log(b.Mean*x/total) - math.Log(b.Mean)
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// digamma is the derivative of ln Γ, for x above zero: the recurrence up to where
// the asymptotic series of its Bernoulli numbers is exact.
//
// Source: Abramowitz and Stegun, 6.3.5 and 6.3.18.
func digamma(x float64) (y float64) {
	for ; x < 12; x++ {
		y -= 1 / x
	}
	z := 1 / (x * x)
	series := z * (1./12 - z*(1./120-z*(1./252-z*(1./240-z*(1./132-z*(691./32760-z*(1./12-z*3617./8160)))))))
	return y + math.Log(x) - 0.5/x - series
}

// gradient adds the derivatives of the log-likelihood of a buyer by P, Q and Gamma.
func (s Spend) gradient(b Buyer, g []float64) {
	x := float64(b.Repeat)
	px, total := s.P*x, s.Gamma+b.Mean*x
	psi := digamma(px + s.Q)
	g[0] += x * (psi - digamma(px) + math.Log(b.Mean*x/total))
	g[1] += psi - digamma(s.Q) - math.Log1p(b.Mean*x/s.Gamma)
	g[2] += s.Q/s.Gamma - (px+s.Q)/total
}

// Expect is what the buyer is expected to pay on a day they order: between the
// mean of their own and that of all, the more of their own the more repeat
// orders it was seen on. Without any it is [Spend.Mean].
//
// Source: Fader and Hardie (2013), equation 5. It needs Q > 1 - P·Repeat.
func (s Spend) Expect(b Buyer) float64 {
	x := float64(b.Repeat)
	return s.P * (s.Gamma + b.Mean*x) / (s.P*x + s.Q - 1)
}

// Mean is what all buyers together are expected to pay on a day. It is infinite
// when Q is not above 1.
func (s Spend) Mean() float64 {
	if s.Q <= 1 {
		return math.Inf(1)
	}
	return s.P * s.Gamma / (s.Q - 1)
}
