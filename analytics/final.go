package analytics

import (
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// FinalDays is how many days after its end the figures of a show are final:
// platforms update theirs for thirty days, and the longest window that is
// reported is T30.
const FinalDays = 30

// FinalAt is when the figures of a show become final: thirty times 24 hours
// after its end, whatever its calendar says. Zero if it has not ended.
func FinalAt(show live.Show) time.Time {
	if show.EndedAt.IsZero() {
		return time.Time{}
	}
	return show.EndedAt.Add(FinalDays * 24 * time.Hour)
}

// Frozen is the instant as of which a report asked for at asOf is made: asOf
// itself while the figures are provisional, and the instant at which they
// became final from then on. Facts taken in later change nothing of it.
func Frozen(show live.Show, asOf time.Time) (at time.Time, final bool) {
	if end := FinalAt(show); !end.IsZero() && !asOf.Before(end) {
		return end, true
	}
	return asOf, false
}

// Correction is what facts that came after a figure was final would have made
// of it. The final figure stays as it was printed.
type Correction struct {
	Currency   live.Currency
	Metric     *Metric
	Final, Now int64
}

// Corrections are the order metrics that are no rates and differ between the
// final figures and those of now, by currency and then in the order of the
// dictionary.
func Corrections(final, now *Figures) []Correction {
	seen := map[live.Currency]bool{}
	for _, f := range []*Figures{final, now} {
		for i := range f.Money {
			seen[f.Money[i].Currency] = true
		}
	}
	var out []Correction
	for _, c := range slices.Sorted(maps.Keys(seen)) {
		then, later := Read(final, c, -1), Read(now, c, -1)
		for _, key := range currencyKeys {
			m := byKey[key]
			if m.IsRate() {
				continue
			}
			if a, b := m.Num(then), m.Num(later); a != b {
				out = append(out, Correction{c, m, a, b})
			}
		}
	}
	return out
}
