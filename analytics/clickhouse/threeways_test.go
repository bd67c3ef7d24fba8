package clickhouse

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// elsewhere are the figures of shows that are counted from more than one show's
// facts, and the tests that count them by hand.
var elsewhere = map[string]string{
	"audience_watch_share": "TestAudience", "audience_gmv_share": "TestAudience",
	"fed_groups": "TestFedGroups", "fed_joined": "TestFedGroups", "fed_survival_30d": "TestFedGroups", "fed_survival_60d": "TestFedGroups", "fed_survival_90d": "TestFedGroups",
}

// TestThreeWays computes every figure of the dictionary that a show has, of one
// recorded show, by the fold of the log, by ClickHouse, and by hand over the raw
// events, which shares no code with the other two, and demands the same value in
// every place. None of them is a sketch: nothing is allowed to differ. A figure
// that is added to the dictionary fails until it is counted by hand.
func TestThreeWays(t *testing.T) {
	db := migrated(t, server.URL())
	r := recordShow(8)
	fill(t, db, r.entries, func(c *SinkConfig) { c.MaxRows = 300 })
	past := r.pastShows()

	fold := analytics.NewFold(r.show)
	for _, e := range r.entries {
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	fold.SetShow(r.show)
	folded := fold.Figures(r.now)
	asked, err := db.Figures(t.Context(), r.show.Merchant, r.show, r.now)
	if err != nil {
		t.Fatal(err)
	}
	a, b := published(t, r.show, &folded, past), published(t, r.show, &asked, past)
	c := byHand(r.show, rawFacts(t, r.entries), past)
	if d := differing(a, b); d != "" {
		t.Errorf("-fold +clickhouse\n%s", d)
	}
	if d := differing(a, c); d != "" {
		t.Errorf("-fold +by hand\n%s", d)
	}

	// The whole dictionary, and nothing but zeros for as few as possible.
	of := map[string]bool{}
	for _, d := range analytics.Definitions() {
		if d.Axis != analytics.AxisShow || elsewhere[d.Key] != "" {
			continue
		}
		of[d.Key] = true
		for way, t3 := range map[string]tally{"the fold": a, "ClickHouse": b, "hand": c} {
			if len(t3[d.Key]) == 0 {
				t.Errorf("%s is not counted by %s", d.Key, way)
			}
		}
		moved := slices.ContainsFunc(slices.Collect(maps.Values(c[d.Key])), func(v [2]int64) bool { return v[0] != 0 })
		if !moved && d.Key != "online_now" { // Nobody is online in a show that is over.
			t.Errorf("%s is zero everywhere: the record says nothing about it", d.Key)
		}
	}
	for key := range c {
		if !of[key] {
			t.Errorf("%s is counted, and the dictionary has no such figure of a show", key)
		}
	}
	told := map[live.Kind]bool{}
	for _, e := range r.entries {
		told[e.Event.Kind] = true
	}
	if len(told) < len(live.Kinds)-40 {
		t.Errorf("the record has %d of %d kinds", len(told), len(live.Kinds))
	}

	// The control: without any one fact of a kind that counts, something differs.
	blind := map[live.Kind]bool{}
	for _, kind := range []live.Kind{
		live.RoomExposed, live.CommentSent, live.Liked, live.ProductClicked, live.CartItemAdded, live.CheckoutStarted, live.OrderCreated, live.OrderPaid, live.RefundSucceeded, live.OrderSettled,
		live.CouponRedeemed, live.LuckyDrawWon, live.ProductPinned, live.ExplainStarted, live.ComplaintOpened, live.ServiceSLABreached, live.LadderChanged, live.CommissionAccrued,
	} {
		i := slices.IndexFunc(r.entries, func(e live.Entry) bool {
			return e.Event.Kind == kind && e.Event.Person != "p10" && e.Event.Person != "p11" && (kind != live.OrderCreated || !slices.ContainsFunc(r.entries, paidOf(e)))
		})
		if i < 0 {
			t.Errorf("the record has no %s", kind)
			continue
		}
		if differing(a, byHand(r.show, rawFacts(t, slices.Delete(slices.Clone(r.entries), i, i+1)), past)) == "" {
			blind[kind] = true
		}
	}
	if len(blind) > 0 {
		t.Errorf("nothing changes without one of %v", blind)
	}
}

// paidOf finds facts of the same order after its creation: without that they
// would be of no order.
func paidOf(created live.Entry) func(live.Entry) bool {
	var d spoken
	mustRead(created.Event.Data, &d)
	return func(e live.Entry) bool {
		var x spoken
		mustRead(e.Event.Data, &x)
		return live.OrderFactKind(e.Event.Kind) && e.Event.Kind != live.OrderCreated && x.Order == d.Order
	}
}

// differing lists figures whose values are not the same.
func differing(a, b tally) (out string) {
	n := 0
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if d := cmp.Diff(a[key], b[key]); d != "" {
			if n++; n < 12 {
				out += fmt.Sprintf("%s: %s\n", key, d)
			}
		}
	}
	for key := range b {
		if a[key] == nil {
			out += key + " is counted by one way only\n"
		}
	}
	return out
}

// TestTwoWays compares the fold and the count by hand over more recorded shows.
func TestTwoWays(t *testing.T) {
	for seed := range uint64(6) {
		r := recordShow(seed)
		past := r.pastShows()
		fold := analytics.NewFold(r.show)
		for _, e := range r.entries {
			if err := fold.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		fold.SetShow(r.show)
		f := fold.Figures(r.now)
		if d := differing(published(t, r.show, &f, past), byHand(r.show, rawFacts(t, r.entries), past)); d != "" {
			t.Errorf("record %d: -fold +by hand\n%s", seed, d)
		}
	}
}
