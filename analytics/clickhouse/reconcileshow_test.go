package clickhouse

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// state states a fact of an order at an instant and keeps it with the order's history.
func (w *world) state(at time.Time, id live.OrderID, f live.OrderFact, h map[live.OrderID]*live.OrderHistory) {
	if h[id] == nil {
		h[id] = &live.OrderHistory{Merchant: "m1", Order: id}
	}
	f.At, f.Source, w.now = at, "shop", at
	var facts []live.OrderFact
	for _, x := range h[id].Facts {
		facts = append(facts, x.OrderFact)
	}
	before := live.FoldOrder("m1", id, facts)
	h[id].Facts = append(h[id].Facts, live.ReceivedFact{OrderFact: f, Received: at})
	after := live.FoldOrder("m1", id, append(facts, f))
	w.append(live.Event{
		Kind: f.Kind, Source: "shop", ID: live.EventID(fmt.Sprint(id, f.Kind, f.ID)), Merchant: "m1", Show: after.Show, Room: after.Room, Person: after.Person,
		Actor: live.Actor{Role: live.RoleSystem}, OccurredAt: at, Data: mustJSON(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, after))}),
	})
}

func histories(h map[live.OrderID]*live.OrderHistory) iter.Seq2[live.OrderHistory, error] {
	return func(yield func(live.OrderHistory, error) bool) {
		var ids []live.OrderID
		for id := range h {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			if !yield(*h[id], nil) {
				return
			}
		}
	}
}

// postedDays books what the histories changed.
func postedDays(t *testing.T, h map[live.OrderID]*live.OrderHistory, zone *time.Location, until time.Time, room live.RoomID) analytics.DayLedger {
	t.Helper()
	days, err := analytics.PostedDays(func(yield func(live.PostedTotal, error) bool) {
		for _, x := range h {
			var before live.Order
			var facts []live.OrderFact
			for _, f := range x.Facts {
				facts = append(facts, f.OrderFact)
				after := live.FoldOrder("m1", x.Order, facts)
				for _, p := range live.Postings(live.Deltas(before, after)) {
					total := live.PostedTotal{Order: x.Order, At: f.Received, LedgerTotal: live.LedgerTotal{Currency: p.Delta.Currency}}
					total.Post(p.Account, p.Minor)
					if f.Received.Before(until) && (room == "" || p.Delta.Room == room) && !yield(total, nil) {
						return
					}
				}
				before = after
			}
		}
	}, zone)
	if err != nil {
		t.Fatal(err)
	}
	return days
}

// dayShows is what the database says of the shows.
func dayShows(t *testing.T, db *DB, shows []live.Show, room live.RoomID, zone *time.Location, from, until time.Time) *analytics.DayShows {
	t.Helper()
	facts, err := db.ShowDays(t.Context(), "m1", room, zone, from, until)
	if err != nil {
		t.Fatal(err)
	}
	rollup, err := db.RollupDays(t.Context(), "m1", zone, from, until)
	if err != nil {
		t.Fatal(err)
	}
	d := analytics.NewDayShows(zone, from, until, room != "")
	for _, show := range shows {
		if room != "" && show.Room != room {
			continue
		}
		sales, err := db.Sales(t.Context(), "m1", show, until.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		d.Report(show, &sales)
	}
	d.Sum(facts, rollup)
	return d
}

// TestReconcileDays puts all sides of four days side by side: two shows of two
// currencies across midnight in Shanghai (not in UTC), a refund two days later,
// orders of no show, and a currency that a show does not have on one day only.
func TestReconcileDays(t *testing.T) {
	db := migrated(t, server.URL())
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	until := from.AddDate(0, 0, 4)
	at := func(day, hour, minute int) time.Time {
		return from.AddDate(0, 0, day-1).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	shows := []live.Show{
		{ID: "s1", Room: "r1", Merchant: "m1", Currency: "CNY", StartedAt: at(1, 23, 30), EndedAt: at(2, 0, 30)},
		{ID: "s2", Room: "r2", Merchant: "m1", Currency: "USD", StartedAt: at(1, 23, 30), EndedAt: at(2, 0, 30)},
	}
	w, h := &world{seq: 1, rng: newWorld(1).rng}, map[live.OrderID]*live.OrderHistory{}
	buy := func(id live.OrderID, show live.ShowID, room live.RoomID, c live.Currency, day, hour, minute int, minor int64) {
		line := live.OrderLine{ID: "l0", Product: "g", SKU: "k", Qty: 1, Goods: minor, CommissionBPS: 1000}
		w.state(at(day, hour, minute), id, live.OrderFact{Kind: live.OrderCreated, Show: show, Room: room, Person: "p", Currency: c, Lines: []live.OrderLine{line}}, h)
		w.state(at(day, hour, minute), id, live.OrderFact{Kind: live.OrderPaid, ID: "p", Currency: c, PaidMinor: minor}, h)
	}
	buy("before", "s1", "r1", "CNY", 0, 23, 59, 1)
	buy("a", "s1", "r1", "CNY", 1, 23, 59, 1000)
	buy("b", "s2", "r2", "USD", 1, 23, 59, 70)
	buy("c", "s1", "r1", "CNY", 2, 0, 0, 200)
	buy("d", "s2", "r2", "USD", 2, 0, 10, 5)
	buy("none", "", "r1", "CNY", 2, 12, 0, 40000)
	w.state(at(3, 9, 0), "a", live.OrderFact{Kind: live.RefundSucceeded, ID: "r", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l0", Goods: 300}}}, h)
	buy("mixed", "s1", "r1", "USD", 4, 10, 0, 9)
	w.state(at(4, 11, 0), "c", live.OrderFact{Kind: live.OrderSettled, ID: "s", Currency: "CNY", SettledMinor: 190}, h)
	buy("after", "s1", "r1", "CNY", 5, 0, 0, 1)
	fill(t, db, w.entries, nil)

	reconcile := func(room live.RoomID) (analytics.DayReconciliation, map[string]string) {
		t.Helper()
		facts, err := db.DayMoney(t.Context(), analytics.AxisEvent, "m1", room, zone, from, until)
		if err != nil {
			t.Fatal(err)
		}
		ledger, err := analytics.EventDays(histories(h), zone, from, until, room, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The order of before the days is booked before them.
		within := map[live.OrderID]*live.OrderHistory{}
		for id, x := range h {
			if id != "before" {
				within[id] = x
			}
		}
		r := analytics.DayReconciliation{Axis: analytics.AxisEvent}
		r.ReconcileDays(facts, ledger, postedDays(t, within, zone, until, room), dayShows(t, db, shows, room, zone, from, until))
		said := map[string]string{}
		text := func(n *int64) string {
			if n == nil {
				return "-"
			}
			return fmt.Sprint(*n)
		}
		for _, x := range r.Rows {
			if x.Rollup != nil || x.Report != nil {
				said[x.Day[8:]+" "+string(x.Currency)+" "+x.Figure] = fmt.Sprint(x.Facts, " ", text(x.Rollup), " ", text(x.Report), " ", text(x.Outside))
			}
		}
		return r, said
	}
	r, said := reconcile("")
	if !r.Agree {
		t.Errorf("the sides differ: %+v", r.Rows)
	}
	// Facts, rollup, report, outside.
	want := map[string]string{
		"01 CNY gmv_paid_minor": "1000 1000 1000 0", "01 CNY orders_paid": "1 1 1 0", "01 USD gmv_paid_minor": "70 70 70 0",
		"02 CNY gmv_paid_minor": "40200 40200 200 40000", "02 CNY orders": "2 2 1 1", "02 CNY commission_minor": "4020 - 20 4000", "02 USD gmv_net_minor": "5 5 5 0",
		"03 CNY gmv_paid_minor": "0 0 0 0", "03 CNY refund_minor": "300 300 300 0", "03 CNY gmv_net_minor": "-300 -300 -300 0", "03 CNY refund_goods_minor": "300 300 - -",
		"04 CNY gmv_settled_minor": "190 - 190 0", "04 CNY orders": "0 0 - -", "04 USD gmv_paid_minor": "9 9 - -",
	}
	check := func(want, said map[string]string) {
		t.Helper()
		got := map[string]string{}
		for k := range want {
			got[k] = said[k]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("facts, rollup, report, outside (-want +got):\n%s", diff)
		}
	}
	check(want, said)
	for _, lacking := range []string{"01 CNY orders_cancelled", "01 CNY items_paid", "01 CNY subsidy_minor", "04 USD commission_minor"} {
		if s, ok := said[lacking]; ok {
			t.Errorf("%s is %q and cannot be told", lacking, s)
		}
	}
	for _, x := range r.Rows {
		if x.Day < "2026-03-01" || x.Day > "2026-03-04" {
			t.Errorf("a day outside: %+v", x)
		}
	}

	// Of one room: the rollup cannot tell the order outside its shows.
	if r, said = reconcile("r1"); !r.Agree {
		t.Errorf("the sides of a room differ: %+v", r.Rows)
	}
	check(map[string]string{
		"01 CNY gmv_paid_minor": "1000 1000 1000 0", "02 CNY gmv_paid_minor": "40200 - 200 40000", "01 USD gmv_paid_minor": "", "04 USD gmv_paid_minor": "9 9 - -",
	}, said)

	// A cent in the rollup alone, and one in the facts alone, which reports are made of.
	if err := db.conn.Exec(t.Context(), `INSERT INTO money_minute (merchant_id, show_id, currency, t, paid) VALUES ('m1', 's1', 'CNY', ?, 1)`, at(3, 9, 0)); err != nil {
		t.Fatal(err)
	}
	r, said = reconcile("")
	check(map[string]string{"03 CNY gmv_paid_minor": "0 1 0 0", "03 CNY gmv_net_minor": "-300 -299 -300 0"}, said)
	differ := 0
	for _, x := range r.Rows {
		if x.Difference() != 0 {
			differ++
		}
	}
	if r.Agree || differ != 2 {
		t.Errorf("a cent in the rollup: agree %v, %d rows differ", r.Agree, differ)
	}
}

// TestShowDaysOfInvention adds up what the two queries say of invented shows.
func TestShowDaysOfInvention(t *testing.T) {
	db := migrated(t, server.HTTPURL())
	w := play(11, 2500)
	fill(t, db, w.entries, nil)
	var shows []live.Show
	for _, s := range w.shows {
		if s.Merchant == "m1" {
			shows = append(shows, s)
		}
	}
	for _, name := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		y, m, d := start.In(zone).Date()
		from := time.Date(y, m, d, 0, 0, 0, 0, zone)
		until := from.AddDate(0, 0, 60)
		facts, err := db.DayMoney(t.Context(), analytics.AxisEvent, "m1", "", zone, from, until)
		if err != nil {
			t.Fatal(err)
		}
		r := analytics.DayReconciliation{Axis: analytics.AxisEvent}
		r.ReconcileDays(facts, nil, nil, dayShows(t, db, shows, "", zone, from, until))
		days, rolled, reported := map[string]bool{}, 0, 0
		for _, x := range r.Rows {
			days[x.Day] = true
			if x.Rollup != nil {
				if rolled++; *x.Rollup != x.Facts {
					t.Errorf("%s: rollup %d: %+v", name, *x.Rollup, x)
				}
			}
			if x.Report != nil {
				if reported++; *x.Report+*x.Outside != x.Facts {
					t.Errorf("%s: report %d and outside %d: %+v", name, *x.Report, *x.Outside, x)
				}
			}
		}
		if len(days) < 3 || rolled < 50 || reported < 20 {
			t.Errorf("%s: %d days, %d figures of rollups, %d of reports", name, len(days), rolled, reported)
		}
	}
}
