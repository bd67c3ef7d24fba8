package lifetime

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// gammaOf draws from Gamma(shape, rate) by Marsaglia and Tsang (2000).
func gammaOf(rng *rand.Rand, shape, rate float64) float64 {
	if shape < 1 {
		return gammaOf(rng, shape+1, rate) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := rng.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v / rate
		}
	}
}

// simulate lets buyers live by the definition of the models.
func simulate(rng *rand.Rand, p Process, s Spend, n int) []Buyer {
	out := make([]Buyer, n)
	for i := range out {
		b := Buyer{Age: 100 + 300*rng.Float64()}
		rate := gammaOf(rng, p.R, p.Alpha)
		a := gammaOf(rng, p.A, 1)
		stop := a / (a + gammaOf(rng, p.B, 1))
		level, paid := gammaOf(rng, s.Q, s.Gamma), 0.0
		for now := 0.0; ; {
			now += rng.ExpFloat64() / rate
			if !(now <= b.Age) {
				break
			}
			b.Repeat++
			b.Recency = now
			paid += gammaOf(rng, s.P, level)
			if rng.Float64() < stop {
				break
			}
		}
		if b.Repeat > 0 {
			b.Mean = paid / float64(b.Repeat)
		}
		out[i] = b
	}
	return out
}

// TestRecovery finds the parameters that a crowd was made with, within four of
// the standard errors it tells, and the crowd's future.
func TestRecovery(t *testing.T) {
	truth, spend := Process{0.8, 30, 0.9, 3}, Spend{4, 3, 9000}
	buyers := simulate(rand.New(rand.NewPCG(1, 2)), truth, spend, 20_000)
	p, f, err := Fit(buyers)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{truth.R, truth.Alpha, truth.A, truth.B}
	for i, got := range []float64{p.R, p.Alpha, p.A, p.B} {
		if math.Abs(got-want[i]) > 4*f.Errors[i] || f.Errors[i] > want[i]/5 {
			t.Errorf("parameter %d is %.4f ± %.4f, want %v", i, got, f.Errors[i], want[i])
		}
	}
	s, fs, err := FitSpend(buyers)
	if err != nil {
		t.Fatal(err)
	}
	want = []float64{spend.P, spend.Q, spend.Gamma}
	for i, got := range []float64{s.P, s.Q, s.Gamma} {
		if math.Abs(got-want[i]) > 4*fs.Errors[i] || fs.Errors[i] > want[i]/5 {
			t.Errorf("parameter %d of spend is %.4f ± %.4f, want %v", i, got, fs.Errors[i], want[i])
		}
	}
	if math.Abs(fs.Correlation) > 0.05 {
		t.Errorf("orders and money were drawn apart and correlate by %.3f", fs.Correlation)
	}
	sum := 0.0
	for _, bin := range Calibrate(p, buyers, 8) {
		sum += bin.Expected
		if d := math.Abs(float64(bin.Buyers) - bin.Expected); d > 4*math.Sqrt(bin.Expected) {
			t.Errorf("%d buyers with %d repeat orders, the model says %.1f", bin.Buyers, bin.Repeat, bin.Expected)
		}
	}
	if math.Abs(sum-float64(len(buyers))) > 1e-6 {
		t.Errorf("the model places %.3f of %d buyers", sum, len(buyers))
	}
}

// TestFuture lets the simulation go on: the orders of the next year are those
// expected of the buyers by what was known before.
func TestFuture(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	p := Process{0.8, 30, 0.9, 3}
	var expectedOrders, orders float64
	for range 20_000 {
		rate := gammaOf(rng, p.R, p.Alpha)
		a := gammaOf(rng, p.A, 1)
		stop := a / (a + gammaOf(rng, p.B, 1))
		b := Buyer{Age: 200}
		later, now := 0.0, 0.0
		for {
			if now += rng.ExpFloat64() / rate; now > b.Age+365 {
				break
			}
			if now <= b.Age {
				b.Repeat, b.Recency = b.Repeat+1, now
			} else {
				later++
			}
			if rng.Float64() < stop {
				break
			}
		}
		expectedOrders += p.Expect(b, 365)
		orders += later
	}
	if math.Abs(expectedOrders/orders-1) > 0.03 {
		t.Errorf("%.0f orders came, %.0f were expected", orders, expectedOrders)
	}
}

func TestTooSmall(t *testing.T) {
	few := make([]Buyer, MinBuyers-1)
	for i := range few {
		few[i] = Buyer{Repeat: 1, Recency: 1 + float64(i), Age: 60, Mean: 5}
	}
	if _, _, err := Fit(few); !errors.Is(err, ErrTooSmall) {
		t.Errorf("%d buyers: %v", len(few), err)
	}
	if _, _, err := Fit(make([]Buyer, 1000)); !errors.Is(err, ErrTooSmall) {
		t.Errorf("nobody came back: %v", err)
	}
	if _, _, err := FitSpend(few[:MinRepeats-1]); !errors.Is(err, ErrTooSmall) {
		t.Errorf("spend: %v", err)
	}
}

func TestNoMaximum(t *testing.T) {
	// Everybody orders like clockwork and nobody stops: there is no spread to find.
	var same []Buyer
	for range 500 {
		same = append(same, Buyer{Repeat: 12, Recency: 360, Age: 365, Mean: 100})
	}
	if p, f, err := Fit(same); !errors.Is(err, ErrNoMaximum) {
		t.Errorf("clockwork: %v %v %v", p, f, err)
	}
	if s, f, err := FitSpend(same); !errors.Is(err, ErrNoMaximum) {
		t.Errorf("everybody pays the same: %v %v %v", s, f, err)
	}
}

func TestBadBuyers(t *testing.T) {
	for _, b := range []Buyer{{Repeat: -1, Age: 1}, {Repeat: 1, Recency: 3, Age: 2}, {Recency: 1, Age: 2}, {Age: math.NaN()}, {Age: math.Inf(1)}} {
		buyers := append(make([]Buyer, 100), b)
		if _, _, err := Fit(buyers); err == nil || errors.Is(err, ErrTooSmall) {
			t.Errorf("%+v is taken: %v", b, err)
		}
		if _, _, err := FitSpend(buyers); err == nil || errors.Is(err, ErrTooSmall) {
			t.Errorf("%+v is taken: %v", b, err)
		}
	}
}

// TestFitIsAFunctionOfTheSet: the order of buyers and the unit of time change
// nothing but the unit.
func TestFitIsAFunctionOfTheSet(t *testing.T) {
	buyers, _ := crowd(t)
	p, f, err := Fit(buyers)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(buyers)
	if q, g, err := Fit(buyers); err != nil || q != p || !slices.Equal(f.Errors, g.Errors) || f.LogLikelihood != g.LogLikelihood {
		t.Errorf("backwards: %v %v %v, want %v %v", q, g, err, p, f)
	}
	for i := range buyers {
		buyers[i].Recency *= 86400
		buyers[i].Age *= 86400
	}
	q, _, err := Fit(buyers)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []float64{q.R/p.R - 1, q.Alpha/86400/p.Alpha - 1, q.A/p.A - 1, q.B/p.B - 1} {
		if math.Abs(d) > 1e-8 {
			t.Errorf("in seconds: %v, in days %v", q, p)
		}
	}
}

func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive := rapid.Float64Range(0.01, 300)
		p := Process{positive.Draw(t, "r"), positive.Draw(t, "alpha"), positive.Draw(t, "a"), positive.Draw(t, "b")}
		b := Buyer{Repeat: rapid.IntRange(0, 60).Draw(t, "repeat"), Age: rapid.Float64Range(0, 3000).Draw(t, "age")}
		if b.Repeat > 0 {
			b.Recency = b.Age * rapid.Float64Range(0, 1).Draw(t, "recency")
		}
		time := rapid.Float64Range(0, 2000).Draw(t, "time")
		alive, orders := p.Alive(b), p.Expect(b, time)
		if !(alive >= 0 && alive <= 1) {
			t.Fatalf("alive %v", alive)
		}
		// Nobody is expected to order more than who never stops.
		most := (p.R + float64(b.Repeat)) * time / (p.Alpha + b.Age)
		if !(orders >= 0 && orders <= most*(1+1e-9)) {
			t.Fatalf("%v orders, of who never stops %v", orders, most)
		}
		if later := p.Expect(b, time*1.5); later < orders*(1-1e-11) {
			t.Fatalf("%v orders in the time, %v in half as much more", orders, later)
		}
	})
}

// TestChances: the chances of all numbers of orders sum to 1 and have the mean
// that [Process.ExpectNew] tells by another way.
func TestChances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive := rapid.Float64Range(0.05, 8)
		p := Process{positive.Draw(t, "r"), rapid.Float64Range(5, 100).Draw(t, "alpha"), positive.Draw(t, "a"), positive.Draw(t, "b")}
		time := rapid.Float64Range(0, 100).Draw(t, "time")
		var sum, mean, c float64
		for k := range 2000 {
			if c = p.Chance(k, time); c < -1e-12 {
				t.Fatalf("the chance of %d orders is %v", k, c)
			}
			sum += c
			mean += float64(k) * c
			if float64(k) > 2*p.R*time/p.Alpha+10 && c < 1e-14 {
				break
			}
		}
		if want := p.ExpectNew(time); math.Abs(sum-1) > 1e-9 || math.Abs(mean-want) > 1e-7*(1+want) {
			t.Fatalf("the chances sum to %v and have the mean %v, want 1 and %v", sum, mean, want)
		}
	})
}

func TestGradients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive := rapid.Float64Range(0.05, 20)
		v := []float64{positive.Draw(t, "0"), positive.Draw(t, "1"), positive.Draw(t, "2"), positive.Draw(t, "3")}
		b := Buyer{Repeat: rapid.IntRange(1, 20).Draw(t, "repeat"), Age: rapid.Float64Range(1, 100).Draw(t, "age"), Mean: positive.Draw(t, "mean")}
		b.Recency = b.Age * rapid.Float64Range(0, 1).Draw(t, "recency")
		check := func(what string, k int, g []float64, f func([]float64) float64) {
			for i := range k {
				h := v[i] * 1e-5
				up, down := slices.Clone(v), slices.Clone(v)
				up[i] += h
				down[i] -= h
				want := (f(up) - f(down)) / (2 * h)
				if math.Abs(g[i]-want) > 1e-4*(1+math.Abs(want)) {
					t.Fatalf("%s by parameter %d: %v, want %v", what, i, g[i], want)
				}
			}
		}
		g := make([]float64, 4)
		process := func(v []float64) Process { return Process{v[0], v[1], v[2], v[3]} }
		process(v).gradient(b, 1, g)
		check("process", 4, g, func(v []float64) float64 { return process(v).LogLikelihood(b) })
		clear(g)
		spend := func(v []float64) Spend { return Spend{v[0], v[1], v[2]} }
		spend(v).gradient(b, g)
		check("spend", 3, g, func(v []float64) float64 { return spend(v).LogLikelihood(b) })
	})
}

func BenchmarkFit(b *testing.B) {
	buyers := simulate(rand.New(rand.NewPCG(1, 2)), Process{0.8, 30, 0.9, 3}, Spend{4, 3, 9000}, 100_000)
	for i := range buyers { // whole days, as orders have
		buyers[i].Recency, buyers[i].Age = math.Floor(buyers[i].Recency), math.Floor(buyers[i].Age)
	}
	for b.Loop() {
		if _, _, err := Fit(buyers); err != nil {
			b.Fatal(err)
		}
		if _, _, err := FitSpend(buyers); err != nil {
			b.Fatal(err)
		}
	}
}
