package analytics

import (
	"time"

	"showrunner/live"
)

// LateSales is what a show had sold some days after its end, cumulated.
type LateSales struct {
	Days      int // after the end; 0: while the show was on
	Paid, Net int64
	// Complete is false while facts of the window may still come.
	Complete bool
}

// lateDays are the windows that platforms report.
var lateDays = []int{0, 1, 3, 7, 15, 30}

// Late cumulates the money of a show in its currency over the days after its
// end, by the time the server learned of it, in whole minutes. A show that has
// not ended has none.
func Late(show live.Show, f *Figures) []LateSales {
	if show.EndedAt.IsZero() {
		return nil
	}
	rows := make([]LateSales, len(lateDays))
	for i, days := range lateDays {
		until := show.EndedAt.Add(time.Duration(days) * 24 * time.Hour)
		rows[i] = LateSales{Days: days, Complete: !f.AsOf.Before(until)}
		for _, m := range f.Minutes {
			if m.T.After(until) {
				break
			}
			for _, x := range m.Money {
				if x.Currency == show.Currency {
					rows[i].Paid += x.Paid
					rows[i].Net += x.Paid - x.Refunded - x.CancelledPaid
				}
			}
		}
	}
	return rows
}
