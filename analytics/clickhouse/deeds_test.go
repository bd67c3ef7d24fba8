package clickhouse

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// TestDeeds holds the deeds of persons in the database against those picked by
// hand from the same facts, on random merchants, under each name.
func TestDeeds(t *testing.T) {
	n := cases(t, 4)
	v := &village{rng: rand.New(rand.NewPCG(43, uint64(n))), seq: 1}
	by := map[live.MerchantID][]live.Entry{}
	for _, m := range []live.MerchantID{"d0", "d1", "d2", "d3"} {
		from := len(v.entries)
		v.tend(m, 200, 6)
		v.seq, v.idx = v.seq+1, 0
		by[m] = slices.Clone(v.entries[from:])
	}
	db := migrated(t, server.URL())
	fill(t, db, v.entries, nil)
	found := 0
	for _, m := range slices.Sorted(maps.Keys(by)) {
		s := conversion.Scope{Merchant: m, Zone: time.UTC, AsOf: by[m][len(by[m])*3/4].Event.ReceivedAt}
		h := temperature.NewHistory(s)
		for _, e := range by[m] {
			if err := h.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []live.PersonID{"p0", "p1", "p2", "nobody"} {
			got, err := db.Deeds(t.Context(), s, p)
			if err != nil {
				t.Fatal(err)
			}
			want := h.Deeds(p)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s of %s: -picked +clickhouse\n%s", p, m, d)
			}
			found += len(got)
		}
	}
	if found < 50 {
		t.Errorf("%d deeds, the test sees nothing", found)
	}
}
