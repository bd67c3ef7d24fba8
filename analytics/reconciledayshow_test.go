package analytics_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

func showDay(show live.ShowID, day string, c live.Currency, paid int64) analytics.ShowDayMoney {
	return analytics.ShowDayMoney{Show: show, DayMoney: analytics.DayMoney{Day: day, Money: analytics.Money{Currency: c, Paid: paid}}}
}

// TestDayShowsOnWire explains days of which one side alone knows something, and
// reads what is written of them.
func TestDayShowsOnWire(t *testing.T) {
	zone := time.FixedZone("east", 8*3600)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	minute := func(at time.Time, paid int64) analytics.Minute {
		return analytics.Minute{T: at.UTC(), Money: []analytics.MinuteMoney{{Currency: "CNY", Paid: paid}}}
	}
	shows := analytics.NewDayShows(zone, from, from.AddDate(0, 0, 3), false)
	shows.Report(live.Show{ID: "s", Currency: "CNY"}, &analytics.Figures{Minutes: []analytics.Minute{
		minute(from.Add(-time.Minute), 1), minute(from, 7), minute(from.AddDate(0, 0, 1).Add(-time.Minute), 3), minute(from.AddDate(0, 0, 3), 1),
	}})
	shows.Sum(
		[]analytics.ShowDayMoney{showDay("s", "2026-03-01", "CNY", 10), showDay("", "2026-03-01", "CNY", 5), showDay("unknown", "2026-03-01", "CNY", 2)},
		[]analytics.ShowDayMoney{showDay("s", "2026-03-01", "CNY", 10), showDay("", "2026-03-01", "CNY", 5), showDay("unknown", "2026-03-01", "CNY", 2), showDay("s", "2026-03-02", "USD", 4)},
	)
	total := booked("o", "p", "CNY", 17)
	total.Paid, total.PaidAt = 0, from
	book, err := analytics.PayDays(sequence([]live.OrderTotal{total}), zone)
	if err != nil {
		t.Fatal(err)
	}
	posted, err := analytics.PostedDays(sequence([]live.PostedTotal{{Order: "o", At: from, LedgerTotal: live.LedgerTotal{Currency: "CNY", PaidMinor: 17}}}), zone)
	if err != nil {
		t.Fatal(err)
	}
	r := analytics.DayReconciliation{Axis: analytics.AxisEvent}
	facts := []analytics.DayMoney{{Day: "2026-03-01", Money: analytics.Money{Currency: "CNY", Paid: 17}}}
	r.ReconcileDays(facts, book, posted, shows)

	// Two cents that cancel out on a day that has nothing else.
	cents := []analytics.OrderDayMoney{
		{Order: "x", DayMoney: showDay("", "2026-03-03", "CNY", 1).DayMoney}, {Order: "y", DayMoney: showDay("", "2026-03-03", "CNY", -1).DayMoney},
	}
	if err := r.Explain(analytics.DaySides{Facts: sequence(cents), Ledger: sequence([]analytics.OrderDays{}), Postings: sequence([]analytics.OrderDays{})}, 5); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"agree":false`, `"absent":{"snapshot":"a live snapshot is of a show as of now, not of a day"}`,
		`{"day":"2026-03-01","currency":"CNY","figure":"gmv_paid_minor","report":10,"outside_shows":7,"rollup":17,"facts":17,"ledger":17,"postings":17,"difference":0,"settlement":null}`,
		`{"day":"2026-03-01","currency":"CNY","figure":"subsidy_minor","report":null,"rollup":null,"facts":0,"ledger":0,"postings":0,"difference":0,"settlement":null}`,
		`{"day":"2026-03-02","currency":"USD","figure":"gmv_paid_minor","report":0,"rollup":4,"facts":0,"ledger":0,"postings":0,"difference":4,"orders":{"count":0,"items":[]},"settlement":null}`,
		`{"day":"2026-03-03","currency":"CNY","figure":"gmv_paid_minor","report":0,"rollup":0,"facts":0,"ledger":0,"postings":0,"difference":0,"orders":{"count":2,`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in\n%s", want, strings.ReplaceAll(string(b), "},{", "},\n{"))
		}
	}

	r = analytics.DayReconciliation{Axis: analytics.AxisPay}
	r.ReconcileDays(nil, book, posted, nil)
	b, err = json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"report":"goes by the day a fact was taken in, not by the day of payment"`, `"rollup":"goes by`, `"snapshot":`,
		`"figure":"gmv_paid_minor","report":null,"rollup":null,"facts":0,"ledger":17,"postings":17,"difference":17`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in\n%s", want, strings.ReplaceAll(string(b), "},{", "},\n{"))
		}
	}
}
