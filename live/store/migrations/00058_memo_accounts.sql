-- +goose Up
-- Three accounts that say what a part of another one is: balances of presales,
-- refunds before shipping, and commission taken back. Orders booked before get
-- theirs beside their last entry; ver 0 is no version of an order.
INSERT INTO ledger_entries (merchant_id, order_id, ver, n, seq, line_id, show_id, currency, account, amount_minor, fact, fact_id, recorded_at, fact_at, paid_at)
SELECT x.merchant_id, x.order_id, 0, x.n * 6 + x.k, e.seq, x.line_id, o.show_id, o.currency, x.account, x.minor, e.fact, e.fact_id, e.recorded_at, e.fact_at, o.paid_at
FROM (
            SELECT merchant_id, order_id, n, line_id, 0 AS k, 'balance' AS account, balance_minor AS minor FROM order_lines
  UNION ALL SELECT merchant_id, order_id, n, line_id, 1, 'of_paid', -balance_minor FROM order_lines
  UNION ALL SELECT merchant_id, order_id, n, line_id, 2, 'refunded_pre_ship', refund_pre_ship_minor FROM order_lines
  UNION ALL SELECT merchant_id, order_id, n, line_id, 3, 'of_refunded', -refund_pre_ship_minor FROM order_lines
  UNION ALL SELECT merchant_id, order_id, n, line_id, 4, 'commission_reversed', commission_back_minor FROM order_lines
  UNION ALL SELECT merchant_id, order_id, n, line_id, 5, 'of_commission', -commission_back_minor FROM order_lines
) x
JOIN orders o ON o.merchant_id = x.merchant_id AND o.order_id = x.order_id
JOIN ledger_entries e ON e.merchant_id = x.merchant_id AND e.order_id = x.order_id
WHERE x.minor <> 0 AND NOT EXISTS (
  SELECT 1 FROM ledger_entries later WHERE later.merchant_id = e.merchant_id AND later.order_id = e.order_id AND (later.ver > e.ver OR later.ver = e.ver AND later.n > e.n)
);

-- The ledger is read by day, on either axis.
CREATE INDEX ledger_by_time ON ledger_entries (merchant_id, recorded_at);
CREATE INDEX ledger_by_payment ON ledger_entries (merchant_id, paid_at) WHERE paid_at <> 0;
