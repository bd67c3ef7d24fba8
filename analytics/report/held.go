package report

import (
	"showrunner/analytics"
)

// benchmarkRow is a main figure beside those of own shows.
type benchmarkRow struct {
	ZH, EN, Text, Median, Percentile, Target, Tip string
}

// worstRow is a figure that fell short.
type worstRow struct {
	ZH, EN, Text, Reference, Against, Suggestion, Evidence, Tip string
}

// held is a main figure beside those of own shows, or nil.
func (x *page) held(key string) *analytics.Benchmark {
	for i := range x.R.Held {
		if b := &x.R.Held[i]; b.Metric.Key == key {
			return b
		}
	}
	return nil
}

// above says how many of the own shows had less.
func (p *printer) above(b *analytics.Benchmark) string {
	return p.say(phrase{"高于", "above"}) + " " + count(b.Lower) + "/" + count(b.Shows)
}

// target prints what a merchant declared.
func (p *printer) target(m *analytics.Metric, t *analytics.Target) string {
	if t == nil {
		return "–"
	}
	return p.value(analytics.Value{Metric: m, Num: t.Num, Den: t.Den})
}

// against are the words for what a figure is held against.
var against = map[string]phrase{
	analytics.AgainstTarget: {"目标", "target"},
	analytics.AgainstMedian: {"中位数", "median"},
}

// benchmarks prints what the figures are held against, and the worst of them.
func (x *page) benchmarks() {
	pick := func(zh, en string) string {
		if x.p.english {
			return en
		}
		return zh
	}
	if rows := x.R.Basis.Rows; len(rows) > 0 {
		x.Basis = pick(rows[0][x.R.Basis.Column("note_zh")].Text, rows[0][x.R.Basis.Column("note_en")].Text)
	}
	for i := range x.R.Held {
		b := &x.R.Held[i]
		row := benchmarkRow{ZH: b.Metric.ZH, EN: b.Metric.EN, Text: x.p.value(b.Value), Median: "–", Percentile: "–", Target: x.p.target(b.Metric, b.Target), Tip: define(b.Value)}
		if b.Shows > 0 {
			row.Median, row.Percentile = x.p.value(b.Median), x.p.rate(analytics.UnitRatio, b.Lower, b.Shows)+" ("+count(b.Lower)+"/"+count(b.Shows)+")"
		}
		x.Compared = x.Compared || b.Shows > 0 || b.Target != nil
		x.Benchmarks = append(x.Benchmarks, row)
	}
	for _, f := range x.R.Found {
		x.Worst = append(x.Worst, worstRow{
			ZH: f.Metric.ZH, EN: f.Metric.EN, Text: x.p.value(f.Value), Reference: x.p.value(f.Reference), Against: x.p.say(against[f.Against]),
			Suggestion: pick(f.Suggestion.ZH, f.Suggestion.EN), Evidence: pick(f.Evidence.ZH, f.Evidence.EN), Tip: define(f.Value),
		})
	}
}
