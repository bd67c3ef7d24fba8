package analytics

import (
	"time"

	"showrunner/live"
)

// LateSales is what a show had sold some days after its end, cumulated. Each
// amount stands where the server learned of it: what goes back later lowers
// later windows and not this one.
type LateSales struct {
	Currency         live.Currency
	Days             int // after the end; 0: while the show was on
	Paid, Net        int64
	Refunded         int64 // goods and shipping
	CancelledPaid    int64
	Settled          int64
	Deposit, Balance int64
	Commission       int64 // accrued less reversed
	// Begun is false before the last day of the window: the show may sell as much as
	// by then, or none of it, and nothing is told.
	Begun bool
	// Complete is false while facts of the window may still come.
	Complete bool
}

// LateColumns are the amounts of a window by the metrics they are told as.
var LateColumns = []struct {
	Column
	Of func(*LateSales) int64
}{
	{like("gmv_paid_minor"), func(l *LateSales) int64 { return l.Paid }},
	{like("gmv_net_minor"), func(l *LateSales) int64 { return l.Net }},
	{like("refund_minor"), func(l *LateSales) int64 { return l.Refunded }},
	{like("cancelled_paid_minor"), func(l *LateSales) int64 { return l.CancelledPaid }},
	{like("gmv_settled_minor"), func(l *LateSales) int64 { return l.Settled }},
	{like("deposit_minor"), func(l *LateSales) int64 { return l.Deposit }},
	{like("balance_minor"), func(l *LateSales) int64 { return l.Balance }},
	{like("commission_minor"), func(l *LateSales) int64 { return l.Commission }},
}

// lateDays are the windows that platforms report.
var lateDays = live.LedgerDays

const lateDay = 24 * time.Hour

// LateReach tells how far the window of so many days after the end of a show has
// come: whether its last day has begun, and whether it is over.
func LateReach(ended time.Time, days int, asOf time.Time) (begun, complete bool) {
	until := ended.Add(time.Duration(days) * lateDay)
	return days == 0 || asOf.After(until.Add(-lateDay)), !asOf.Before(until)
}

// State tells how far a window has come, as a word of the API.
func (l *LateSales) State() string { return LateState(l.Begun, l.Complete) }

// LateState is the word of the API for how far a window has come, see [LateReach].
func LateState(begun, complete bool) string {
	switch {
	case !begun:
		return LateNotYet
	case !complete:
		return LateSoFar
	}
	return LateComplete
}

// States of a window, see [LateSales.State].
const (
	LateNotYet   = "not_yet"
	LateSoFar    = "so_far"
	LateComplete = "complete"
)

// LateByCurrency is [Late] of every currency that anything was told in, the
// show's first and the others by name.
func LateByCurrency(show live.Show, f *Figures) []LateSales {
	rows := Late(show, f, show.Currency)
	for i := range f.Money {
		if c := f.Money[i].Currency; c != show.Currency {
			rows = append(rows, Late(show, f, c)...)
		}
	}
	return rows
}

// Late cumulates the money of a show in one currency over the days after its
// end, by the time the server learned of it, in whole minutes. A show that has
// not ended has none. What was sold so far is that of the last day that has begun:
// under the name of a later one it would be a figure of days that have not come.
func Late(show live.Show, f *Figures, currency live.Currency) []LateSales {
	if show.EndedAt.IsZero() {
		return nil
	}
	rows := make([]LateSales, len(lateDays))
	for i, days := range lateDays {
		until := show.EndedAt.Add(time.Duration(days) * lateDay)
		row := &rows[i]
		row.Currency, row.Days = currency, days
		row.Begun, row.Complete = LateReach(show.EndedAt, days, f.AsOf)
		if !row.Begun {
			continue
		}
		for _, m := range f.Minutes {
			if m.T.After(until) {
				break
			}
			for j := range m.Money {
				if x := &m.Money[j]; x.Currency == currency {
					row.Paid += x.Paid
					row.Net += x.Net()
					row.Refunded += x.Refunded
					row.CancelledPaid += x.CancelledPaid
					row.Settled += x.Settled
					row.Deposit += x.Deposit
					row.Balance += x.Balance
					row.Commission += x.Commission
				}
			}
		}
	}
	return rows
}
