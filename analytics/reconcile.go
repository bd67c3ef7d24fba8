package analytics

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"showrunner/live"
)

// Reconciliation puts what five independent paths say about the orders of a
// show side by side.
type Reconciliation struct {
	// Agree is true when every present column of every row is the same.
	Agree bool
	Rows  []ReconciliationRow // by currency, then in a fixed order of figures

	// Explained is true when the orders behind the differences are named.
	Explained bool
	// Provisional is true when facts were still on their way while it was made.
	// It is known only of one that is explained.
	Provisional bool
}

// ReconciliationRow is one figure in one currency.
type ReconciliationRow struct {
	Currency live.Currency
	Figure   string
	// Dashboard is the fold of the log; nil when the show is no longer held in memory.
	Dashboard *int64
	Report    int64 // the query over the facts
	Rollup    int64 // the sums kept at insert
	Ledger    int64 // the orders themselves
	// Postings is the double-entry ledger; nil for a figure that has no account:
	// a count is not booked.
	Postings *int64
	// Settled is the platform's file; nil for what it does not tell.
	Settled *Settled
	// Difference is the spread of our own columns: the largest less the smallest.
	// Zero is agreement.
	Difference int64
	// Orders are those on which any two sides differ; nil when not asked for.
	Orders *Explained
}

// figureBuyers counts persons, so it does not add up over orders or days.
const figureBuyers = "buyers"

// posted reports whether the figure has an account in the double-entry ledger:
// all that is money has.
func posted(figure string) bool { return strings.HasSuffix(figure, "_minor") }

// reconciled are the figures compared.
var reconciled = []struct {
	figure string
	money  func(*Money) int64
	ledger func(*live.LedgerTotal) int64
}{
	{"orders", func(m *Money) int64 { return m.Orders }, func(l *live.LedgerTotal) int64 { return l.Orders }},
	{"orders_paid", func(m *Money) int64 { return m.OrdersPaid }, func(l *live.LedgerTotal) int64 { return l.Paid }},
	{"orders_cancelled", func(m *Money) int64 { return m.OrdersCancelled }, func(l *live.LedgerTotal) int64 { return l.Cancelled }},
	{"orders_refunded", func(m *Money) int64 { return m.OrdersRefunded }, func(l *live.LedgerTotal) int64 { return l.Refunded }},
	{"sku_orders", func(m *Money) int64 { return m.SKUOrders }, func(l *live.LedgerTotal) int64 { return l.SKUOrders }},
	{"sku_orders_paid", func(m *Money) int64 { return m.SKUOrdersPaid }, func(l *live.LedgerTotal) int64 { return l.SKUPaid }},
	{"items_created", func(m *Money) int64 { return m.ItemsCreated }, func(l *live.LedgerTotal) int64 { return l.ItemsCreated }},
	{"items_paid", func(m *Money) int64 { return m.ItemsPaid }, func(l *live.LedgerTotal) int64 { return l.ItemsPaid }},
	{figureBuyers, func(m *Money) int64 { return m.Buyers }, func(l *live.LedgerTotal) int64 { return l.Buyers }},
	{"gmv_created_minor", func(m *Money) int64 { return m.Created }, func(l *live.LedgerTotal) int64 { return l.CreatedMinor }},
	{"gmv_paid_minor", func(m *Money) int64 { return m.Paid }, func(l *live.LedgerTotal) int64 { return l.PaidMinor }},
	{"gmv_net_minor", (*Money).Net, func(l *live.LedgerTotal) int64 {
		return l.PaidMinor - l.RefundGoodsMinor - l.RefundShipMinor - l.CancelMinor
	}},
	{"refund_minor", (*Money).Refunded, func(l *live.LedgerTotal) int64 { return l.RefundGoodsMinor + l.RefundShipMinor }},
	{"cancelled_paid_minor", func(m *Money) int64 { return m.CancelledPaid }, func(l *live.LedgerTotal) int64 { return l.CancelMinor }},
	{"subsidy_minor", func(m *Money) int64 { return m.Subsidy }, func(l *live.LedgerTotal) int64 { return l.SubsidyMinor }},
	{"refund_goods_minor", func(m *Money) int64 { return m.RefundGoods }, func(l *live.LedgerTotal) int64 { return l.RefundGoodsMinor }},
	{"refund_shipping_minor", func(m *Money) int64 { return m.RefundShipping }, func(l *live.LedgerTotal) int64 { return l.RefundShipMinor }},
	{"refund_pre_ship_minor", func(m *Money) int64 { return m.RefundPreShip }, func(l *live.LedgerTotal) int64 { return l.RefundPreShipMinor }},
	{"gmv_settled_minor", func(m *Money) int64 { return m.Settled }, func(l *live.LedgerTotal) int64 { return l.SettledMinor }},
	{"deposit_minor", func(m *Money) int64 { return m.Deposit }, func(l *live.LedgerTotal) int64 { return l.DepositMinor }},
	{"balance_minor", func(m *Money) int64 { return m.Balance }, func(l *live.LedgerTotal) int64 { return l.BalanceMinor }},
	{"commission_accrued_minor", func(m *Money) int64 { return m.CommissionAccrued }, func(l *live.LedgerTotal) int64 { return l.CommissionMinor }},
	{"commission_reversed_minor", func(m *Money) int64 { return m.CommissionReversed }, func(l *live.LedgerTotal) int64 { return l.CommissionBackMinor }},
	{"commission_minor", (*Money).Commission, func(l *live.LedgerTotal) int64 { return l.CommissionMinor - l.CommissionBackMinor }},
}

// Reconcile compares the figures of a show: the dashboard's fold (nil if the
// show is no longer held), the report's query, the rollups, the ledger of orders
// and the double-entry ledger. A currency that one side does not know counts as
// zero there.
func Reconcile(dashboard *Figures, report Figures, rollup []Money, ledger, postings []live.LedgerTotal) Reconciliation {
	board, facts, sums := byCurrency(nil), byCurrency(report.Money), byCurrency(rollup)
	if dashboard != nil {
		board = byCurrency(dashboard.Money)
	}
	seen := map[live.Currency]bool{}
	book := func(totals []live.LedgerTotal) map[live.Currency]*live.LedgerTotal {
		m := map[live.Currency]*live.LedgerTotal{}
		for i := range totals {
			m[totals[i].Currency] = &totals[i]
			seen[totals[i].Currency] = true
		}
		return m
	}
	orders, entries := book(ledger), book(postings)
	for _, side := range []moneyOf{board, facts, sums} {
		for c := range side {
			seen[c] = true
		}
	}
	r := Reconciliation{Agree: true}
	for _, c := range slices.Sorted(maps.Keys(seen)) {
		order, entry := cmp.Or(orders[c], &live.LedgerTotal{}), cmp.Or(entries[c], &live.LedgerTotal{})
		for _, f := range reconciled {
			row := ReconciliationRow{
				Currency: c, Figure: f.figure, Report: f.money(facts.of(c)), Rollup: f.money(sums.of(c)), Ledger: f.ledger(order),
			}
			low, high := min(row.Report, row.Rollup, row.Ledger), max(row.Report, row.Rollup, row.Ledger)
			if dashboard != nil {
				n := f.money(board.of(c))
				row.Dashboard, low, high = &n, min(low, n), max(high, n)
			}
			if posted(f.figure) {
				n := f.ledger(entry)
				row.Postings, low, high = &n, min(low, n), max(high, n)
			}
			row.Difference = high - low
			r.Agree = r.Agree && row.Difference == 0
			r.Rows = append(r.Rows, row)
		}
	}
	return r
}

type moneyOf map[live.Currency]*Money

func byCurrency(rows []Money) moneyOf {
	m := moneyOf{}
	for i := range rows {
		m[rows[i].Currency] = &rows[i]
	}
	return m
}

// of is the row of a currency, all zero if there is none.
func (m moneyOf) of(c live.Currency) *Money {
	if x := m[c]; x != nil {
		return x
	}
	return &Money{}
}
