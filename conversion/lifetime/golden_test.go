package lifetime

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
)

// golden is testdata/golden.json; testdata/golden.py says how it was made.
type golden struct {
	Process []struct {
		Params        [4]float64
		Repeat        int
		Recency, Age  float64
		LogLikelihood json.Number `json:"log_likelihood"`
		Alive         json.Number
		Expect        map[string]json.Number
	}
	Spend []struct {
		Params        [3]float64
		Repeat        int
		Mean          float64
		LogLikelihood json.Number `json:"log_likelihood"`
		Expect        json.Number
	}
	Crowd    [][4]float64
	Fit      fit
	FitSpend fit `json:"fit_spend"`
}

type fit struct {
	Params, Errors []json.Number
	LogLikelihood  json.Number `json:"log_likelihood"`
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Process) != 35 || len(g.Spend) != 9 || len(g.Crowd) != 150 {
		t.Fatalf("golden.json holds %d, %d and %d rows", len(g.Process), len(g.Spend), len(g.Crowd))
	}
	return g
}

// near holds got against a golden value to a relative tolerance.
func near(t *testing.T, what string, got float64, want json.Number, tolerance float64) {
	t.Helper()
	w, err := want.Float64()
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(got-w) <= tolerance*math.Abs(w)) {
		t.Errorf("%s: %.17g, want %s (relative %.1e)", what, got, want, math.Abs(got-w)/math.Abs(w))
	}
}

func TestProcessGolden(t *testing.T) {
	for _, row := range readGolden(t).Process {
		p := Process{row.Params[0], row.Params[1], row.Params[2], row.Params[3]}
		b := Buyer{Repeat: row.Repeat, Recency: row.Recency, Age: row.Age}
		what := strconv.FormatFloat(p.R, 'g', -1, 64) + "/" + strconv.Itoa(b.Repeat) + "/" + strconv.FormatFloat(b.Age, 'g', -1, 64)
		if w, _ := row.LogLikelihood.Float64(); math.Abs(w) < 1e-15 {
			if got := p.LogLikelihood(b); math.Abs(got) > 1e-15 {
				t.Errorf("likelihood of %s: %v, want 0", what, got)
			}
		} else {
			near(t, "likelihood of "+what, p.LogLikelihood(b), row.LogLikelihood, 1e-12)
		}
		near(t, "alive "+what, p.Alive(b), row.Alive, 1e-12)
		for f, want := range row.Expect {
			time, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "expect "+what+" in "+f, p.Expect(b, time), want, 1e-12)
		}
	}
}

func TestSpendGolden(t *testing.T) {
	for _, row := range readGolden(t).Spend {
		s := Spend{row.Params[0], row.Params[1], row.Params[2]}
		b := Buyer{Repeat: row.Repeat, Recency: 1, Age: 2, Mean: row.Mean}
		near(t, "likelihood", s.LogLikelihood(b), row.LogLikelihood, 1e-12)
		near(t, "expect", s.Expect(b), row.Expect, 1e-12)
	}
}

// TestPublished holds the CDNOW parameters of Fader, Hardie and Lee (2005)
// against the numbers printed in the paper and in Hardie's worksheet of it.
func TestPublished(t *testing.T) {
	p := Process{0.2426, 4.4136, 0.7929, 2.4259}
	if got := p.Expect(Buyer{Repeat: 2, Recency: 30.43, Age: 38.86}, 39); math.Abs(got-1.226) > 0.0005 {
		t.Errorf("the buyer of the paper orders %.4f times in 39 weeks, want 1.226", got)
	}
	for time, want := range map[float64]float64{0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437, 78: 1.8576} {
		if got := p.ExpectNew(time); math.Abs(got-want) > 0.0005 {
			t.Errorf("a new buyer orders %.4f times in %v weeks, want %.4f", got, time, want)
		}
	}
	// Fader and Hardie (2013), section 5: E(M) of the gamma-gamma for CDNOW.
	s := Spend{6.25, 3.74, 15.44}
	if got := s.Mean(); math.Abs(got-35.2) > 0.1 {
		t.Errorf("all buyers pay %.2f, want about 35.2", got)
	}
	if got := s.Expect(Buyer{}); math.Abs(got-s.Mean()) > 1e-12 {
		t.Errorf("a buyer nobody knows pays %v, want the mean %v", got, s.Mean())
	}
}

func crowd(t *testing.T) (buyers []Buyer, g golden) {
	t.Helper()
	g = readGolden(t)
	for _, c := range g.Crowd {
		buyers = append(buyers, Buyer{Repeat: int(c[0]), Recency: c[1], Age: c[2], Mean: c[3]})
	}
	return buyers, g
}

func TestFitGolden(t *testing.T) {
	buyers, g := crowd(t)
	p, f, err := Fit(buyers)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range []float64{p.R, p.Alpha, p.A, p.B} {
		near(t, "parameter", got, g.Fit.Params[i], 1e-9)
		near(t, "standard error", f.Errors[i], g.Fit.Errors[i], 1e-6)
	}
	near(t, "likelihood", f.LogLikelihood, g.Fit.LogLikelihood, 1e-12)
	s, f, err := FitSpend(buyers)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range []float64{s.P, s.Q, s.Gamma} {
		near(t, "parameter of spend", got, g.FitSpend.Params[i], 1e-9)
		near(t, "standard error of spend", f.Errors[i], g.FitSpend.Errors[i], 1e-6)
	}
	near(t, "likelihood of spend", f.LogLikelihood, g.FitSpend.LogLikelihood, 1e-12)
}
