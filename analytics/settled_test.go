package analytics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestSettle names each kind of difference between a settlement file and the
// orders, by show and by day of payment.
func TestSettle(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	order := func(id string, show live.ShowID, c live.Currency, paid int64, day int) live.OrderTotal {
		return live.OrderTotal{
			Order: live.OrderID(id), Show: show, PaidAt: noon.AddDate(0, 0, day),
			LedgerTotal: live.LedgerTotal{Currency: c, Paid: 1, PaidMinor: paid, RefundGoodsMinor: 5},
		}
	}
	row := func(id string, c live.Currency, paid, refunded int64) live.SettlementRow {
		return live.SettlementRow{Line: 2, Order: live.OrderID(id), Currency: c, Paid: paid, Refunded: &refunded, Settled: new(paid - 1)}
	}
	orders := []live.OrderTotal{
		order("a-same", "s", "CNY", 100, 0), order("b-amount", "s", "CNY", 200, 0), order("c-currency", "s", "CNY", 300, 1), order("d-there", "s", "CNY", 400, 1),
	}
	orders[1].SettledMinor = 200 // Told by facts: compared.
	unpaid := order("e-unpaid", "s", "CNY", 0, 0)
	unpaid.PaidAt, unpaid.RefundGoodsMinor = time.Time{}, 0
	file := []live.SettlementRow{row("a-same", "CNY", 100, 5), row("b-amount", "CNY", 201, 4), row("c-currency", "USD", 300, 5), row("f-here", "CNY", 7, 0)}
	list := func(day string, c live.Currency, figure string, x *analytics.Settled) (lines []string) {
		if x == nil {
			return nil
		}
		lines = append(lines, fmt.Sprint(day, c, " ", figure, " ", x.Minor, " ", x.Difference, " ", x.Count))
		for _, d := range x.Orders {
			lines = append(lines, fmt.Sprint("  ", d.Order, " ", d.Kind, " ", d.Settlement, " ", d.Ledger))
		}
		return lines
	}

	r := analytics.Reconcile(nil, analytics.Figures{}, nil, nil, nil)
	if err := r.Settle(sequence(file), sequence(append(orders, unpaid)), 10); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.Rows {
		got = append(got, list("", x.Currency, x.Figure, x.Settled)...)
	}
	want := []string{
		"CNY gmv_paid_minor 308 -692 4",
		"  b-amount amount_differs 201 200", "  c-currency currency_differs 0 300", "  d-there missing_there 0 400", "  f-here missing_here 7 0",
		"CNY refund_minor 9 -1 1", "  b-amount amount_differs 4 5",
		"CNY gmv_settled_minor 305 0 0",
		"USD gmv_paid_minor 300 300 1", "  c-currency currency_differs 300 0",
		"USD refund_minor 5 5 1", "  c-currency currency_differs 5 0",
		"USD gmv_settled_minor 299 0 0",
	}
	if diff := cmp.Diff(want, got); diff != "" || r.Agree {
		t.Errorf("by show: agree %v (-want +got):\n%s", r.Agree, diff)
	}
	r = analytics.Reconcile(nil, analytics.Figures{}, nil, nil, nil)
	if err := r.Settle(sequence(file[:1]), sequence(orders[:1]), 10); err != nil || !r.Agree {
		t.Errorf("one order that is the same: agree %v, %v", r.Agree, err)
	}
	if err := r.Settle(sequence([]live.SettlementRow{file[1], file[0]}), sequence(orders), 10); err == nil {
		t.Error("a file that goes back is taken")
	}

	// By day: a show without a file is not compared, and an order in the files of
	// two shows belongs to one.
	elsewhere := order("g-no-file", "t", "CNY", 9, 0)
	settled := func(i int, show live.ShowID, day int) live.SettledRow {
		return live.SettledRow{SettlementRow: file[i], Show: show, At: noon.AddDate(0, 0, day)}
	}
	files := []live.SettledRow{settled(0, "s", 0), settled(0, "u", 2), settled(1, "s", 0), settled(2, "s", 1), settled(3, "s", 2)}
	d := analytics.DayReconciliation{Axis: analytics.AxisPay}
	d.ReconcileDays(nil, nil, nil, nil)
	if err := d.Settle(sequence(files), sequence(append(orders, elsewhere)), map[live.ShowID]bool{"s": true, "u": true}, time.UTC, 1); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, x := range d.Rows {
		if x.Figure == "gmv_paid_minor" {
			got = append(got, list(x.Day+" ", x.Currency, x.Figure, x.Settled)...)
		}
	}
	want = []string{
		"2026-03-01 CNY gmv_paid_minor 301 1 1", "  b-amount amount_differs 201 200",
		"2026-03-02 CNY gmv_paid_minor 0 -700 2", "  c-currency currency_differs 0 300",
		"2026-03-02 USD gmv_paid_minor 300 300 1", "  c-currency currency_differs 300 0",
		"2026-03-03 CNY gmv_paid_minor 107 107 2", "  a-same missing_here 100 0",
	}
	if diff := cmp.Diff(want, got); diff != "" || d.Agree {
		t.Errorf("by day: agree %v (-want +got):\n%s", d.Agree, diff)
	}
}
