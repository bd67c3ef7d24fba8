package analytics_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

func sequence[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func said(id string, person live.PersonID, c live.Currency, paid int64) analytics.OrderMoney {
	return analytics.OrderMoney{Order: live.OrderID(id), Person: person, Money: analytics.Money{Currency: c, OrdersPaid: 1, Paid: paid, Buyers: 1}}
}

func entered(id string, c live.Currency, paid int64) live.PostedTotal {
	return live.PostedTotal{Order: live.OrderID(id), LedgerTotal: live.LedgerTotal{Currency: c, PaidMinor: paid}}
}

func booked(id string, person live.PersonID, c live.Currency, paid int64) live.OrderTotal {
	return live.OrderTotal{Order: live.OrderID(id), Person: person, LedgerTotal: live.LedgerTotal{Currency: c, Paid: 1, PaidMinor: paid, Buyers: 1}}
}

// TestExplain names each kind of difference between two walks of orders.
func TestExplain(t *testing.T) {
	facts := []analytics.OrderMoney{
		said("a", "p1", "CNY", 100), said("b", "p2", "CNY", 201), said("c", "p3", "CNY", 299), said("e", "p5", "USD", 5), said("f", "p6", "CNY", 7), said("g", "px", "CNY", 8),
	}
	ledger := []live.OrderTotal{
		booked("a", "p1", "CNY", 100), booked("b", "p2", "CNY", 200), booked("c", "p3", "CNY", 300), booked("d", "p4", "CNY", 50),
		booked("f", "p6", "CNY", 7), booked("g", "p7", "CNY", 8),
	}
	// The entries are those of the orders, but for a cent of f, and lack b.
	entries := []live.PostedTotal{
		entered("a", "CNY", 100), entered("c", "CNY", 300), entered("d", "CNY", 50), entered("f", "CNY", 6), entered("g", "CNY", 8),
	}
	r := analytics.Reconcile(nil, analytics.Figures{Money: []analytics.Money{{Currency: "CNY"}}}, nil, nil, nil)
	if err := r.Explain(analytics.Sides{Facts: sequence(facts), Ledger: sequence(ledger), Postings: sequence(entries)}, 4); err != nil {
		t.Fatal(err)
	}
	if r.Agree {
		t.Error("orders differ and the sides agree")
	}
	got := map[string]analytics.Explained{}
	for _, row := range r.Rows {
		if row.Orders.Count > 0 {
			got[string(row.Currency)+" "+row.Figure] = *row.Orders
		}
	}
	one := func(id string, f, l int64, p *int64) analytics.Explained {
		return analytics.Explained{Count: 1, Orders: []analytics.OrderDifference{{Order: live.OrderID(id), Facts: f, Ledger: l, Postings: p}}}
	}
	paid := analytics.Explained{Count: 4, Orders: []analytics.OrderDifference{
		{Order: "b", Facts: 201, Ledger: 200, Postings: new(int64(0))},
		{Order: "c", Facts: 299, Ledger: 300, Postings: new(int64(300))},
		{Order: "d", Facts: 0, Ledger: 50, Postings: new(int64(50))},
		{Order: "f", Facts: 7, Ledger: 7, Postings: new(int64(6))},
	}}
	want := map[string]analytics.Explained{
		"CNY orders_paid": one("d", 0, 1, nil),
		"CNY buyers": {Count: 2, Orders: []analytics.OrderDifference{
			{Order: "d", Facts: 0, Ledger: 1}, {Order: "g", Facts: 1, Ledger: 1, FactsPerson: "px", LedgerPerson: "p7"},
		}},
		"CNY gmv_paid_minor": paid, "CNY gmv_net_minor": paid,
		"USD orders_paid": one("e", 1, 0, nil), "USD buyers": one("e", 1, 0, nil), "USD gmv_paid_minor": one("e", 5, 0, new(int64(0))), "USD gmv_net_minor": one("e", 5, 0, new(int64(0))),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explained (-want +got):\n%s", diff)
	}

	same := analytics.Sides{Facts: sequence(facts[:1]), Ledger: sequence(ledger[:1]), Postings: sequence(entries[:1])}
	r = analytics.Reconcile(nil, analytics.Figures{}, nil, nil, nil)
	if err := r.Explain(same, 2); err != nil || !r.Agree {
		t.Errorf("one order that is the same: agree %v, %v", r.Agree, err)
	}
	for side, sides := range map[string]analytics.Sides{
		"facts":    {Facts: sequence([]analytics.OrderMoney{facts[1], facts[0]}), Ledger: same.Ledger, Postings: same.Postings},
		"ledger":   {Facts: same.Facts, Ledger: sequence([]live.OrderTotal{ledger[1], ledger[0]}), Postings: same.Postings},
		"postings": {Facts: same.Facts, Ledger: same.Ledger, Postings: sequence([]live.PostedTotal{entries[1], entries[0]})},
	} {
		if err := r.Explain(sides, 2); err == nil || !strings.Contains(err.Error(), side) {
			t.Errorf("a walk of the %s that goes back: %v", side, err)
		}
	}
}

// TestEventDays holds the days of the ledger against the deltas that the same
// facts make in the same order, which is what the other side adds up.
func TestEventDays(t *testing.T) {
	zone := time.FixedZone("east", 8*3600)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, zone)
	line := live.OrderLine{ID: "l1", SKU: "s1", Qty: 2, Goods: 1000, CommissionBPS: 500}
	facts := []live.ReceivedFact{
		{OrderFact: live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Source: "shop", At: noon, Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 300}}}, Received: noon},
		{OrderFact: live.OrderFact{Kind: live.OrderPaid, ID: "p1", Source: "shop", At: noon.Add(-time.Hour), Currency: "CNY", PaidMinor: 1000}, Received: noon.Add(24 * time.Hour)},
		{OrderFact: live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: noon.Add(-2 * time.Hour), Currency: "CNY", Show: "s", Room: "r", Person: "p", Lines: []live.OrderLine{line}}, Received: noon.Add(48 * time.Hour)},
		{OrderFact: live.OrderFact{Kind: live.OrderCancelled, Source: "shop", At: noon, CancelType: live.CancelMerchant}, Received: noon.Add(72 * time.Hour)},
	}
	history := []live.OrderHistory{{Merchant: "m", Order: "o", Facts: facts}}
	for _, room := range []live.RoomID{"", "r"} {
		t.Run(fmt.Sprintf("room %q", room), func(t *testing.T) {
			from, until := noon.Add(-12*time.Hour), noon.Add(60*time.Hour) // three days; the cancellation is out
			days, err := analytics.EventDays(sequence(history), zone, from, until, room, nil)
			if err != nil {
				t.Fatal(err)
			}
			var said []analytics.DayMoney
			var before live.Order
			for i := range facts[:3] {
				var set []live.OrderFact
				for _, f := range facts[:i+1] {
					set = append(set, f.OrderFact)
				}
				after := live.FoldOrder("m", "o", set)
				d := analytics.DayMoney{Day: facts[i].Received.In(zone).Format(time.DateOnly), Money: analytics.Money{Currency: "CNY"}}
				for _, x := range live.Deltas(before, after) {
					if room != "" && x.Room != room {
						continue
					}
					m := &d.Money
					m.Orders += x.Orders
					m.OrdersPaid += x.Paid
					m.OrdersCancelled += x.Cancelled
					m.OrdersRefunded += x.Refunded
					m.SKUOrders += x.SKUOrders
					m.SKUOrdersPaid += x.SKUPaid
					m.ItemsCreated += x.UnitsCreated
					m.ItemsPaid += x.UnitsPaid
					m.Created += x.Created
					m.Paid += x.PaidMinor
					m.Subsidy += x.Subsidy
					m.RefundGoods += x.RefundGoods
					m.RefundShipping += x.RefundShip
					m.CancelledPaid += x.CancelledPaid
					m.RefundPreShip += x.RefundPreShip
					m.Settled += x.Settled
					m.Deposit += x.Deposit
					m.Balance += x.Balance
					m.CommissionAccrued += x.Commission
					m.CommissionReversed += x.CommissionBack
				}
				before = after
				said = append(said, d)
			}
			// The ledger's entries are booked from the same deltas.
			var entries []live.PostedTotal
			before = live.Order{}
			for i := range facts[:3] {
				var set []live.OrderFact
				for _, f := range facts[:i+1] {
					set = append(set, f.OrderFact)
				}
				after := live.FoldOrder("m", "o", set)
				total := live.PostedTotal{Order: "o", At: facts[i].Received, LedgerTotal: live.LedgerTotal{Currency: "CNY"}}
				for _, p := range live.Postings(live.Deltas(before, after)) {
					if room == "" || p.Delta.Room == room {
						total.Post(p.Account, p.Minor)
					}
				}
				before, entries = after, append(entries, total)
			}
			postings, err := analytics.PostedDays(sequence(entries), zone)
			if err != nil {
				t.Fatal(err)
			}
			r := analytics.DayReconciliation{Axis: analytics.AxisEvent}
			r.ReconcileDays(said, days, postings, nil)
			if !r.Agree || len(r.Rows) == 0 {
				t.Errorf("the days differ: %+v", r.Rows)
			}
			entries[0].PaidMinor--
			short, err := analytics.PostedDays(sequence(entries), zone)
			if err != nil {
				t.Fatal(err)
			}
			if r.ReconcileDays(said, days, short, nil); r.Agree {
				t.Error("one cent less in the entries and the days agree")
			}
			entries[0].PaidMinor++
			said[len(said)-1].Money.Paid++
			if r.ReconcileDays(said, days, postings, nil); r.Agree {
				t.Error("one cent more on one side and the days agree")
			}
			var orders []analytics.OrderDayMoney
			for _, d := range said {
				orders = append(orders, analytics.OrderDayMoney{Order: "o", DayMoney: d})
			}
			// Two cents that cancel out in the sum of a day that has nothing else.
			for i, cent := range []int64{1, -1} {
				x := analytics.OrderDayMoney{Order: live.OrderID(fmt.Sprint("x", i)), DayMoney: analytics.DayMoney{Day: "2026-03-01", Money: analytics.Money{Currency: "USD", MoneyLife: analytics.MoneyLife{Settled: cent}}}}
				orders = append(orders, x)
			}
			sides := func(facts []analytics.OrderDayMoney) analytics.DaySides {
				return analytics.DaySides{
					Facts: sequence(facts), Ledger: analytics.OrderEventDays(sequence(history), zone, from, until, room, nil),
					Postings: analytics.OrderPostedDays(sequence(entries), zone),
				}
			}
			if err := r.Explain(sides(orders), 1); err != nil {
				t.Fatal(err)
			}
			var named []string
			for _, row := range r.Rows {
				if row.Orders.Count > 0 {
					for _, d := range row.Orders.Orders {
						named = append(named, fmt.Sprint(row.Day, " ", row.Currency, " ", row.Figure, " ", row.Orders.Count, " ", d.Order, " ", d.Facts, " ", d.Ledger, " ", *d.Postings))
					}
				}
			}
			last := said[len(said)-1]
			want := []string{"2026-03-01 USD gmv_settled_minor 2 x0 1 0 0"}
			for _, figure := range []string{"gmv_paid_minor", "gmv_net_minor"} {
				for _, row := range r.Rows {
					if row.Day == last.Day && row.Figure == figure && row.Currency == "CNY" {
						want = append(want, fmt.Sprint(row.Day, " CNY ", figure, " 1 o ", row.Facts, " ", row.Ledger, " ", row.Ledger))
					}
				}
			}
			if diff := cmp.Diff(want, named); diff != "" {
				t.Errorf("explained (-want +got):\n%s", diff)
			}
			backwards := []analytics.OrderDayMoney{orders[len(orders)-1], orders[0]}
			if err := r.Explain(sides(backwards), 1); err == nil {
				t.Error("a walk that goes back is taken")
			}
		})
	}
}
