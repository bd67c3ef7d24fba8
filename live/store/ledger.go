package store

import (
	"context"
	"fmt"

	"showrunner/live"
)

// Ledger sums the orders of a show per currency, from the folded orders and
// not from deltas: the independent side of a reconciliation. Sorted by currency.
func (s *Store) Ledger(ctx context.Context, m live.MerchantID, show live.ShowID) ([]live.LedgerTotal, error) {
	var out []live.LedgerTotal
	err := s.snapshot(ctx, func(q querier) error {
		rows, err := q.query(`SELECT currency,
			SUM(CASE WHEN created_at <> 0 THEN 1 ELSE 0 END),
			SUM(CASE WHEN paid_at <> 0 THEN 1 ELSE 0 END),
			SUM(CASE WHEN cancel_type <> '' THEN 1 ELSE 0 END),
			SUM(CASE WHEN state IN ('refunded', 'part_refunded') THEN 1 ELSE 0 END),
			COUNT(DISTINCT CASE WHEN paid_at <> 0 AND person_id <> '' THEN person_id END)
			FROM orders WHERE merchant_id = ? AND show_id = ? GROUP BY currency ORDER BY currency`, string(m), string(show))
		out, err = collect(rows, err, func(r scanner) (live.LedgerTotal, error) {
			var l live.LedgerTotal
			return l, r.Scan(&l.Currency, &l.Orders, &l.Paid, &l.Cancelled, &l.Refunded, &l.Buyers)
		})
		if err != nil {
			return err
		}
		// Line sums apart: a join would count each order once per line.
		rows, err = q.query(`SELECT o.currency,
			SUM(CASE WHEN l.line_id <> '' THEN 1 ELSE 0 END),
			SUM(CASE WHEN l.line_id <> '' AND o.paid_at <> 0 THEN 1 ELSE 0 END),
			SUM(l.qty), SUM(CASE WHEN o.paid_at <> 0 THEN l.qty ELSE 0 END),
			SUM(l.created_minor), SUM(l.paid_minor), SUM(CASE WHEN o.paid_at <> 0 THEN l.subsidy_minor ELSE 0 END),
			SUM(l.refund_goods_minor), SUM(l.refund_ship_minor), SUM(l.cancelled_paid_minor), SUM(l.deposit_minor), SUM(l.balance_minor),
			SUM(l.settled_minor), SUM(l.commission_minor), SUM(l.commission_back_minor), SUM(l.refund_pre_ship_minor)
			FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
			WHERE o.merchant_id = ? AND o.show_id = ? GROUP BY o.currency`, string(m), string(show))
		lines, err := collect(rows, err, func(r scanner) (live.LedgerTotal, error) {
			var l live.LedgerTotal
			return l, r.Scan(&l.Currency, &l.SKUOrders, &l.SKUPaid, &l.ItemsCreated, &l.ItemsPaid,
				&l.CreatedMinor, &l.PaidMinor, &l.SubsidyMinor, &l.RefundGoodsMinor, &l.RefundShipMinor, &l.CancelMinor,
				&l.DepositMinor, &l.BalanceMinor, &l.SettledMinor, &l.CommissionMinor, &l.CommissionBackMinor, &l.RefundPreShipMinor)
		})
		for _, l := range lines {
			for i := range out {
				if o := &out[i]; o.Currency == l.Currency {
					l.Currency, l.Orders, l.Paid, l.Cancelled, l.Refunded, l.Buyers = o.Currency, o.Orders, o.Paid, o.Cancelled, o.Refunded, o.Buyers
					*o = l
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sum the ledger: %w", err)
	}
	return out, nil
}
