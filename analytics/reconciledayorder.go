package analytics

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// OrderDayMoney is what the facts say about one order on one day in one currency.
type OrderDayMoney struct {
	Order live.OrderID
	DayMoney
}

// OrderDays is what the ledger says about one order on each day.
type OrderDays struct {
	Order live.OrderID
	Days  DayLedger
}

// OrderPayDays is [PayDays] order by order.
func OrderPayDays(orders iter.Seq2[live.OrderTotal, error], zone *time.Location) iter.Seq2[OrderDays, error] {
	return func(yield func(OrderDays, error) bool) {
		for o, err := range orders {
			x := OrderDays{o.Order, DayLedger{}}
			if err == nil {
				x.Days.add(o.PaidAt.In(zone).Format(time.DateOnly), &o.LedgerTotal, 1)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// OrderPostedDays is [PostedDays] order by order.
func OrderPostedDays(entries iter.Seq2[live.PostedTotal, error], zone *time.Location) iter.Seq2[OrderDays, error] {
	return func(yield func(OrderDays, error) bool) {
		at := OrderDays{}
		for t, err := range entries {
			if err != nil {
				yield(OrderDays{}, err)
				return
			}
			if at.Days != nil && at.Order != t.Order {
				if !yield(at, nil) {
					return
				}
				at.Days = nil
			}
			if at.Days == nil {
				at = OrderDays{t.Order, DayLedger{}}
			}
			at.Days.add(t.At.In(zone).Format(time.DateOnly), &t.LedgerTotal, 1)
		}
		if at.Days != nil {
			yield(at, nil)
		}
	}
}

// OrderEventDays is [EventDays] order by order.
func OrderEventDays(histories iter.Seq2[live.OrderHistory, error], zone *time.Location, from, until time.Time, room live.RoomID, rehearsals map[live.ShowID]bool) iter.Seq2[OrderDays, error] {
	return func(yield func(OrderDays, error) bool) {
		for h, err := range histories {
			x := OrderDays{h.Order, DayLedger{}}
			if err == nil {
				x.Days.history(&h, zone, from, until, room, rehearsals)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// orderSaid is every day of one order as the facts say it.
type orderSaid struct {
	order live.OrderID
	days  map[dayKey]*Money
}

// byOrder gathers the days of each order, which stand side by side.
func byOrder(facts iter.Seq2[OrderDayMoney, error]) iter.Seq2[orderSaid, error] {
	return func(yield func(orderSaid, error) bool) {
		var at orderSaid
		for m, err := range facts {
			if err != nil {
				yield(orderSaid{}, err)
				return
			}
			if at.days != nil && at.order != m.Order {
				if !yield(at, nil) {
					return
				}
				at.days = nil
			}
			if at.days == nil {
				at = orderSaid{m.Order, map[dayKey]*Money{}}
			}
			at.days[dayKey{m.Day, m.Money.Currency}] = &m.Money
		}
		if at.days != nil {
			yield(at, nil)
		}
	}
}

// DaySides are the walks over the orders of some days that are held against
// each other, each in ascending byte order of ids.
type DaySides struct {
	Facts    iter.Seq2[OrderDayMoney, error]
	Ledger   iter.Seq2[OrderDays, error]
	Postings iter.Seq2[OrderDays, error]
}

// Explain walks the orders of all sides and puts beside every figure of every
// day the orders on which they differ there, at most limit of them. It is told
// after [DayReconciliation.ReconcileDays]. Differences that cancel out within a
// day are told too, and then the sides do not agree.
func (r *DayReconciliation) Explain(s DaySides, limit int) error {
	limit = min(max(limit, 1), MaxExplained)
	r.Explained = true
	rows := map[dayKey][]*DayRow{}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Orders = &Explained{}
		k := dayKey{row.Day, row.Currency}
		rows[k] = append(rows[k], row)
	}
	days := func(o *OrderDays) place { return place{order: o.Order} }
	err := walk(
		side[orderSaid]{"facts", byOrder(s.Facts), func(o *orderSaid) place { return place{order: o.order} }},
		side[OrderDays]{"ledger", s.Ledger, days}, side[OrderDays]{"postings", s.Postings, days},
		func(p place, said *orderSaid, booked, entered *OrderDays) {
			r.compareOrder(rows, p.order, cmp.Or(said, &orderSaid{}).days, cmp.Or(booked, &OrderDays{}).Days, cmp.Or(entered, &OrderDays{}).Days, limit)
		})
	if err != nil {
		return err
	}
	var all []DayRow
	for _, k := range slices.SortedFunc(maps.Keys(rows), dayKey.compare) {
		for _, row := range rows[k] {
			all = append(all, *row)
		}
	}
	r.Rows = all
	return nil
}

// compareOrder notes on which figures of which days the sides differ on an order.
func (r *DayReconciliation) compareOrder(rows map[dayKey][]*DayRow, order live.OrderID, said map[dayKey]*Money, booked, entered DayLedger, limit int) {
	keys := map[dayKey]bool{}
	for k := range said {
		keys[k] = true
	}
	for _, side := range []DayLedger{booked, entered} {
		for k := range side {
			keys[k] = true
		}
	}
	for k := range keys {
		n := 0
		for i, f := range reconciled {
			if !r.Axis.on(f.figure) {
				continue
			}
			d := OrderDifference{Order: order, Ledger: booked.of(k, i)}
			if m := said[k]; m != nil {
				d.Facts = f.money(m)
			}
			if posted(f.figure) {
				entry := entered.of(k, i)
				d.Postings = &entry
			}
			if n++; d.spread() == 0 {
				continue
			}
			r.Agree = false
			if rows[k] == nil {
				rows[k] = r.zeros(k)
			}
			rows[k][n-1].Orders.note(&d, limit)
		}
	}
}

// zeros are the rows of a day on which the sums of all sides are zero.
func (r *DayReconciliation) zeros(k dayKey) (rows []*DayRow) {
	for _, f := range reconciled {
		if !r.Axis.on(f.figure) {
			continue
		}
		row := &DayRow{Day: k.day, Currency: k.currency, Figure: f.figure}
		if r.Explained {
			row.Orders = &Explained{}
		}
		if posted(f.figure) {
			row.Postings = new(int64)
		}
		r.shows.fill(row, f.money)
		rows = append(rows, row)
	}
	return rows
}
