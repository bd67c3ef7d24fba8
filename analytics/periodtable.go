package analytics

import (
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// Axes of a comparison of periods. They answer different questions: a refund of
// last week's show is money of this week on the one and of last week on the other.
const (
	AxisMoved   = "moved"   // by when the money moved, by the server's clock
	AxisStarted = "started" // by the shows that started in the period, whenever it happened
)

// What can be said of the change of a figure.
const (
	ChangeRose     = "rose"             // the whole interval is above 0
	ChangeFell     = "fell"             // the whole interval is below 0
	ChangeNotShown = "no_change_shown"  // the interval holds 0
	ChangeTooSmall = "sample_too_small" // of so few that it says nothing
	ChangeNoRange  = "no_interval"      // enough of them, but no share of independent cases: there is no interval
)

const (
	// ShareLeastCases is how many cases both sides of a share need each: below, an
	// interval is as wide as what is to be found.
	ShareLeastCases = 30
	// ShareLeast is how many of both sides together must have done what is counted.
	ShareLeast = 5
)

// shares are the rates whose numerator is a part of their denominator, case by
// case: those have an interval.
var shares = []string{
	"watch_over_1m_rate", "comment_rate_uv", "like_rate_uv", "follow_rate", "interact_rate", "create_per_click", "pay_per_create", "view_to_pay",
	"unpaid_rate", "cancel_rate_user", "cancel_rate_timeout", "cancel_rate_all_refunded", "cancel_rate_oversold", "cancel_rate_merchant", "cancel_rate_risk",
	"coupon_claim_rate", "draw_entry_rate", "prize_claim_rate",
}

// PeriodComparison is two periods side by side.
type PeriodComparison struct {
	AsOf     time.Time
	Complete bool // every fact received until AsOf is in
	Period   PeriodSide
	Against  PeriodSide
}

// sides are the two by their names.
func (c *PeriodComparison) sides() map[string]*PeriodSide {
	return map[string]*PeriodSide{"period": &c.Period, "against": &c.Against}
}

// Table holds every figure that the two periods have against each other: those of
// orders by when they moved, then all of them by the shows, each once for each
// currency where it is of one.
func (c *PeriodComparison) Table() Table {
	t := Table{Columns: []Column{
		{Key: "axis", ZH: "口径", EN: "axis", Unit: UnitText, Formula: "moved: by when the money moved; started: by the shows that started in the period"},
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText, Formula: "empty: of what has none"},
		{Key: "key", ZH: "指标", EN: "key", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		{Key: "unit", ZH: "单位", EN: "unit", Unit: UnitText},
		{Key: "numerator", ZH: "分子", EN: "value or numerator", Unit: UnitCount},
		{Key: "denominator", ZH: "分母", EN: "denominator", Unit: UnitCount, Formula: "0 of what is no rate"},
		{Key: "against_numerator", ZH: "对比期(分子)", EN: "against, value or numerator", Unit: UnitCount},
		{Key: "against_denominator", ZH: "对比期(分母)", EN: "against, denominator", Unit: UnitCount, Formula: "0 of what is no rate"},
		{Key: "difference", ZH: "差值", EN: "difference", Unit: UnitRatio, Rate: true, Formula: "period - against, as an exact fraction; denominator 0 where one of the two has nothing to divide by"},
		{Key: "change", ZH: "变化率", EN: "change", Unit: UnitRatio, Rate: true, Formula: "(period - against) / against, as an exact fraction; denominator 0 where against is nothing"},
		{Key: "difference_low", ZH: "差值下限", EN: "difference, low", Unit: UnitRatio, Rate: true, Formula: "95 % interval of the difference of two shares, method 10 of Newcombe 1998, in millionths, rounded outwards; denominator 0 of what is no share"},
		{Key: "difference_high", ZH: "差值上限", EN: "difference, high", Unit: UnitRatio, Rate: true, Formula: "likewise"},
		{Key: "sample", ZH: "样本", EN: "sample", Unit: UnitCount, Formula: "of a share the cases of the smaller side; else what both sides hold together: paid orders of money, gifts of their value, the count itself, the numerator of a rate, the denominator of a mean"},
		{Key: "outcome", ZH: "结论", EN: "outcome", Unit: UnitText, Formula: "rose or fell: the whole interval is on one side of 0; no_change_shown: it holds 0; sample_too_small: a share of fewer than 30 cases on a side or with fewer than 5 of both, anything else of fewer than 36; no_interval: what is no share"},
	}}
	currencies := map[live.Currency]bool{}
	for _, s := range c.sides() {
		for i := range s.Shows {
			currencies[s.Shows[i].Currency] = true
		}
		for _, list := range [][]Money{s.Moved, s.Started.Money} {
			for i := range list {
				currencies[list[i].Currency] = true
			}
		}
		for i := range s.Started.Benefits.Money {
			currencies[s.Started.Benefits.Money[i].Currency] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(currencies))
	for _, currency := range sorted {
		now, then := Figures{Money: c.Period.Moved}, Figures{Money: c.Against.Moved}
		t.compare(AxisMoved, currency, &now, &then, func(m *Metric) bool { return ofBook[m.Key] })
	}
	t.compare(AxisStarted, "", &c.Period.Started, &c.Against.Started, func(m *Metric) bool { return !m.Money && !ofMoney[m.Key] })
	for _, currency := range sorted {
		now, then := c.Period.Started, c.Against.Started
		now.Traffic.GiftValue, then.Traffic.GiftValue = c.Period.Gifts[currency], c.Against.Gifts[currency]
		t.compare(AxisStarted, currency, &now, &then, func(m *Metric) bool { return m.Money || ofMoney[m.Key] })
	}
	return t
}

// compare adds the figures of one axis in one currency.
func (t *Table) compare(axis string, currency live.Currency, now, then *Figures, wanted func(*Metric) bool) {
	a, b := Read(now, currency, -1), Read(then, currency, -1)
	for i := range Metrics {
		m := &Metrics[i]
		if !wanted(m) || m.Key == "online_now" {
			continue
		}
		v, was := m.Of(a), m.Of(b)
		difference, change := Cell{}, Cell{}
		if v.told() && was.told() {
			d := new(big.Rat).Sub(v.rat(), was.rat())
			difference = ratCell(d)
			if was.rat().Sign() != 0 {
				change = ratCell(new(big.Rat).Quo(d, was.rat()))
			}
		}
		x := weigh(axis, v, was, a, b)
		t.Rows = append(t.Rows, []Cell{
			textCell(axis), textCell(string(currency)), textCell(m.Key), textCell(m.ZH), textCell(m.EN), textCell(string(m.Unit)),
			numCell(v.Num), numCell(v.Den), numCell(was.Num), numCell(was.Den), difference, change, x.low, x.high, numCell(x.sample), textCell(x.outcome),
		})
	}
}

// weighed is what the numbers behind a change are good for.
type weighed struct {
	low, high Cell
	sample    int64
	outcome   string
}

// weigh says whether a change is more than chance.
func weigh(axis string, v, was Value, a, b *Reading) weighed {
	m := v.Metric
	now, then := conversion.Share{Of: v.Num, All: v.Den}, conversion.Share{Of: was.Num, All: was.Den}
	if axis == AxisStarted && slices.Contains(shares, m.Key) && within(now) && within(then) {
		x := weighed{sample: min(now.All, then.All), outcome: ChangeNotShown}
		low, high := conversion.Newcombe(then, now)
		switch {
		case x.sample < ShareLeastCases || now.Of+then.Of < ShareLeast:
			x.outcome = ChangeTooSmall
		case high < 0:
			x.outcome = ChangeFell
		case low > 0:
			x.outcome = ChangeRose
		}
		if x.sample > 0 {
			x.low, x.high = rateCell(int64(math.Floor(low*1e6)), 1e6), rateCell(int64(math.Ceil(high*1e6)), 1e6)
		}
		return x
	}
	x := weighed{outcome: ChangeNoRange}
	switch {
	case m.Money && !ofMoney[m.Key]:
		x.sample = a.Figures.Traffic.GiftCount + b.Figures.Traffic.GiftCount
	case m.Money:
		x.sample = a.Money.OrdersPaid + b.Money.OrdersPaid
	case m.IsRate() && m.Unit != UnitRatio:
		x.sample = v.Den + was.Den
	default:
		x.sample = v.Num + was.Num
	}
	if x.sample < RecentLeast {
		x.outcome = ChangeTooSmall
	}
	return x
}

// within is true of a share: what did is a part of what could.
func within(s conversion.Share) bool { return s.Of >= 0 && s.Of <= s.All }

// ofBook are the metrics that are made of sums and persons of the order book
// alone: those can be told by when the money moved. What goes by the day of
// payment, or reads behaviour or gifts, cannot.
var ofBook = func() map[string]bool {
	base := func() *Reading { return Read(&Figures{}, "", -1) }
	varied := func(change func(*Reading)) *Reading {
		r := base()
		change(r)
		return r
	}
	others := []*Reading{
		varied(func(r *Reading) { fillInts(reflect.ValueOf(&r.Figures.Traffic).Elem()) }),
		varied(func(r *Reading) { fillInts(reflect.ValueOf(&r.Figures.Benefits).Elem()) }),
		varied(func(r *Reading) { fillInts(reflect.ValueOf(&r.Gifts).Elem()) }),
		varied(func(r *Reading) { r.Figures.Bots = 7 }),
	}
	full := varied(func(r *Reading) { fillInts(reflect.ValueOf(&r.Money).Elem()) })
	paidAt := varied(func(r *Reading) {
		fillInts(reflect.ValueOf(&r.Money).Elem())
		r.Money.RefundsOfPayDate, r.Money.GoodsOfPayDate = 0, 0
	})
	out := map[string]bool{}
	for i := range Metrics {
		m := &Metrics[i]
		differs := func(a, b *Reading) bool { return m.Num(a) != m.Num(b) || m.Den != nil && m.Den(a) != m.Den(b) }
		out[m.Key] = ofMoney[m.Key] && !differs(full, paidAt) && !slices.ContainsFunc(others, func(r *Reading) bool { return differs(base(), r) })
	}
	return out
}()

// fillInts gives every number of a struct another value.
func fillInts(v reflect.Value) {
	n := int64(1)
	var fill func(reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Int64:
			n *= 2
			v.SetInt(n % 1_000_003)
		case reflect.Struct:
			for _, f := range v.Fields() {
				fill(f)
			}
		default: // The currency, and lists by currency.
		}
	}
	fill(v)
}
