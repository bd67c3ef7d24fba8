-- The rollup of a show keeps every additive column of its orders, also what
-- became of them after the payment: settlement, deposits and balances of
-- presales, commissions, types of cancellation.
--
-- The last statement makes good what the rollup missed of the facts that were
-- there before its view was changed. It adds facts less rollup, so that a second
-- run adds nothing; its token keeps two programs that start at once from adding
-- it twice; and it is one block, so that it happens whole or not at all. No sink
-- may write while it runs: the sink starts after the migrations.

ALTER TABLE order_deltas {{onCluster}}
    ADD COLUMN IF NOT EXISTS balance Int64 CODEC(T64, ZSTD(1))
;;
ALTER TABLE show_money {{onCluster}}
    ADD COLUMN IF NOT EXISTS cancelled_user SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cancelled_timeout SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cancelled_all_refunded SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cancelled_oversold SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cancelled_merchant SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS cancelled_risk SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS deposit SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS settled SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS commission SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS commission_back SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS refund_pre_ship SimpleAggregateFunction(sum, Int64),
    ADD COLUMN IF NOT EXISTS balance SimpleAggregateFunction(sum, Int64)
;;
ALTER TABLE show_money_mv {{onCluster}} MODIFY QUERY
SELECT merchant_id, show_id, currency,
       sum(orders) AS orders,
       sum(orders_paid) AS orders_paid,
       sum(cancelled) AS cancelled,
       sum(refunded) AS refunded,
       sum(units_created) AS units_created,
       sum(units_paid) AS units_paid,
       sum(created) AS created,
       sum(paid) AS paid,
       sum(subsidy) AS subsidy,
       sum(refund_goods) AS refund_goods,
       sum(refund_ship) AS refund_ship,
       sum(cancelled_paid) AS cancelled_paid,
       sum(sku_orders) AS sku_orders,
       sum(sku_paid) AS sku_paid,
       sum(cancelled_user) AS cancelled_user,
       sum(cancelled_timeout) AS cancelled_timeout,
       sum(cancelled_all_refunded) AS cancelled_all_refunded,
       sum(cancelled_oversold) AS cancelled_oversold,
       sum(cancelled_merchant) AS cancelled_merchant,
       sum(cancelled_risk) AS cancelled_risk,
       sum(deposit) AS deposit,
       sum(settled) AS settled,
       sum(commission) AS commission,
       sum(commission_back) AS commission_back,
       sum(refund_pre_ship) AS refund_pre_ship,
       sum(balance) AS balance
FROM order_deltas
WHERE rehearsal = 0
GROUP BY merchant_id, show_id, currency
;;
INSERT INTO show_money (merchant_id, show_id, currency, cancelled_user, cancelled_timeout, cancelled_all_refunded, cancelled_oversold, cancelled_merchant, cancelled_risk, deposit, settled, commission, commission_back, refund_pre_ship, balance)
SELECT merchant_id, show_id, currency, sum(v0), sum(v1), sum(v2), sum(v3), sum(v4), sum(v5), sum(v6), sum(v7), sum(v8), sum(v9), sum(v10), sum(v11)
FROM
(
    SELECT merchant_id, show_id, currency, cancelled_user AS v0, cancelled_timeout AS v1, cancelled_all_refunded AS v2, cancelled_oversold AS v3, cancelled_merchant AS v4, cancelled_risk AS v5, deposit AS v6, settled AS v7, commission AS v8, commission_back AS v9, refund_pre_ship AS v10, balance AS v11
    FROM order_deltas
    WHERE rehearsal = 0
    UNION ALL
    SELECT merchant_id, show_id, currency, -cancelled_user AS v0, -cancelled_timeout AS v1, -cancelled_all_refunded AS v2, -cancelled_oversold AS v3, -cancelled_merchant AS v4, -cancelled_risk AS v5, -deposit AS v6, -settled AS v7, -commission AS v8, -commission_back AS v9, -refund_pre_ship AS v10, -balance AS v11
    FROM show_money
)
GROUP BY merchant_id, show_id, currency
HAVING (sum(v0), sum(v1), sum(v2), sum(v3), sum(v4), sum(v5), sum(v6), sum(v7), sum(v8), sum(v9), sum(v10), sum(v11)) != (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ORDER BY merchant_id, show_id, currency
SETTINGS insert_deduplication_token = 'migration:0020:show_money', max_block_size = 100000000, min_insert_block_size_rows = 100000000, min_insert_block_size_bytes = 0, max_insert_threads = 1
