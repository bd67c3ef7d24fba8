package analytics

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// DayAxis says on which day a figure stands.
type DayAxis string

// The two axes. They answer different questions and never mix: a refund stands
// on the day it came in on the one, on the day of the purchase on the other.
const (
	// AxisEvent is the day a fact was taken in, by the server's clock. A day
	// that is over never changes any more.
	AxisEvent DayAxis = "event"
	// AxisPay is the day the order was first paid, by the platform's clock.
	// Later refunds and cancellations change the day of the purchase.
	AxisPay DayAxis = "pay"
)

// DayMoney is what the facts say about one calendar day in one currency.
type DayMoney struct {
	Day   string // 2006-01-02
	Money Money
}

// DayReconciliation compares what is known of a merchant's orders day by day.
// The snapshot is not among it: it is of a show as of now, and no day has one.
type DayReconciliation struct {
	Axis        DayAxis
	From, To    string // first and last day
	TimeZone    string
	Agree       bool
	Provisional bool
	Explained   bool     // the orders behind the differences are named
	Rows        []DayRow // by day, currency, then in a fixed order of figures

	shows *DayShows
}

// DayRow is one figure of one day in one currency.
type DayRow struct {
	Day           string
	Currency      live.Currency
	Figure        string
	Facts, Ledger int64
	// Rollup is the minute rollup; nil for what it does not keep, and on [AxisPay].
	Rollup *int64
	// Report is the sum of the days of the reports; nil for what they do not
	// split by day or currency, and on [AxisPay].
	Report *int64
	// Outside is what the facts say of orders in no show that has a report; it is
	// what Report lacks of the other columns, and nil as Report is.
	Outside  *int64
	Postings *int64     // the double-entry ledger; nil for a figure that has no account
	Settled  *Settled   // the platform's file; nil for what it does not tell
	Orders   *Explained // those on which the sides differ; nil when not asked for
}

// Difference is the spread of our own columns: the largest less the smallest.
// Outside counts with the report.
func (r *DayRow) Difference() int64 {
	low, high := min(r.Facts, r.Ledger), max(r.Facts, r.Ledger)
	for _, n := range []*int64{r.Postings, r.Rollup, r.reported()} {
		if n != nil {
			low, high = min(low, *n), max(high, *n)
		}
	}
	return high - low
}

// reported is the report with what no report has.
func (r *DayRow) reported() *int64 {
	if r.Report == nil {
		return nil
	}
	n := *r.Report
	if r.Outside != nil {
		n += *r.Outside
	}
	return &n
}

// payFigures stand on the pay-date axis: before a payment there is no such day.
var payFigures = []string{
	"orders_paid", "orders_refunded", "sku_orders_paid", "items_paid", "gmv_paid_minor", "gmv_net_minor", "refund_minor",
	"cancelled_paid_minor", "subsidy_minor", "refund_goods_minor", "refund_shipping_minor", "refund_pre_ship_minor", "gmv_settled_minor",
	"balance_minor", "commission_accrued_minor", "commission_reversed_minor", "commission_minor",
}

// on reports whether a figure can be told by day on the axis.
func (a DayAxis) on(figure string) bool {
	if a == AxisPay {
		return slices.Contains(payFigures, figure)
	}
	return figure != figureBuyers
}

type dayKey struct {
	day      string
	currency live.Currency
}

func (k dayKey) compare(x dayKey) int {
	return cmp.Or(strings.Compare(k.day, x.day), strings.Compare(string(k.currency), string(x.currency)))
}

// DayLedger is the ledger's side of the days: sums by day and currency in the
// order of the figures compared.
type DayLedger map[dayKey][]int64

func (d DayLedger) add(day string, t *live.LedgerTotal, sign int64) {
	k := dayKey{day, t.Currency}
	if d[k] == nil {
		d[k] = make([]int64, len(reconciled))
	}
	for i := range reconciled {
		d[k][i] += sign * reconciled[i].ledger(t)
	}
}

// of is a figure of a day, zero if there is nothing on it.
func (d DayLedger) of(k dayKey, figure int) int64 {
	if d[k] == nil {
		return 0
	}
	return d[k][figure]
}

// PayDays files orders under the day of their first payment in zone.
func PayDays(orders iter.Seq2[live.OrderTotal, error], zone *time.Location) (DayLedger, error) {
	d := DayLedger{}
	for o, err := range orders {
		if err != nil {
			return nil, err
		}
		d.add(o.PaidAt.In(zone).Format(time.DateOnly), &o.LedgerTotal, 1)
	}
	return d, nil
}

// PostedDays files the entries of the double-entry ledger under the day they
// are told with, in zone.
func PostedDays(entries iter.Seq2[live.PostedTotal, error], zone *time.Location) (DayLedger, error) {
	d := DayLedger{}
	for t, err := range entries {
		if err != nil {
			return nil, err
		}
		d.add(t.At.In(zone).Format(time.DateOnly), &t.LedgerTotal, 1)
	}
	return d, nil
}

// EventDays files under each day of [from, until) what the facts taken in on
// that day changed: the fold of all facts up to its end less the fold of those
// before. It never looks at a delta. An order counts in the room (empty: every
// room) and out of the rehearsals where its fold stands at the time.
func EventDays(histories iter.Seq2[live.OrderHistory, error], zone *time.Location, from, until time.Time, room live.RoomID, rehearsals map[live.ShowID]bool) (DayLedger, error) {
	d := DayLedger{}
	for h, err := range histories {
		if err != nil {
			return nil, err
		}
		d.history(&h, zone, from, until, room, rehearsals)
	}
	return d, nil
}

// history adds the days of one order.
func (d DayLedger) history(h *live.OrderHistory, zone *time.Location, from, until time.Time, room live.RoomID, rehearsals map[live.ShowID]bool) {
	facts := make([]live.OrderFact, 0, len(h.Facts))
	var before live.OrderTotal
	counts := false
	for i := 0; i < len(h.Facts) && h.Facts[i].Received.Before(until); {
		received := h.Facts[i].Received
		day := received.In(zone).Format(time.DateOnly)
		for i < len(h.Facts) && h.Facts[i].Received.Before(until) && h.Facts[i].Received.In(zone).Format(time.DateOnly) == day {
			facts = append(facts, h.Facts[i].OrderFact)
			i++
		}
		o := live.FoldOrder(h.Merchant, h.Order, facts)
		after := live.TotalOf(&o)
		if !received.Before(from) && counts {
			d.add(day, &before.LedgerTotal, -1)
		}
		counts = (room == "" || o.Room == room) && !rehearsals[o.Show]
		if !received.Before(from) && counts {
			d.add(day, &after.LedgerTotal, 1)
		}
		before = after
	}
}

// ReconcileDays compares the facts' days with those of the ledger of orders, of
// the double-entry ledger and of rollups and reports (nil: neither is told) on
// the axis of r, and fills in its rows. Days on which all sides are zero have no rows.
func (r *DayReconciliation) ReconcileDays(facts []DayMoney, ledger, postings DayLedger, shows *DayShows) {
	r.shows = shows
	said := map[dayKey]*Money{}
	for i := range facts {
		said[dayKey{facts[i].Day, facts[i].Money.Currency}] = &facts[i].Money
	}
	keys := map[dayKey]bool{}
	for k := range said {
		keys[k] = true
	}
	for _, side := range []DayLedger{ledger, postings} {
		for k := range side {
			keys[k] = true
		}
	}
	shows.keys(func(k dayKey) { keys[k] = true })
	r.Agree, r.Rows = true, nil
	for _, k := range slices.SortedFunc(maps.Keys(keys), dayKey.compare) {
		var rows []DayRow
		zero := true
		for i, f := range reconciled {
			if !r.Axis.on(f.figure) {
				continue
			}
			row := DayRow{Day: k.day, Currency: k.currency, Figure: f.figure, Ledger: ledger.of(k, i)}
			if m := said[k]; m != nil {
				row.Facts = f.money(m)
			}
			if posted(f.figure) {
				n := postings.of(k, i)
				row.Postings = &n
				zero = zero && n == 0
			}
			shows.fill(&row, f.money)
			zero = zero && row.Facts == 0 && row.Ledger == 0 && row.Difference() == 0
			r.Agree = r.Agree && row.Difference() == 0
			rows = append(rows, row)
		}
		if !zero {
			r.Rows = append(r.Rows, rows...)
		}
	}
}
