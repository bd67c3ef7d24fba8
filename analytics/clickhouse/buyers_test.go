package clickhouse

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
	"showrunner/live"
)

// TestBuyers holds RFM and the rows of lifetime against the fold in memory.
func TestBuyers(t *testing.T) {
	n := cases(t, 15)
	db, by := villages(t, server.HTTPURL(), n)
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	var buyers, repeaters int
	for _, m := range slices.Sorted(maps.Keys(by)) {
		s := scopes(t, rng, m, by[m])
		h := historyOf(t, s, by[m])
		from := s.Today() - conversion.Day(20+rng.IntN(60))
		q := conversion.BuyerQuestion{Scope: s, Currency: []live.Currency{"CNY", "EUR"}[rng.IntN(2)], From: from, Until: from + conversion.Day(20+rng.IntN(80))}
		var want []conversion.Scored
		spenders := h.Spenders(q)
		for i, score := range conversion.Scores(spenders) {
			want = append(want, conversion.Scored{Spender: spenders[i], Score: score})
		}
		got, err := db.Scored(t.Context(), q, "", "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%+v: -fold +clickhouse\n%s", q, d)
		}
		segments, err := db.Segments(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(conversion.SumSegments(want), segments); d != "" {
			t.Fatalf("%+v: -fold +clickhouse\n%s", q, d)
		}
		// Page by page, one segment after the other, everybody comes once.
		paged := 0
		for _, segment := range conversion.Segments {
			for after := live.PersonID(""); ; {
				page, err := db.Scored(t.Context(), q, segment, after, 2)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range page {
					if b.Segment() != segment || !slices.Contains(want, b) {
						t.Fatalf("%+v stands in %s", b, segment)
					}
				}
				if paged += len(page); len(page) < 2 {
					break
				}
				after = page[1].Person
			}
		}
		if paged != len(want) {
			t.Fatalf("%d buyers on pages, want %d", paged, len(want))
		}
		again, err := db.Repeaters(t.Context(), q, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(h.Repeaters(q), again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%+v: -fold +clickhouse\n%s", q, d)
		}
		buyers += len(got)
		for _, r := range again {
			if r.Repeat > 0 {
				repeaters++
			}
		}
		currencies, err := db.Currencies(t.Context(), s)
		if err != nil || !slices.Equal(currencies, h.Currencies()) {
			t.Fatalf("currencies %v: %v", currencies, err)
		}
	}
	if buyers < n/2 || repeaters == 0 {
		t.Errorf("%d buyers and %d who came back: the test sees nothing", buyers, repeaters)
	}
}
