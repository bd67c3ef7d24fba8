-- The rollup of a show keeps every additive column of its orders, also what
-- became of them after the payment: settlement, deposits and balances of
-- presales, commissions, types of cancellation.
--
-- A view whose query was modified has another identity for the deduplication of
-- its inserts until it is loaded again: a retry across a restart would count
-- twice. So it is loaded again at once, and an insert of before the change that
-- is sent again after it is still known.
--
-- The last statement makes good what the rollup missed of the facts that were
-- there before. It adds facts less rollup, so that a second run adds nothing;
-- its token keeps two programs that start at once from adding it twice; and it
-- is one block, so that it happens whole or not at all. No sink writes while it
-- runs: the sink starts after the migrations.

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
DETACH TABLE IF EXISTS show_money_mv {{onCluster}}
;;
ATTACH TABLE IF NOT EXISTS show_money_mv {{onCluster}}
;;
INSERT INTO show_money (merchant_id, show_id, currency, orders, orders_paid, cancelled, refunded, units_created, units_paid, created, paid, subsidy, refund_goods, refund_ship, cancelled_paid, sku_orders, sku_paid, cancelled_user, cancelled_timeout, cancelled_all_refunded, cancelled_oversold, cancelled_merchant, cancelled_risk, deposit, settled, commission, commission_back, refund_pre_ship, balance)
SELECT merchant_id, show_id, currency, sum(v0), sum(v1), sum(v2), sum(v3), sum(v4), sum(v5), sum(v6), sum(v7), sum(v8), sum(v9), sum(v10), sum(v11), sum(v12), sum(v13), sum(v14), sum(v15), sum(v16), sum(v17), sum(v18), sum(v19), sum(v20), sum(v21), sum(v22), sum(v23), sum(v24), sum(v25)
FROM
(
    SELECT merchant_id, show_id, currency, orders AS v0, orders_paid AS v1, cancelled AS v2, refunded AS v3, units_created AS v4, units_paid AS v5, created AS v6, paid AS v7, subsidy AS v8, refund_goods AS v9, refund_ship AS v10, cancelled_paid AS v11, sku_orders AS v12, sku_paid AS v13, cancelled_user AS v14, cancelled_timeout AS v15, cancelled_all_refunded AS v16, cancelled_oversold AS v17, cancelled_merchant AS v18, cancelled_risk AS v19, deposit AS v20, settled AS v21, commission AS v22, commission_back AS v23, refund_pre_ship AS v24, balance AS v25
    FROM order_deltas
    WHERE rehearsal = 0
    UNION ALL
    SELECT merchant_id, show_id, currency, -orders AS v0, -orders_paid AS v1, -cancelled AS v2, -refunded AS v3, -units_created AS v4, -units_paid AS v5, -created AS v6, -paid AS v7, -subsidy AS v8, -refund_goods AS v9, -refund_ship AS v10, -cancelled_paid AS v11, -sku_orders AS v12, -sku_paid AS v13, -cancelled_user AS v14, -cancelled_timeout AS v15, -cancelled_all_refunded AS v16, -cancelled_oversold AS v17, -cancelled_merchant AS v18, -cancelled_risk AS v19, -deposit AS v20, -settled AS v21, -commission AS v22, -commission_back AS v23, -refund_pre_ship AS v24, -balance AS v25
    FROM show_money
)
GROUP BY merchant_id, show_id, currency
HAVING (sum(v0), sum(v1), sum(v2), sum(v3), sum(v4), sum(v5), sum(v6), sum(v7), sum(v8), sum(v9), sum(v10), sum(v11), sum(v12), sum(v13), sum(v14), sum(v15), sum(v16), sum(v17), sum(v18), sum(v19), sum(v20), sum(v21), sum(v22), sum(v23), sum(v24), sum(v25)) != (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ORDER BY merchant_id, show_id, currency
SETTINGS insert_deduplication_token = 'migration:0020:show_money', max_block_size = 100000000, min_insert_block_size_rows = 100000000, min_insert_block_size_bytes = 0, max_insert_threads = 1
