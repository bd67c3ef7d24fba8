package clickhouse

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestPeriodOfInvention counts a period with two shows of the same people and one
// without a show. What adds up is the sum of the shows as the fold has them, and
// every person counts once, as counted by hand.
func TestPeriodOfInvention(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(17, 3000)
	fill(t, db, w.entries, func(c *SinkConfig) { c.MaxRows = 700 })
	shows := w.shows[:2] // of m1, both begun on the last evening of a year
	for i := range shows {
		shows[i].EndedAt = w.now.Add(-time.Hour)
	}
	day := start.Truncate(24 * time.Hour)
	of := func(from int) analytics.Period {
		return analytics.Period{Merchant: "m1", Zone: time.UTC, From: day.AddDate(0, 0, from), Until: day.AddDate(0, 0, from+1)}
	}
	for _, asOf := range []time.Time{w.now, start.Add(95 * time.Minute)} {
		var known []live.Show
		want := analytics.PeriodSide{Period: of(0)}
		for _, s := range shows {
			s = analytics.AsOf(s, asOf)
			known = append(known, s)
			f := folded(t, w, s, asOf)
			want.Add(s, &f)
		}
		persons, bots, ordered, bought := byHandOf(t, w, known, asOf)
		want.SetPersons(&persons, bots, ordered, bought)
		want.Started.AsOf = asOf
		got, err := db.Period(t.Context(), of(0), known, asOf)
		if err != nil {
			t.Fatal(err)
		}
		want.Started.Tidy()
		got.Started.Tidy()
		if d := cmp.Diff(want.Started, got.Started); d != "" {
			t.Errorf("as of %s: -by hand +clickhouse\n%s", asOf, d)
		}
		if asOf.Equal(w.now) && slices.ContainsFunc(persons.Persons(), func(p *int64) bool { return *p == 0 }) {
			t.Errorf("nobody is counted by one of the counts of persons: %+v", persons)
		}
		if asOf.Equal(w.now) && persons.WatchUV >= sumOf(t, w, known, asOf) {
			t.Error("nobody was at both shows: the test sees nothing")
		}
		// Both days hold all money there is, and no show started on the other.
		other, err := db.Period(t.Context(), of(1), nil, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if n := other.Started.Traffic; n != (analytics.Traffic{}) || len(other.Started.Money) > 0 {
			t.Errorf("a day on which no show started has %+v", other.Started)
		}
		moved := map[string]int64{}
		for _, side := range []analytics.PeriodSide{got, other} {
			for _, m := range side.Moved {
				moved[string(m.Currency)+" paid"] += m.Paid
				moved[string(m.Currency)+" net"] += m.Net()
				moved[string(m.Currency)+" orders"] += m.Orders
			}
		}
		all := map[string]int64{}
		for _, e := range w.entries {
			if e.Event.Merchant != "m1" || e.Event.Rehearsal || !live.OrderFactKind(e.Event.Kind) || e.Event.ReceivedAt.After(asOf) || !e.Event.ReceivedAt.Before(day.AddDate(0, 0, 2)) {
				continue
			}
			deltas, err := live.DecodeDeltas(e.Event.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range deltas {
				all[string(d.Currency)+" paid"] += d.PaidMinor
				all[string(d.Currency)+" net"] += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
				all[string(d.Currency)+" orders"] += d.Orders
			}
		}
		if d := cmp.Diff(all, moved); d != "" {
			t.Errorf("as of %s the money of two days: -facts +clickhouse\n%s", asOf, d)
		}
	}
}

// sumOf is what a sum of viewers over shows would be.
func sumOf(t *testing.T, w *world, shows []live.Show, asOf time.Time) (n int64) {
	t.Helper()
	for _, s := range shows {
		f := folded(t, w, s, asOf)
		n += f.Traffic.WatchUV
	}
	return n
}

// byHandOf counts persons over shows with a set for each count.
func byHandOf(t *testing.T, w *world, shows []live.Show, asOf time.Time) (out analytics.Traffic, bots int64, ordered, bought map[live.Currency]int64) {
	t.Helper()
	type pair struct {
		show   live.ShowID
		person live.PersonID
	}
	flagged, bound := map[pair]bool{}, map[live.ShowID]live.Show{}
	for _, s := range shows {
		bound[s.ID] = s
	}
	var facts []live.Event
	for _, e := range w.entries {
		if _, of := bound[e.Event.Show]; of && e.Event.Merchant == "m1" && !e.Event.Rehearsal && !e.Event.ReceivedAt.After(asOf) {
			facts = append(facts, e.Event)
		}
	}
	for _, e := range facts {
		switch at := (pair{e.Show, e.Person}); {
		case e.Kind == live.BotFlagged && e.Person != "":
			flagged[at] = true
		case e.Kind == live.BotUnflagged:
			delete(flagged, at)
		}
	}
	did := map[string]map[live.PersonID]bool{}
	note := func(what string, p live.PersonID) {
		if did[what] == nil {
			did[what] = map[live.PersonID]bool{}
		}
		did[what][p] = true
	}
	watched, follows := map[live.PersonID]time.Duration{}, map[live.PersonID]bool{}
	type buyer struct {
		currency live.Currency
		person   live.PersonID
	}
	placed, paid := map[buyer]int64{}, map[buyer]int64{}
	for _, e := range facts {
		if live.OrderFactKind(e.Kind) {
			deltas, err := live.DecodeDeltas(e.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range deltas {
				placed[buyer{d.Currency, d.Person}] += d.Orders
				paid[buyer{d.Currency, d.Person}] += d.Paid
			}
		}
		if e.Actor.Role != live.RoleViewer || e.Person == "" || flagged[pair{e.Show, e.Person}] {
			continue
		}
		note(string(e.Kind), e.Person)
		var data struct {
			Visible bool   `json:"visible"`
			Watched int64  `json:"watched_ms"`
			Stated  int64  `json:"stated_ms"`
			Count   int64  `json:"count"`
			Streak  string `json:"streak_id"`
			End     bool   `json:"streak_end"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case live.CommentSent, live.Liked, live.RoomShared, live.Followed:
			note("interacted", e.Person)
		case live.WatchHeartbeat:
			span := time.Duration(data.Watched) * time.Millisecond
			if s := bound[e.Show]; data.Stated <= 0 {
				span = s.Within(e.OccurredAt, span)
			}
			if data.Visible && data.Watched > 0 {
				watched[e.Person] += span
			}
		case live.GiftSent:
			if data.Count > 0 && (data.Streak == "" || data.End) {
				note("gave", e.Person)
			}
		case live.CouponClaimed, live.RedPacketClaimed, live.LuckyDrawEntered:
			if e.Source == live.SourceSystem {
				note("took "+string(e.Kind), e.Person)
			}
		}
		switch e.Kind {
		case live.Followed:
			follows[e.Person] = true
		case live.Unfollowed:
			delete(follows, e.Person)
		}
	}
	n := func(what string) int64 { return int64(len(did[what])) }
	out = analytics.Traffic{
		RoomExposureUV: n("room_exposed"), WatchUV: n("room_entered"), CommentUV: n("comment_sent"), LikeUV: n("liked"), ShareUV: n("room_shared"), InteractUV: n("interacted"),
		ProductExposureUV: n("product_exposed"), ProductClickUV: n("product_clicked"), CartUV: n("cart_item_added"), CheckoutUV: n("checkout_started"), GiftUV: n("gave"),
		CouponClaimUV: n("took coupon_claimed"), PacketUV: n("took red_packet_claimed"), DrawEntryUV: n("took lucky_draw_entered"), FollowNet: int64(len(follows)),
	}
	for _, span := range watched {
		if span >= time.Minute {
			out.WatchUV60s++
		}
	}
	count := func(of map[buyer]int64) map[live.Currency]int64 {
		by := map[live.Currency]int64{}
		for b, n := range of {
			if b.person != "" && n > 0 {
				by[b.currency]++
			}
		}
		return by
	}
	persons := map[live.PersonID]bool{}
	for p := range flagged {
		persons[p.person] = true
	}
	return out, int64(len(persons)), count(placed), count(paid)
}

// TestPeriodAcrossMidnight plays shows across midnight where clocks stand still
// and where they change, and finds every sum of both axes in the ledger's own days
// and in the ledger's own shows, the two led into each other to the last unit.
func TestPeriodAcrossMidnight(t *testing.T) {
	for _, tc := range []struct {
		zone, first string
		hours       [3]int // of the three days from the first
	}{
		{"Asia/Shanghai", "2026-03-07", [3]int{24, 24, 24}},
		{"America/New_York", "2026-03-07", [3]int{24, 23, 24}},
		{"America/New_York", "2026-10-31", [3]int{24, 25, 24}},
	} {
		t.Run(tc.zone+" "+tc.first, func(t *testing.T) {
			db := migrated(t, server.URL())
			zone, err := time.LoadLocation(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			first, err := time.ParseInLocation(time.DateOnly, tc.first, zone)
			if err != nil {
				t.Fatal(err)
			}
			var days [4]time.Time
			for i := range days {
				days[i] = analytics.StartOfDay(first, i, zone)
			}
			for i, h := range tc.hours {
				if got := days[i+1].Sub(days[i]); got != time.Duration(h)*time.Hour {
					t.Fatalf("day %d is of %s, want %d hours", i, got, h)
				}
			}
			// One show from the first evening into the second day, one from the second
			// evening, over the change of clocks there, into the third.
			shows := []live.Show{
				{ID: "s1", Room: "r1", Merchant: "m1", Currency: "CNY", StartedAt: days[1].Add(-30 * time.Minute), EndedAt: days[1].Add(4 * time.Hour)},
				{ID: "s2", Room: "r1", Merchant: "m1", Currency: "CNY", StartedAt: days[2].Add(-time.Hour), EndedAt: days[2].Add(time.Hour)},
			}
			w, h := &world{seq: 1, rng: newWorld(1).rng}, map[live.OrderID]*live.OrderHistory{}
			buy := func(id live.OrderID, show live.ShowID, person live.PersonID, at time.Time, minor int64) {
				line := live.OrderLine{ID: "l0", Product: "g", SKU: "k", Qty: 1, Goods: minor, CommissionBPS: 1000}
				w.state(at, id, live.OrderFact{Kind: live.OrderCreated, Show: show, Room: "r1", Person: person, Currency: "CNY", Lines: []live.OrderLine{line}}, h)
				w.state(at, id, live.OrderFact{Kind: live.OrderPaid, ID: "p", Currency: "CNY", PaidMinor: minor}, h)
			}
			refund := func(id live.OrderID, at time.Time, minor int64) {
				w.state(at, id, live.OrderFact{Kind: live.RefundSucceeded, ID: "r", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l0", Goods: minor}}}, h)
			}
			buy("a", "s1", "p1", days[1].Add(-time.Millisecond), 1000) // the last of the first day
			buy("b", "s1", "p1", days[1], 2000)                        // the first of the second
			buy("c", "s1", "p2", days[1].Add(150*time.Minute), 4000)   // 2:30 or 3:30 by the clock on the wall
			buy("none", "", "p3", days[1].Add(12*time.Hour), 8000)     // of no show
			buy("d", "s2", "p2", days[2].Add(-time.Minute), 16000)
			buy("e", "s2", "p4", days[2].Add(time.Minute), 32000)
			refund("a", days[2].Add(-time.Millisecond), 300) // of the first show, on the evening of the second
			refund("e", days[2].Add(13*time.Hour), 700)
			fill(t, db, w.entries, nil)

			asOf := days[3]
			of := func(day int) analytics.PeriodSide {
				t.Helper()
				p := analytics.Period{Merchant: "m1", Zone: zone, From: days[day], Until: days[day+1]}
				var started []live.Show
				for _, s := range shows {
					if p.Holds(s.StartedAt) {
						started = append(started, s)
					}
				}
				side, err := db.Period(t.Context(), p, started, asOf)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range shows {
					if !p.Holds(s.StartedAt) && slices.ContainsFunc(side.Parts, func(x analytics.PeriodPart) bool { return x.Show == s.ID }) {
						side.Others = append(side.Others, s)
					}
				}
				return side
			}
			c := analytics.PeriodComparison{AsOf: asOf, Complete: true, Period: of(1), Against: of(0)}

			// By when it moved: the ledger's own days, folded from the facts of each order.
			ledger, err := analytics.EventDays(histories(h), zone, days[0], days[3], "", nil)
			if err != nil {
				t.Fatal(err)
			}
			facts := make([]analytics.DayMoney, 0, 2)
			for _, side := range []*analytics.PeriodSide{&c.Period, &c.Against} {
				for _, m := range side.Moved {
					facts = append(facts, analytics.DayMoney{Day: side.First(), Money: m})
				}
			}
			r := analytics.DayReconciliation{Axis: analytics.AxisEvent}
			r.ReconcileDays(facts, ledger, postedDays(t, h, zone, days[3], ""), nil)
			for _, row := range r.Rows {
				if row.Day <= c.Period.First() && row.Difference() != 0 {
					t.Errorf("%s of %s: %d moved, the ledger has %d", row.Figure, row.Day, row.Facts, row.Ledger)
				}
			}
			// By the start of shows: the ledger's own orders of each show.
			made := map[string]int64{}
			for _, x := range h {
				var of []live.OrderFact
				for _, f := range x.Facts {
					of = append(of, f.OrderFact)
				}
				o := live.FoldOrder("m1", x.Order, of)
				total := live.TotalOf(&o)
				if o.Show == "s1" {
					made["against gmv_paid_minor"] += total.PaidMinor
					made["against refund_minor"] += total.RefundGoodsMinor + total.RefundShipMinor
				}
				if o.Show == "s2" {
					made["period gmv_paid_minor"] += total.PaidMinor
					made["period refund_minor"] += total.RefundGoodsMinor + total.RefundShipMinor
				}
			}
			got, bridge := map[string]int64{}, map[string][]int64{}
			for _, row := range c.Table().Rows {
				if row[0].Text == analytics.AxisStarted && (row[2].Text == "gmv_paid_minor" || row[2].Text == "refund_minor") {
					got["period "+row[2].Text], got["against "+row[2].Text] = row[6].Num, row[8].Num
				}
			}
			if d := cmp.Diff(made, got); d != "" {
				t.Errorf("by the start of shows: -ledger +clickhouse\n%s", d)
			}
			for _, row := range c.Bridge().Rows {
				if key := row[2].Text; key == "gmv_paid_minor" || key == "refund_minor" {
					for _, x := range row[3:] {
						bridge[row[0].Text+" "+key] = append(bridge[row[0].Text+" "+key], x.Num)
					}
				}
			}
			// What moved, of it of other shows and of none, what moved outside, what the shows made.
			want := map[string][]int64{
				"period gmv_paid_minor": {2000 + 4000 + 8000 + 16000, 6000, 8000, 32000, 48000}, "period refund_minor": {300, 300, 0, 700, 700},
				"against gmv_paid_minor": {1000, 0, 0, 6000, 7000}, "against refund_minor": {0, 0, 0, 300, 300},
			}
			if d := cmp.Diff(want, bridge); d != "" {
				t.Errorf("the bridge: -want +got\n%s", d)
			}
			persons := map[string]int64{}
			for name, side := range map[string]analytics.PeriodSide{"period": c.Period, "against": c.Against} {
				persons[name+" moved"], persons[name+" started"] = side.Moved[0].Buyers, side.Started.Money[0].Buyers
			}
			if d := cmp.Diff(map[string]int64{"period moved": 3, "period started": 2, "against moved": 1, "against started": 2}, persons); d != "" {
				t.Errorf("buyers: -want +got\n%s", d)
			}
			table := c.ShowTable()
			named := map[string]string{}
			for _, row := range table.Rows {
				named[row[0].Text+" "+row[1].Text] = row[4].Text + " " + row[7].Text + " " + row[8].Text
			}
			d0, d1, d2 := days[0].Format(time.DateOnly), days[1].Format(time.DateOnly), days[2].Format(time.DateOnly)
			if d := cmp.Diff(map[string]string{"period s2": "yes " + d1 + " " + d2, "period s1": "no " + d0 + " " + d1, "against s1": "yes " + d0 + " " + d1}, named); d != "" {
				t.Errorf("the shows: -want +got\n%s", d)
			}
			if names := slices.Sorted(maps.Keys(named)); len(names) != len(table.Rows) {
				t.Errorf("%d rows of %d shows", len(table.Rows), len(names))
			}
		})
	}
}
