package store

import (
	"context"
	"fmt"

	"showrunner/live"
)

// Books sums the books of a show per currency, both as of one instant: the
// folded orders, and what the double-entry ledger says of their money. Neither
// looks at a delta. Sorted by currency.
func (s *Store) Books(ctx context.Context, m live.MerchantID, show live.ShowID) (orders, posted []live.LedgerTotal, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		if orders, err = sumOrders(q, m, show); err != nil {
			return err
		}
		posted, err = sumPostings(q, m, show)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("sum the books: %w", err)
	}
	return orders, posted, nil
}

// Ledger is the orders' side of [Store.Books].
func (s *Store) Ledger(ctx context.Context, m live.MerchantID, show live.ShowID) ([]live.LedgerTotal, error) {
	orders, _, err := s.Books(ctx, m, show)
	return orders, err
}

func sumPostings(q querier, m live.MerchantID, show live.ShowID) (out []live.LedgerTotal, err error) {
	rows, err := q.query(`SELECT currency, account, SUM(amount_minor) FROM ledger_entries
		WHERE merchant_id = ? AND show_id = ? GROUP BY currency, account ORDER BY currency`, string(m), string(show))
	_, err = collect(rows, err, func(r scanner) (b live.Balance, err error) {
		if err := r.Scan(&b.Currency, &b.Account, &b.Minor); err != nil {
			return b, err
		}
		if len(out) == 0 || out[len(out)-1].Currency != b.Currency {
			out = append(out, live.LedgerTotal{Currency: b.Currency})
		}
		out[len(out)-1].Post(b.Account, b.Minor)
		return b, nil
	})
	return out, err
}

func sumOrders(q querier, m live.MerchantID, show live.ShowID) ([]live.LedgerTotal, error) {
	var out []live.LedgerTotal
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
		return nil, err
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
	return out, err
}
