package analytics

import (
	"slices"

	"showrunner/live"
)

// Target is what a merchant wants of a main figure: a count in Num, or a rate by
// its two parts, in the unit of the metric.
type Target struct {
	Metric   string
	Num, Den int64
}

// CheckTarget refuses what no show can be held against: a metric that is none of
// [BenchmarkKeys], a rate without a denominator, a count with one.
func CheckTarget(t Target) error {
	if !slices.Contains(BenchmarkKeys, t.Metric) {
		return live.Invalid("unknown_metric", "metric", "%q is not a figure that targets are declared for", t.Metric)
	}
	switch rate := byKey[t.Metric].IsRate(); {
	case t.Num < 0 || t.Num > live.MaxMinor:
		return live.Invalid("invalid_field", "numerator", "must be 0 to %d", int64(live.MaxMinor))
	case rate && (t.Den <= 0 || t.Den > live.MaxMinor):
		return live.Invalid("invalid_field", "denominator", "%s is a rate: must be 1 to %d", t.Metric, int64(live.MaxMinor))
	case !rate && t.Den != 0:
		return live.Invalid("invalid_field", "denominator", "%s is no rate: must be 0", t.Metric)
	}
	return nil
}
