package clickhouse

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// TestSilence holds who is silent in the database against those counted by hand
// over the same facts, on random merchants.
func TestSilence(t *testing.T) {
	n := cases(t, 12)
	v := &village{rng: rand.New(rand.NewPCG(39, uint64(n))), seq: 1, service: true}
	by := map[live.MerchantID][]live.Entry{}
	for i := range n {
		m := live.MerchantID(fmt.Sprintf("q%d", i))
		from := len(v.entries)
		v.settle(m, 120+v.rng.IntN(200), 4+v.rng.IntN(20))
		start := v.entries[from].Event.ReceivedAt
		for range 10 + v.rng.IntN(20) {
			e := live.Event{
				Source: "ws", Merchant: m, Show: live.ShowID(fmt.Sprintf("%s-s%d", m, v.rng.IntN(8))), Person: live.PersonID(fmt.Sprint("p", v.rng.IntN(24))), Kind: live.TouchSent,
				Actor: live.Actor{ID: "a1", Role: live.RoleAgent}, OccurredAt: start.Add(time.Duration(v.rng.IntN(50*24*60)) * time.Minute),
			}
			e.Data = mustJSON(map[string]any{"transactional": v.rng.IntN(4) == 0})
			v.state(e)
		}
		v.seq, v.idx = v.seq+1, 0
		by[m] = slices.Clone(v.entries[from:])
	}
	db := migrated(t, server.URL())
	fill(t, db, v.entries, nil)
	rng := rand.New(rand.NewPCG(40, uint64(n)))
	var all temperature.Silence
	bought, only := 0, 0
	for _, m := range slices.Sorted(maps.Keys(by)) {
		for range 4 {
			s := scopes(t, rng, m, by[m])
			s.Room = ""
			h := temperature.NewHistory(s)
			for _, e := range by[m] {
				if err := h.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			q := temperature.SilenceQuestion{Scope: s, Days: 1 + rng.IntN(14), Limit: rng.IntN(6) - 1}
			if rng.IntN(2) == 0 {
				q.Show = live.ShowID(fmt.Sprintf("%s-s%d", m, rng.IntN(8)))
			}
			if rng.IntN(2) == 0 {
				q.From = by[m][0].Event.ReceivedAt.Add(time.Duration(rng.IntN(20*24)) * time.Hour)
				q.Until = q.From.Add(time.Duration(1+rng.IntN(30*24)) * time.Hour)
			}
			if rng.IntN(3) == 0 {
				q.People = []live.PersonID{"p1", "p2", "p3", "p5", "p7", "nobody"}
			}
			want := h.Silence(q)
			got, err := db.Silence(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%+v: -counted +clickhouse\n%s", q, d)
			}
			all.Customers, all.Judged, all.Silent = all.Customers+got.Customers, all.Judged+got.Judged, all.Silent+got.Silent
			for _, i := range got.Items {
				bought += len(i.Products)
			}
			if q.People != nil {
				only += len(got.Items)
			}
		}
	}
	// The random merchants must reach what is counted.
	if all.Silent < 20 || all.Silent >= all.Judged || all.Judged >= all.Customers || bought < 5 || only < 1 {
		t.Errorf("of %d customers %d judged, %d silent, %d bought, %d among those asked for: the test sees nothing", all.Customers, all.Judged, all.Silent, bought, only)
	}
}
