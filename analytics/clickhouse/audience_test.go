package clickhouse

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/analytics"
	"showrunner/live"
)

// TestAudience compares the split of an audience with one made by hand over the
// raw events, and its sums with the figures of the show.
func TestAudience(t *testing.T) {
	r := recordShow(8)
	log := earlierLives(r)
	db := migrated(t, server.URL())
	fill(t, db, log, func(c *SinkConfig) { c.MaxRows = 500 })
	got, err := db.Audience(t.Context(), r.show, r.now)
	if err != nil {
		t.Fatal(err)
	}
	want := audienceByHand(t, r.show, log)
	want.AsOf = r.now
	want.Tidy()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(analytics.Audience{})); d != "" {
		t.Errorf("-by hand +clickhouse\n%s", d)
	}
	f, err := db.Figures(t.Context(), r.show.Merchant, r.show, r.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, dimension := range []string{analytics.AudienceFan, analytics.AudienceBuyer, analytics.AudienceRung} {
		var uv, buyers, paid, sides int64
		for _, x := range got.Rows {
			if x.Dimension == dimension {
				uv, buyers, paid, sides = uv+x.WatchUV, buyers+x.Buyers, paid+x.Paid, sides+1
			}
		}
		if step := f.Funnel.Steps[len(f.Funnel.Steps)-1]; uv != f.Traffic.WatchUV || buyers != step.UV || paid != analytics.Read(&f, "CNY", 0).Money.Paid || sides < 2 {
			t.Errorf("%s: %d viewers, %d buyers, %d paid on %d sides", dimension, uv, buyers, paid, sides)
		}
	}
	rehearsal := r.show
	rehearsal.Rehearsal = true
	if a, err := db.Audience(t.Context(), rehearsal, r.now); err != nil || len(a.Rows) != 0 {
		t.Errorf("a rehearsal has an audience: %v %v", a, err)
	}
	if rows := analytics.AudienceTable(&got).WithoutMoney(); rows.Column("gmv_paid_minor") >= 0 || rows.Column("audience_gmv_share") >= 0 || len(rows.Rows) != len(got.Rows) {
		t.Error("money is told to who may not see it")
	}
}

// earlierLives puts before the record what some of its people did in another
// show: they followed, bought, sent back, and climbed.
func earlierLives(r *record) []live.Entry {
	rng := rand.New(rand.NewPCG(3, 4))
	b := &record{rng: rng, now: start.Add(-10 * 24 * time.Hour), show: live.Show{ID: "before", Room: "r2", Merchant: "m1", Currency: "CNY"}}
	moves := map[string]int{}
	for i := range 120 {
		b.now = b.now.Add(time.Duration(rng.IntN(100)) * time.Minute)
		who := b.person()
		switch rng.IntN(4) {
		case 0:
			b.say(live.Followed, who, live.RoleViewer, nil)
		case 1:
			b.say(live.Unfollowed, who, live.RoleViewer, nil)
		case 2:
			if moves[who]++; rng.IntN(3) == 0 && moves[who] > 1 {
				moves[who]--
				b.say(live.LadderChanged, who, live.RoleSystem, map[string]any{"move": moves[who], "from": "passerby", "to": b.pick("fan", "customer"), "withdrawn": true})
				continue
			}
			b.say(live.LadderChanged, who, live.RoleSystem, map[string]any{"move": moves[who], "from": "passerby", "to": b.pick("fan", "customer", "member")})
		case 3:
			id := live.OrderID(fmt.Sprint("old", i))
			facts := []live.OrderFact{{Kind: live.OrderCreated, At: b.now, Source: "shop", Show: b.show.ID, Room: "r2", Person: live.PersonID(who), Currency: "CNY", Lines: []live.OrderLine{{ID: "l0", Product: "g1", SKU: "k", Qty: 1, Goods: 5000}}}}
			if rng.IntN(3) > 0 {
				facts = append(facts, live.OrderFact{Kind: live.OrderPaid, ID: "pay", At: b.now, Source: "shop", Currency: "CNY", PaidMinor: 5000})
				if rng.IntN(3) == 0 {
					facts = append(facts, live.OrderFact{Kind: live.RefundSucceeded, ID: "rf", At: b.now, Source: "shop", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l0", Goods: 5000}}})
				}
			}
			before := live.Order{}
			for n := range facts {
				after := live.FoldOrder("m1", id, facts[:n+1])
				b.say(facts[n].Kind, who, live.RoleSystem, map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, after)), "currency": "CNY"})
				before = after
			}
		}
	}
	log := slices.Clone(b.entries)
	last := log[len(log)-1].Position.Seq
	for _, e := range r.entries {
		e.Position.Seq += last
		log = append(log, e)
	}
	return log
}

// audienceByHand goes over the raw events for each person.
func audienceByHand(t *testing.T, show live.Show, log []live.Entry) (a analytics.Audience) {
	t.Helper()
	facts := rawFacts(t, log)
	var own []fact
	for _, f := range facts {
		if f.Show == show.ID {
			f.n = len(own)
			own = append(own, f)
		}
	}
	h := &hand{show: show, facts: own, flows: flowsOf(show, own)}
	for p := range h.everybody() {
		bot, watched, fan, old := false, false, false, false
		rung := map[int]string{}
		orders := map[string][2]int{} // of before: paid, refunded
		for _, f := range facts {
			if f.Person != p {
				continue
			}
			if f.Show == show.ID {
				if f.Kind == live.BotFlagged || f.Kind == live.BotUnflagged {
					bot = f.Kind == live.BotFlagged
				}
				watched = watched || f.Kind == live.RoomEntered && f.Actor.Role == live.RoleViewer
			}
			if !f.ReceivedAt.Before(show.StartedAt) {
				continue
			}
			o := orders[f.Order]
			switch f.Kind {
			case live.Followed, live.Unfollowed:
				if f.Actor.Role == live.RoleViewer {
					fan = f.Kind == live.Followed
				}
			case live.OrderPaid, live.BalancePaid:
				o[0]++
			case live.RefundSucceeded:
				o[1]++
			case live.LadderChanged:
				var d struct{ Move int }
				if json.Unmarshal(f.Data, &d) != nil {
					t.Fatal("a move cannot be read")
				}
				if rung[d.Move] = f.To; f.Withdrawn {
					delete(rung, d.Move)
				}
			}
			orders[f.Order] = o
		}
		for _, o := range orders {
			old = old || o[0] > 0 && o[1] == 0
		}
		stands, newest := "passerby", -1
		for move, to := range rung {
			if move > newest {
				stands, newest = to, move
			}
		}
		mine := func(f flow) bool { return f.person == string(p) }
		row := analytics.AudienceRow{
			WatchUV: b2i(watched && !bot), Buyers: h.people(mine, flowOf["orders_paid"]), Paid: h.money(func(f flow) bool { return mine(f) && cny(f) }, flowOf["gmv_paid_minor"]),
		}
		side := func(yes bool, is, not string) string {
			if yes {
				return is
			}
			return not
		}
		for dimension, key := range map[string]string{"fan": side(fan, "fan", "other"), "buyer": side(old, "old", "new"), "rung": stands} {
			i := slices.IndexFunc(a.Rows, func(r analytics.AudienceRow) bool { return r.Dimension == dimension && r.Key == key })
			if i < 0 {
				i = len(a.Rows)
				a.Rows = append(a.Rows, analytics.AudienceRow{Dimension: dimension, Key: key})
			}
			a.Rows[i].WatchUV += row.WatchUV
			a.Rows[i].Buyers += row.Buyers
			a.Rows[i].Paid += row.Paid
		}
	}
	return a
}
