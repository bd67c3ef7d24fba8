package analytics

import (
	"maps"
	"math/big"
	"reflect"
	"slices"
	"time"

	"showrunner/live"
)

// MaxCompared bounds the shows that stand side by side.
const MaxCompared = 10

// ComparisonFormats are the formats of a comparison.
var ComparisonFormats = []string{"json", "html", "csv", "xlsx"}

// Compared is one show of a comparison: its figures as of Figures.AsOf, which is
// the instant of the comparison or, where they were final before, that one.
type Compared struct {
	Show    live.Show
	Figures Figures
	Final   bool
}

// Comparison is the same figures of several shows side by side, each beside that of
// the first one.
type Comparison struct {
	AsOf     time.Time
	Complete bool // every fact received until AsOf is in
	Sides    []Compared
	Table    Table
}

// Compare puts shows side by side. Figures of money and orders stand once for each
// currency that any of the shows has, all others once.
func Compare(asOf time.Time, complete bool, sides []Compared) Comparison {
	c := Comparison{AsOf: asOf, Complete: complete, Sides: sides, Table: Table{Columns: []Column{
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText, Formula: "empty: of what has none"},
		{Key: "key", ZH: "指标", EN: "key", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		{Key: "unit", ZH: "单位", EN: "unit", Unit: UnitText},
		{Key: "show_id", ZH: "场次", EN: "show", Unit: UnitText},
		{Key: "numerator", ZH: "分子", EN: "value or numerator", Unit: UnitCount},
		{Key: "denominator", ZH: "分母", EN: "denominator", Unit: UnitCount, Formula: "0 of what is no rate"},
		{Key: "difference", ZH: "差值", EN: "difference", Unit: UnitRatio, Rate: true, Formula: "figure - that of the first show, as an exact fraction; denominator 0 where one of the two has nothing to divide by"},
		{Key: "ratio", ZH: "倍数", EN: "ratio", Unit: UnitRatio, Rate: true, Formula: "figure / that of the first show, as an exact fraction; denominator 0 where that is nothing"},
	}}}
	currencies := map[live.Currency]bool{}
	for i := range sides {
		currencies[sides[i].Show.Currency] = true
		for _, m := range sides[i].Figures.Money {
			currencies[m.Currency] = true
		}
		for _, m := range sides[i].Figures.Benefits.Money {
			currencies[m.Currency] = true
		}
	}
	c.add("", func(m *Metric) bool { return !m.Money && !ofMoney[m.Key] })
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		c.add(currency, func(m *Metric) bool { return m.Money || ofMoney[m.Key] })
	}
	return c
}

// add adds the figures in one currency.
func (c *Comparison) add(currency live.Currency, wanted func(*Metric) bool) {
	for i := range Metrics {
		m := &Metrics[i]
		if !wanted(m) || m.Key == "online_now" {
			continue
		}
		var first Value
		for n := range c.Sides {
			s := &c.Sides[n]
			v := Value{Metric: m}
			// What a platform says in the show's currency is of no other.
			if r := Read(&s.Figures, currency, -1); ofMoney[m.Key] || !m.Money || s.Show.Currency == currency {
				v = m.Of(r)
			}
			if n == 0 {
				first = v
			}
			difference, ratio := v.beside(first)
			c.Table.Rows = append(c.Table.Rows, []Cell{
				textCell(string(currency)), textCell(m.Key), textCell(m.ZH), textCell(m.EN), textCell(string(m.Unit)), textCell(string(s.Show.ID)),
				numCell(v.Num), numCell(v.Den), difference, ratio,
			})
		}
	}
}

// beside is the exact difference and ratio of two values of one metric. What
// cannot be told has the denominator 0.
func (v Value) beside(first Value) (difference, ratio Cell) {
	if !v.told() || !first.told() {
		return Cell{}, Cell{}
	}
	a, b := v.rat(), first.rat()
	difference = ratCell(new(big.Rat).Sub(a, b))
	if b.Sign() != 0 {
		ratio = ratCell(new(big.Rat).Quo(a, b))
	}
	return difference, ratio
}

// ratCell is a fraction in lowest terms; one whose parts are too large for a cell
// is not told.
func ratCell(r *big.Rat) Cell {
	if !r.Num().IsInt64() || !r.Denom().IsInt64() {
		return Cell{}
	}
	return rateCell(r.Num().Int64(), r.Denom().Int64())
}

// OfCurrency reports whether a metric is of the orders or gifts of one currency:
// of a show that sold in several it has another value in each.
func (m *Metric) OfCurrency() bool { return ofMoney[m.Key] }

// ofMoney are the metrics that read the orders or gifts of one currency, found by
// asking each of a reading in which all of those are different numbers.
var ofMoney = func() map[string]bool {
	none, some := Read(&Figures{}, "", -1), Read(&Figures{}, "", -1)
	fillInts(reflect.ValueOf(&some.Money).Elem())
	fillInts(reflect.ValueOf(&some.Gifts).Elem())
	out := map[string]bool{}
	for i := range Metrics {
		m := &Metrics[i]
		out[m.Key] = m.Num(none) != m.Num(some) || m.Den != nil && m.Den(none) != m.Den(some)
	}
	return out
}()
