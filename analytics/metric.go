package analytics

import (
	"encoding/json"
	"strconv"

	"showrunner/live"
)

// Unit says what a metric counts.
type Unit string

// Units. A ratio is a plain fraction; 0.25 is 25 %.
const (
	UnitCount   Unit = "count"
	UnitPersons Unit = "persons"
	UnitMS      Unit = "ms"
	UnitMinor   Unit = "minor" // minor units of the currency
	UnitRatio   Unit = "ratio"
)

// Reading is what metrics are computed from: the figures of a show seen in one
// currency at one instant. Sums over orders (count, persons and money) are those
// of that currency; currencies never meet in one number.
type Reading struct {
	Figures *Figures
	Money   Money        // the currency's row of Figures, zero if there is none
	Gifts   BenefitMoney // likewise
	// Online is online_now; negative if it is not known, and then left out.
	Online int64
}

// Read makes the reading of figures in one currency. online is negative if it
// is not known.
func Read(f *Figures, currency live.Currency, online int64) *Reading {
	r := &Reading{Figures: f, Money: Money{Currency: currency}, Online: online}
	for i := range f.Money {
		if f.Money[i].Currency == currency {
			r.Money = f.Money[i]
		}
	}
	for i := range f.Benefits.Money {
		if f.Benefits.Money[i].Currency == currency {
			r.Gifts = f.Benefits.Money[i]
		}
	}
	return r
}

// Metric is one row of the dictionary [Metrics].
type Metric struct {
	Key     string
	ZH, EN  string // names for people
	Unit    Unit
	Formula string // in words, for people who doubt the number
	Source  string // where the definition comes from
	// Money marks what roles without the right to see money must not get:
	// amounts, and ratios whose parts are amounts.
	Money bool
	Num   func(*Reading) int64
	// Den is nil for a count. A rate with a zero denominator has no value.
	Den func(*Reading) int64
}

// IsRate reports whether the metric is a fraction.
func (m *Metric) IsRate() bool { return m.Den != nil }

// Of computes the metric.
func (m *Metric) Of(r *Reading) Value {
	v := Value{Metric: m, Num: m.Num(r)}
	if m.Den != nil {
		v.Den = m.Den(r)
	}
	return v
}

// Lookup finds a metric by its key.
func Lookup(key string) (*Metric, bool) {
	m, ok := byKey[key]
	return m, ok
}

var byKey = func() map[string]*Metric {
	m := make(map[string]*Metric, len(Metrics))
	for i := range Metrics {
		m[Metrics[i].Key] = &Metrics[i]
	}
	return m
}()

// Value is a metric with its number.
type Value struct {
	Metric   *Metric
	Num, Den int64 // Den is 0 for a count
}

// MarshalJSON writes a count as an integer and a rate as [Rate] does.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Metric.IsRate() {
		return strconv.AppendInt(nil, v.Num, 10), nil
	}
	return Rate{v.Num, v.Den}.MarshalJSON()
}

// Values are metrics in the order of the dictionary.
type Values []Value

// Values computes every metric of the reading, in the order of the dictionary;
// without money those that roles without the right may see. online_now is left
// out when it is not known.
func (r *Reading) Values(money bool) Values {
	vs := make(Values, 0, len(Metrics))
	for i := range Metrics {
		m := &Metrics[i]
		if m.Money && !money || m.Key == "online_now" && r.Online < 0 {
			continue
		}
		vs = append(vs, m.Of(r))
	}
	return vs
}

// Get finds a value by its metric's key.
func (vs Values) Get(key string) (Value, bool) {
	for _, v := range vs {
		if v.Metric.Key == key {
			return v, true
		}
	}
	return Value{}, false
}

// WithoutMoney returns the values that roles without the right to money may see.
func (vs Values) WithoutMoney() Values {
	kept := make(Values, 0, len(vs))
	for _, v := range vs {
		if !v.Metric.Money {
			kept = append(kept, v)
		}
	}
	return kept
}

// MarshalJSON writes one flat object, keys in the order of the dictionary.
func (vs Values) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, v.Metric.Key)
		b = append(b, ':')
		n, err := v.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(b, n...)
	}
	return append(b, '}'), nil
}

// Rate is a fraction that keeps its parts, so that rates are never averaged.
type Rate struct {
	Num, Den int64
}

// Value is the quotient and true, or false when there is nothing to divide by.
func (r Rate) Value() (float64, bool) {
	if r.Den == 0 {
		return 0, false
	}
	return float64(r.Num) / float64(r.Den), true
}

// MarshalJSON writes {"numerator":n,"denominator":d,"value":x}; x is null for a
// zero denominator. The quotient of two integers is one correctly rounded IEEE
// 754 division, so every reader that divides for itself gets the same value.
func (r Rate) MarshalJSON() ([]byte, error) {
	b := append([]byte(nil), `{"numerator":`...)
	b = strconv.AppendInt(b, r.Num, 10)
	b = append(b, `,"denominator":`...)
	b = strconv.AppendInt(b, r.Den, 10)
	b = append(b, `,"value":`...)
	x, ok := r.Value()
	if !ok {
		return append(b, `null}`...), nil
	}
	v, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	return append(append(b, v...), '}'), nil
}
