package clickhouse

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
)

// TestRetention holds every table and rate of the database against the fold of
// the same facts in memory, on random merchants over changes of the clocks.
func TestRetention(t *testing.T) {
	n := cases(t, 20)
	db, by := villages(t, server.URL(), n)
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	var back, of, retained, arrivals, repeat, first, showBack int64
	for _, m := range slices.Sorted(maps.Keys(by)) {
		s := scopes(t, rng, m, by[m])
		h := historyOf(t, s, by[m])
		for _, key := range []conversion.CohortBy{conversion.ByPeriod, conversion.ByShow, conversion.ByChannel, conversion.ByAgent} {
			from := s.Today() - conversion.Day(rng.IntN(70))
			q := conversion.CohortQuestion{
				Scope: s, By: key, Act: []conversion.CohortAct{conversion.ActView, conversion.ActOrder}[rng.IntN(2)],
				Period:  []conversion.Period{conversion.PeriodDay, conversion.PeriodWeek, conversion.PeriodMonth}[rng.IntN(3)],
				OrAfter: rng.IntN(2) == 0, Periods: rng.IntN(9), From: from, Until: from + conversion.Day(rng.IntN(80)),
			}
			got, err := db.Cohorts(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			want := h.Cohorts(q)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%+v: -fold +clickhouse\n%s", q, d)
			}
			for _, c := range got.All.Cells[1:] {
				of, back = of+c.Of, back+c.Back
			}
		}
		from := s.Today() - conversion.Day(20+rng.IntN(60))
		q := conversion.RateQuestion{Scope: s, From: from, Until: from + conversion.Day(20+rng.IntN(60)), Days: 1 + rng.IntN(30), Next: 1 + rng.IntN(3)}
		got, err := db.Rates(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		want := h.Rates(q)
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%+v: -fold +clickhouse\n%s", q, d)
		}
		retained, arrivals, repeat, first = retained+got.Retained, arrivals+got.Arrivals, repeat+got.RepeatBuyers, first+got.FirstBuyers
		b, _ := conversion.SumReturns(got.Shows)
		showBack += b
	}
	// The random merchants must reach what is counted.
	for name, rate := range map[string][2]int64{"cohorts": {back, of}, "retained": {retained, arrivals}, "repeat": {repeat, first}, "shows": {showBack, showBack + 1}} {
		if rate[0] < int64(n)/6 || rate[0] >= rate[1] {
			t.Errorf("%s: %d of %d, the test sees nothing", name, rate[0], rate[1])
		}
	}
}
