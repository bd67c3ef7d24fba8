package lifetime

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// What the models need at least. Below that the likelihood is so flat that the
// parameters say nothing.
const (
	MinBuyers  = 30
	MinRepeats = 10 // buyers with a repeat order
)

// Reasons for which a model has no parameters; errors.Is tells them apart.
var (
	// ErrTooSmall is that there are too few buyers, or too few who came back.
	ErrTooSmall = errors.New("too few buyers")
	// ErrNoMaximum is that the likelihood has no maximum among finite
	// parameters: the buyers do not differ in the way the model supposes.
	ErrNoMaximum = errors.New("the likelihood has no maximum")
)

// Fitted says how well a model's parameters are known.
type Fitted struct {
	Buyers        int     // whom the model was fitted to
	LogLikelihood float64 // at the maximum
	// Errors are the standard errors of the parameters, in their order, from the
	// curvature of the log-likelihood at the maximum.
	Errors []float64
	// Correlation of the number and the mean of repeat orders, of [FitSpend]
	// only. The model supposes it to be near zero.
	Correlation float64
}

// Fit finds the parameters of [Process] that make the histories most likely.
// Errors wrap [ErrTooSmall] or [ErrNoMaximum] or say which buyer cannot be.
func Fit(buyers []Buyer) (Process, Fitted, error) {
	repeats, longest := 0, 0.0
	for i := range buyers {
		if err := buyers[i].check(); err != nil {
			return Process{}, Fitted{}, err
		}
		if buyers[i].Repeat > 0 {
			repeats++
		}
		longest = max(longest, buyers[i].Age)
	}
	if len(buyers) < MinBuyers || repeats < MinRepeats || longest == 0 {
		return Process{}, Fitted{}, fmt.Errorf("%w: %d and %d with a repeat order, at least %d and %d are needed", ErrTooSmall, len(buyers), repeats, MinBuyers, MinRepeats)
	}
	groups := group(buyers)
	// A likelihood of times in days over years is too steep in one direction:
	// times are told in tenths of the longest.
	unit := longest / 10
	for i := range groups {
		groups[i].Recency /= unit
		groups[i].Age /= unit
	}
	at := func(v []float64) Process { return Process{R: v[0], Alpha: v[1], A: v[2], B: v[3]} }
	m := maximum{
		names: []string{"r", "alpha", "a", "b"}, n: float64(len(buyers)),
		value: func(v []float64) (ll float64) {
			p := at(v)
			for i := range groups {
				ll += groups[i].n * p.LogLikelihood(groups[i].Buyer)
			}
			return ll
		},
		gradient: func(v, g []float64) {
			p := at(v)
			for i := range groups {
				p.gradient(groups[i].Buyer, groups[i].n, g)
			}
		},
		starts: [][]float64{{1, 1, 1, 1}, {0.25, 1, 0.8, 2.5}, {2, 5, 0.3, 5}, {0.5, 0.2, 3, 20}},
	}
	v, errs, ll, err := m.find()
	if err != nil {
		return Process{}, Fitted{}, err
	}
	p := at(v)
	p.Alpha *= unit
	errs[1] *= unit
	for i := range groups {
		ll -= groups[i].n * float64(groups[i].Repeat) * math.Log(unit)
	}
	return p, Fitted{Buyers: len(buyers), LogLikelihood: ll, Errors: errs}, nil
}

// many are buyers with the same history.
type many struct {
	Buyer
	n float64
}

// group puts equal histories together, in an order that depends on nothing else.
func group(buyers []Buyer) []many {
	sorted := slices.Clone(buyers)
	slices.SortFunc(sorted, func(a, b Buyer) int {
		return cmp.Or(cmp.Compare(a.Repeat, b.Repeat), cmp.Compare(a.Recency, b.Recency), cmp.Compare(a.Age, b.Age))
	})
	var out []many
	for _, b := range sorted {
		b.Mean = 0
		if n := len(out); n > 0 && out[n-1].Buyer == b {
			out[n-1].n++
			continue
		}
		out = append(out, many{b, 1})
	}
	return out
}

// FitSpend finds the parameters of [Spend] that make the means of the buyers
// with repeat orders most likely; the others, and means that are not above
// zero, are left out. Errors are those of [Fit].
func FitSpend(buyers []Buyer) (Spend, Fitted, error) {
	var paying []Buyer
	sum := 0.0
	for _, b := range buyers {
		if err := b.check(); err != nil {
			return Spend{}, Fitted{}, err
		}
		if b.Repeat > 0 && b.Mean > 0 && !math.IsInf(b.Mean, 0) {
			paying = append(paying, b)
			sum += b.Mean
		}
	}
	if len(paying) < MinRepeats {
		return Spend{}, Fitted{}, fmt.Errorf("%w: %d with paid repeat orders, at least %d are needed", ErrTooSmall, len(paying), MinRepeats)
	}
	slices.SortFunc(paying, func(a, b Buyer) int { return cmp.Or(cmp.Compare(a.Repeat, b.Repeat), cmp.Compare(a.Mean, b.Mean)) })
	correlation := correlate(paying)
	unit := sum / float64(len(paying))
	for i := range paying {
		paying[i].Mean /= unit
	}
	at := func(v []float64) Spend { return Spend{P: v[0], Q: v[1], Gamma: v[2]} }
	m := maximum{
		names: []string{"p", "q", "gamma"}, n: float64(len(paying)),
		value: func(v []float64) (ll float64) {
			s := at(v)
			for _, b := range paying {
				ll += s.LogLikelihood(b)
			}
			return ll
		},
		gradient: func(v, g []float64) {
			s := at(v)
			for _, b := range paying {
				s.gradient(b, g)
			}
		},
		starts: [][]float64{{1, 2, 1}, {6, 4, 0.5}, {2, 10, 5}, {0.5, 1.5, 2}},
	}
	v, errs, ll, err := m.find()
	if err != nil {
		return Spend{}, Fitted{}, err
	}
	s := at(v)
	s.Gamma *= unit
	errs[2] *= unit
	ll -= float64(len(paying)) * math.Log(unit)
	return s, Fitted{Buyers: len(paying), LogLikelihood: ll, Errors: errs, Correlation: correlation}, nil
}

// correlate is Pearson's coefficient of the number and the mean of repeat
// orders; 0 when one of them does not vary.
func correlate(buyers []Buyer) float64 {
	var mx, my float64
	for _, b := range buyers {
		mx += float64(b.Repeat) / float64(len(buyers))
		my += b.Mean / float64(len(buyers))
	}
	var xx, yy, xy float64
	for _, b := range buyers {
		dx, dy := float64(b.Repeat)-mx, b.Mean-my
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// maximum is a log-likelihood of n buyers over parameters above zero.
type maximum struct {
	names    []string
	n        float64
	value    func(v []float64) float64
	gradient func(v, g []float64) // adds to g
	starts   [][]float64
}

const (
	// farAway is where a parameter, in its unit, is as good as infinite or zero.
	farAway = 1e6
	// flat is what the mean gradient by the logarithms of the parameters is at
	// most at a maximum.
	flat = 1e-9
)

// find climbs from every start, in logarithms of the parameters, and takes the
// highest place at which the gradient vanishes and the likelihood falls in every
// direction.
func (m *maximum) find() (v, errs []float64, ll float64, err error) {
	k := len(m.names)
	exp := func(u []float64) []float64 {
		v := make([]float64, k)
		for i := range u {
			v[i] = math.Exp(u[i])
		}
		return v
	}
	slope := func(g, u []float64) {
		clear(g)
		v := exp(u)
		m.gradient(v, g)
		for i := range g {
			g[i] *= -v[i] / m.n
		}
	}
	problem := optimize.Problem{
		Func: func(u []float64) float64 {
			if f := -m.value(exp(u)) / m.n; !math.IsNaN(f) {
				return f
			}
			return math.Inf(1)
		},
		Grad: slope,
	}
	var best []float64
	var curve *mat.SymDense
	top, edge := math.Inf(1), ""
	for _, start := range m.starts {
		u := make([]float64, k)
		for i := range start {
			u[i] = math.Log(start[i])
		}
		// An end for lack of progress is not an error here: what counts is whether
		// the place it came to is a maximum, which is looked at next.
		r, _ := optimize.Minimize(problem, u, &optimize.Settings{GradientThreshold: flat, MajorIterations: 1000}, &optimize.BFGS{})
		if r == nil || math.IsInf(r.F, 0) {
			continue
		}
		u = r.X
		h, ok := polish(slope, u)
		far := m.far(exp(u))
		f := problem.Func(u)
		switch {
		case far != "":
			edge = far
		case ok && f < top:
			best, curve, top = u, h, f
		}
	}
	if best == nil {
		if edge != "" {
			return nil, nil, 0, fmt.Errorf("%w: it still grows as %s leaves every bound", ErrNoMaximum, edge)
		}
		return nil, nil, 0, fmt.Errorf("%w: no place was found where it is level and falls in every direction", ErrNoMaximum)
	}
	var inverse mat.SymDense
	var c mat.Cholesky
	c.Factorize(curve)
	if err := c.InverseTo(&inverse); err != nil {
		return nil, nil, 0, fmt.Errorf("%w: it is level in one direction", ErrNoMaximum)
	}
	v = exp(best)
	errs = make([]float64, k)
	for i := range errs {
		errs[i] = v[i] * math.Sqrt(inverse.At(i, i)/m.n)
	}
	return v, errs, -top * m.n, nil
}

// far names a parameter that has left every bound.
func (m *maximum) far(v []float64) string {
	for i := range v {
		if !(v[i] < farAway && v[i] > 1/farAway) {
			return m.names[i]
		}
	}
	return ""
}

// polish goes on from u by Newton's steps and tells whether it ends at a
// minimum; h is the curvature there.
func polish(slope func(g, u []float64), u []float64) (h *mat.SymDense, ok bool) {
	const steps = 8
	k := len(u)
	g := make([]float64, k)
	jacobian := mat.NewDense(k, k, nil)
	for range steps {
		fd.Jacobian(jacobian, slope, u, &fd.JacobianSettings{Formula: fd.Central, Step: 1e-5})
		h = mat.NewSymDense(k, nil)
		for i := range k {
			for j := i; j < k; j++ {
				h.SetSym(i, j, (jacobian.At(i, j)+jacobian.At(j, i))/2)
			}
		}
		var c mat.Cholesky
		if !c.Factorize(h) || c.Cond() > 1e12 {
			return nil, false
		}
		slope(g, u)
		var step mat.VecDense
		if c.SolveVecTo(&step, mat.NewVecDense(k, g)) != nil {
			return nil, false
		}
		if mat.Norm(&step, math.Inf(1)) > 1 {
			return nil, false // the likelihood is not like its curve here
		}
		for i := range u {
			u[i] -= step.AtVec(i)
		}
		if mat.Norm(&step, math.Inf(1)) < 1e-13 {
			break
		}
	}
	slope(g, u)
	return h, !slices.ContainsFunc(g, func(x float64) bool { return !(math.Abs(x) <= flat) })
}
