package analytics

import (
	"slices"
	"time"

	"showrunner/live"
)

// ShowDayMoney is what one side says about one show on one calendar day in one
// currency. An empty show is that of the orders outside every show.
type ShowDayMoney struct {
	Show live.ShowID
	DayMoney
}

// rolledByMinute are the figures that the minute rollup of money keeps. The
// others are in rollups that know the show and no time, or leave something out
// (the rollup of products has no lines without a product), and cannot be told by day.
var rolledByMinute = []string{
	"orders", "orders_paid", "gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "cancelled_paid_minor",
	"refund_goods_minor", "refund_shipping_minor",
}

// DayShows is what is kept by show and minute, summed by day. It stands on
// [AxisEvent] alone: neither rollups nor reports are told by day of payment.
type DayShows struct {
	zone     *time.Location
	from, to string // first and last day
	shows    map[live.ShowID]bool
	oneRoom  bool

	rollup, outside map[dayKey]*Money
	reports         map[dayKey]map[string]int64
	// uncounted are the days on which a report has orders of other currencies
	// than its own beside them, untold those whose money stands in no report.
	uncounted, untold map[dayKey]bool
}

// NewDayShows begins with no show at all, for the days of [from, until) in zone.
// With oneRoom the shows to be added are those of one room.
func NewDayShows(zone *time.Location, from, until time.Time, oneRoom bool) *DayShows {
	return &DayShows{
		zone: zone, from: from.Format(time.DateOnly), to: until.AddDate(0, 0, -1).Format(time.DateOnly), oneRoom: oneRoom,
		shows: map[live.ShowID]bool{}, rollup: map[dayKey]*Money{}, outside: map[dayKey]*Money{},
		reports: map[dayKey]map[string]int64{}, uncounted: map[dayKey]bool{}, untold: map[dayKey]bool{},
	}
}

// Report adds what the report of a show says in its section of days, which is
// in the currency of the show, but for orders, which it counts whatever their
// currency. f needs no more than the minutes.
func (d *DayShows) Report(show live.Show, f *Figures) {
	d.shows[show.ID] = true
	t := DayTable(show, f, d.zone)
	for _, row := range t.Rows {
		if row[0].Text < d.from || row[0].Text > d.to {
			continue
		}
		k := dayKey{row[0].Text, show.Currency}
		if d.reports[k] == nil {
			d.reports[k] = map[string]int64{}
		}
		for i, c := range t.Columns[1:] {
			d.reports[k][c.Key] += row[i+1].Num
		}
	}
	for i := range f.Minutes {
		day := f.Minutes[i].T.In(d.zone).Format(time.DateOnly)
		for _, x := range f.Minutes[i].Money {
			if x.Currency != show.Currency && day >= d.from && day <= d.to {
				d.untold[dayKey{day, x.Currency}] = true
				d.uncounted[dayKey{day, show.Currency}] = true
			}
		}
	}
}

// Sum adds what facts and rollups say show by show, after every show has its
// report. Orders of a show without one are outside, as those of no show are.
func (d *DayShows) Sum(facts, rollup []ShowDayMoney) {
	for i := range facts {
		if x := &facts[i]; !d.shows[x.Show] {
			addMoney(d.outside, &x.DayMoney)
		}
	}
	for i := range rollup {
		if x := &rollup[i]; !d.oneRoom || d.shows[x.Show] {
			addMoney(d.rollup, &x.DayMoney)
		}
	}
}

// addMoney adds the figures that reports and minute rollups tell by day.
func addMoney(to map[dayKey]*Money, x *DayMoney) {
	k := dayKey{x.Day, x.Money.Currency}
	if to[k] == nil {
		to[k] = &Money{Currency: x.Money.Currency}
	}
	m, add := to[k], &x.Money
	m.Orders += add.Orders
	m.OrdersPaid += add.OrdersPaid
	m.Created += add.Created
	m.Paid += add.Paid
	m.RefundGoods += add.RefundGoods
	m.RefundShipping += add.RefundShipping
	m.CancelledPaid += add.CancelledPaid
	m.Settled += add.Settled
	m.Deposit += add.Deposit
	m.Balance += add.Balance
	m.CommissionAccrued += add.CommissionAccrued
	m.CommissionReversed += add.CommissionReversed
}

// keys are the days of which the sides tell.
func (d *DayShows) keys(add func(dayKey)) {
	if d == nil {
		return
	}
	for k := range d.rollup {
		add(k)
	}
	for k := range d.reports {
		add(k)
	}
}

// fill puts the columns into a row; those that cannot be told stay nil.
func (d *DayShows) fill(row *DayRow, money func(*Money) int64) {
	if d == nil {
		return
	}
	k := dayKey{row.Day, row.Currency}
	of := func(side map[dayKey]*Money) *int64 {
		n := int64(0)
		if m := side[k]; m != nil {
			n = money(m)
		}
		return &n
	}
	// A rollup knows the show and not the room: what is outside the shows of a
	// room cannot be found in it.
	if slices.Contains(rolledByMinute, row.Figure) && (!d.oneRoom || d.outside[k] == nil) {
		row.Rollup = of(d.rollup)
	}
	if !slices.Contains(TimelineKeys(), row.Figure) || d.untold[k] || d.uncounted[k] && !posted(row.Figure) {
		return
	}
	n := d.reports[k][row.Figure]
	row.Report, row.Outside = &n, of(d.outside)
}
