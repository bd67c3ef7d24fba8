package analytics

import (
	"fmt"
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

// Explain walks the orders of both sides, each in ascending byte order of ids,
// and puts beside every figure of every day the orders on which the two differ
// there, at most limit of them. It is told after [DayReconciliation.ReconcileDays].
// Differences that cancel out within a day are told too, and then the sides do
// not agree.
func (r *DayReconciliation) Explain(facts iter.Seq2[OrderDayMoney, error], ledger iter.Seq2[OrderDays, error], limit int) error {
	limit = min(max(limit, 1), MaxExplained)
	r.Explained = true
	rows := map[dayKey][]*DayRow{}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Orders = &Explained{}
		k := dayKey{row.Day, row.Currency}
		rows[k] = append(rows[k], row)
	}
	said, stopFacts := pullSorted(byOrder(facts), func(s *orderSaid) (live.OrderID, live.Currency) { return s.order, "" })
	defer stopFacts()
	book, stopBook := pullSorted(ledger, func(o *OrderDays) (live.OrderID, live.Currency) { return o.Order, "" })
	defer stopBook()
	f, okF, err := said()
	if err != nil {
		return fmt.Errorf("read orders from facts: %w", err)
	}
	l, okL, err := book()
	if err != nil {
		return fmt.Errorf("read orders from ledger: %w", err)
	}
	for okF || okL {
		order, both := l.Order, orderSaid{}
		var days DayLedger
		if okF && (!okL || f.order <= l.Order) {
			order, both = f.order, f
		}
		if okL && l.Order == order {
			days = l.Days
		}
		r.compareOrder(rows, order, both.days, days, limit)
		if both.days != nil {
			if f, okF, err = said(); err != nil {
				return fmt.Errorf("read orders from facts: %w", err)
			}
		}
		if days != nil {
			if l, okL, err = book(); err != nil {
				return fmt.Errorf("read orders from ledger: %w", err)
			}
		}
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
func (r *DayReconciliation) compareOrder(rows map[dayKey][]*DayRow, order live.OrderID, said map[dayKey]*Money, booked DayLedger, limit int) {
	keys := map[dayKey]bool{}
	for k := range said {
		keys[k] = true
	}
	for k := range booked {
		keys[k] = true
	}
	for k := range keys {
		n := 0
		for i, f := range reconciled {
			if !r.Axis.on(f.figure) {
				continue
			}
			d := OrderDifference{Order: order}
			if m := said[k]; m != nil {
				d.Facts = f.money(m)
			}
			if l := booked[k]; l != nil {
				d.Ledger = l[i]
			}
			if n++; d.Facts == d.Ledger {
				continue
			}
			r.Agree = false
			if rows[k] == nil {
				rows[k] = r.zeros(k)
			}
			x := rows[k][n-1].Orders
			if x.Count++; len(x.Orders) < limit {
				x.Orders = append(x.Orders, d)
			}
		}
	}
}

// zeros are the rows of a day on which the sums of both sides are all zero.
func (r *DayReconciliation) zeros(k dayKey) (rows []*DayRow) {
	for _, f := range reconciled {
		if r.Axis.on(f.figure) {
			rows = append(rows, &DayRow{Day: k.day, Currency: k.currency, Figure: f.figure, Orders: &Explained{}})
		}
	}
	return rows
}
