package report

import (
	"math/big"
	"strings"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// printer writes numbers and times for people: money in the show's currency,
// instants in the show's time zone.
type printer struct {
	english  bool
	currency live.Currency
	zone     *time.Location
}

func newPrinter(r *analytics.Report, lang string) (printer, error) {
	p := printer{currency: r.Show.Currency, zone: zoneOf(r.Show.TimeZone)}
	switch lang {
	case "", "zh-CN":
	case "en":
		p.english = true
	default:
		return p, live.Invalid("unknown_language", "lang", "must be zh-CN or en")
	}
	return p, nil
}

func (p *printer) lang() string {
	if p.english {
		return "en"
	}
	return "zh-CN"
}

// at prints an instant with its zone.
func (p *printer) at(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(p.zone).Format("2006-01-02 15:04:05 ") + p.zone.String()
}

// clock prints the time of day.
func (p *printer) clock(t time.Time, layout string) string { return t.In(p.zone).Format(layout) }

// count prints an integer with thousands apart.
func count(n int64) string { return group(big.NewInt(n).String()) }

// money prints minor units as an amount, without the currency.
func money(minor int64, c live.Currency) string { return fixed(big.NewInt(minor), c.Exponent()) }

// fixed prints n / 10^digits.
func fixed(n *big.Int, digits int) string {
	s := new(big.Int).Abs(n).String()
	if len(s) <= digits {
		s = strings.Repeat("0", digits-len(s)+1) + s
	}
	out := group(s[:len(s)-digits])
	if digits > 0 {
		out += "." + s[len(s)-digits:]
	}
	if n.Sign() < 0 {
		out = "-" + out
	}
	return out
}

func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// quotient is num x 10^digits / den, rounded half away from zero. den is positive.
func quotient(num, den int64, digits int) *big.Int {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n.Mul(n, big.NewInt(num)).Mul(n, big.NewInt(2))
	half := big.NewInt(den)
	if num < 0 {
		half.Neg(half)
	}
	return n.Add(n, half).Quo(n, big.NewInt(2*den))
}

// rate prints a fraction in its unit: a percentage, money, a duration or a mean.
func (p *printer) rate(unit analytics.Unit, num, den int64) string {
	if den <= 0 {
		return "–"
	}
	switch unit {
	case analytics.UnitRatio:
		return fixed(quotient(num, den, 4), 2) + "%"
	case analytics.UnitMinor:
		return fixed(quotient(num, den, 0), p.currency.Exponent())
	case analytics.UnitMS:
		return duration(quotient(num, den, 0).Int64())
	}
	return fixed(quotient(num, den, 1), 1)
}

// number prints a plain figure in its unit.
func (p *printer) number(unit analytics.Unit, n int64) string {
	switch unit {
	case analytics.UnitMinor:
		return money(n, p.currency)
	case analytics.UnitMS:
		return duration(n)
	}
	return count(n)
}

// duration prints milliseconds as h:mm:ss or m:ss.
func duration(ms int64) string {
	s := (ms + 500) / 1000
	two := func(n int64) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	if s >= 3600 {
		return count(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return count(s/60) + ":" + two(s%60)
}

// value prints a metric.
func (p *printer) value(v analytics.Value) string {
	if v.Metric.IsRate() {
		return p.rate(v.Metric.Unit, v.Num, v.Den)
	}
	return p.number(v.Metric.Unit, v.Num)
}

// define says what a metric is, for a tooltip.
func define(v analytics.Value) string {
	m := v.Metric
	s := m.ZH + " · " + m.EN + " (" + m.Key + ") = " + m.Formula
	if m.IsRate() {
		s += " = " + count(v.Num) + " / " + count(v.Den)
	}
	if m.Source != "" {
		s += " [" + m.Source + "]"
	}
	return s
}
