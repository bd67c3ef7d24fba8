package lifetime

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Outlook is what is expected of one buyer.
type Outlook struct {
	Index  int // of the buyer among those forecast
	Alive  float64
	Orders float64 // repeat days within the time asked about
	Each   float64 // money of such a day; not a number when no model of money holds
	Value  float64 // Orders times Each
}

// Forecast is both models fitted to the same buyers, and what follows.
type Forecast struct {
	Process     Process
	Fitted      Fitted
	Spend       Spend
	SpendFitted Fitted
	// SpendErr is why there is no model of money, nil if there is one.
	SpendErr    error
	Calibration []Bin
	Outlooks    []Outlook // by value, then orders, highest first, then by index
}

// calibrationBins are 0 to 6 repeat orders, and 7 or more.
const calibrationBins = 8

// errNoMean is that buyers nobody knows yet would pay without bound.
var errNoMean = errors.New("the mean payment is infinite: q is not above 1")

// Look fits the models and tells what to expect of every buyer in the time that
// follows. The error is that of [Fit]; that of [FitSpend] only costs the money.
func Look(buyers []Buyer, time float64) (*Forecast, error) {
	f := &Forecast{Outlooks: make([]Outlook, len(buyers))}
	var err error
	if f.Process, f.Fitted, err = Fit(buyers); err != nil {
		return nil, err
	}
	f.Calibration = Calibrate(f.Process, buyers, calibrationBins)
	f.Spend, f.SpendFitted, f.SpendErr = FitSpend(buyers)
	if f.SpendErr == nil && f.Spend.Q <= 1 {
		f.SpendErr = errNoMean
	}
	type history struct {
		repeat       int
		recency, age float64
	}
	known := map[history]Outlook{} // most buyers share theirs with others
	for i := range buyers {
		b := buyers[i]
		k := history{b.Repeat, b.Recency, b.Age}
		o, ok := known[k]
		if !ok {
			o = Outlook{Alive: f.Process.Alive(b), Orders: f.Process.Expect(b, time)}
			known[k] = o
		}
		o.Index, o.Each = i, math.NaN()
		if f.SpendErr == nil {
			if b.Mean <= 0 {
				b.Repeat, b.Mean = 0, 0 // The model of money knows nothing of them.
			}
			o.Each = f.Spend.Expect(b)
		}
		o.Value = o.Orders * o.Each
		f.Outlooks[i] = o
	}
	slices.SortStableFunc(f.Outlooks, func(a, b Outlook) int { return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(b.Orders, a.Orders)) })
	return f, nil
}
