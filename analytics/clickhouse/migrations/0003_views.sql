-- The views that keep the rollups. Behaviour counts viewers outside rehearsals,
-- money counts orders outside rehearsals.

CREATE MATERIALIZED VIEW IF NOT EXISTS show_minute_mv {{onCluster}} TO show_minute AS
SELECT merchant_id, show_id, toStartOfMinute(ts) AS t,
       toInt64(countIf(kind = 'room_exposed')) AS exposed,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'room_shared')) AS shares,
       toInt64(countIf(kind = 'followed')) AS follows,
       toInt64(countIf(kind = 'product_exposed')) AS product_exposures,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts,
       toInt64(countIf(kind = 'checkout_started')) AS checkouts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND kind IN ('room_exposed', 'room_entered', 'comment_sent', 'liked', 'room_shared', 'followed', 'product_exposed', 'product_clicked', 'cart_item_added', 'checkout_started')
GROUP BY merchant_id, show_id, t
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS show_behaviour_mv {{onCluster}} TO show_behaviour AS
SELECT merchant_id, show_id,
       toInt64(countIf(kind = 'room_exposed')) AS exposed,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'room_shared')) AS shares,
       toInt64(countIf(kind = 'followed')) AS follows,
       toInt64(countIf(kind = 'product_exposed')) AS product_exposures,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts,
       toInt64(countIf(kind = 'checkout_started')) AS checkouts,
       sumIf(num, kind = 'watch_heartbeat') AS watch_ms
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer'
GROUP BY merchant_id, show_id
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS product_minute_mv {{onCluster}} TO product_minute AS
SELECT merchant_id, show_id, product_id, toStartOfMinute(ts) AS t,
       toInt64(countIf(kind = 'product_exposed')) AS product_exposures,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND product_id != '' AND kind IN ('product_exposed', 'product_clicked', 'cart_item_added')
GROUP BY merchant_id, show_id, product_id, t
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS show_person_mv {{onCluster}} TO show_person AS
SELECT merchant_id, show_id, person_id,
       minOrNullIf(ts, kind = 'room_entered') AS enter_at,
       minOrNullIf(ts, kind = 'product_clicked') AS click_at,
       minOrNullIf(ts, kind = 'cart_item_added') AS cart_at,
       minOrNullIf(ts, kind = 'checkout_started') AS checkout_at,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'room_shared')) AS shares,
       toInt64(countIf(kind = 'followed')) AS follows,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts,
       toInt64(countIf(kind = 'checkout_started')) AS checkouts,
       sumIf(num, kind = 'watch_heartbeat') AS watch_ms
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND person_id != '' AND kind IN ('room_entered', 'watch_heartbeat', 'comment_sent', 'liked', 'room_shared', 'followed', 'product_clicked', 'cart_item_added', 'checkout_started')
GROUP BY merchant_id, show_id, person_id
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS money_minute_mv {{onCluster}} TO money_minute AS
SELECT merchant_id, show_id, currency, toStartOfMinute(at) AS t,
       sum(orders) AS orders,
       sum(orders_paid) AS orders_paid,
       sum(created) AS created,
       sum(paid) AS paid,
       sum(refund_goods) AS refund_goods,
       sum(refund_ship) AS refund_ship,
       sum(cancelled_paid) AS cancelled_paid
FROM order_deltas
WHERE rehearsal = 0
GROUP BY merchant_id, show_id, currency, t
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS product_money_mv {{onCluster}} TO product_money AS
SELECT merchant_id, show_id, currency, product_id, toStartOfMinute(at) AS t,
       sum(sku_orders) AS sku_orders,
       sum(sku_paid) AS sku_paid,
       sum(units_paid) AS units_paid,
       sum(created) AS created,
       sum(paid) AS paid,
       sum(refund_goods) AS refund_goods,
       sum(refund_ship) AS refund_ship,
       sum(cancelled_paid) AS cancelled_paid
FROM order_deltas
WHERE rehearsal = 0 AND product_id != ''
GROUP BY merchant_id, show_id, currency, product_id, t
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS person_money_mv {{onCluster}} TO person_money AS
SELECT merchant_id, show_id, currency, person_id,
       sum(orders) AS orders,
       sum(orders_paid) AS orders_paid,
       sum(created) AS created,
       sum(paid) AS paid,
       sum(refund_goods) AS refund_goods,
       sum(refund_ship) AS refund_ship,
       sum(cancelled_paid) AS cancelled_paid
FROM order_deltas
WHERE rehearsal = 0 AND person_id != ''
GROUP BY merchant_id, show_id, currency, person_id
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS show_money_mv {{onCluster}} TO show_money AS
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
       sum(sku_paid) AS sku_paid
FROM order_deltas
WHERE rehearsal = 0
GROUP BY merchant_id, show_id, currency
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS touches_mv {{onCluster}} TO touches AS
SELECT merchant_id, person_id, occurred_at AS at, seq, idx, ts, show_id, kind, touch_channel AS channel, campaign, stage, product_id
FROM events
WHERE touch = 1
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_ledger_mv {{onCluster}} TO ingest_ledger AS
SELECT intDiv(seq, 1000000) AS bucket, count() AS rows, min(seq * 4096 + idx) AS lo, max(seq * 4096 + idx) AS hi, groupBitXor(cityHash64(seq, idx)) AS checksum
FROM events
GROUP BY bucket
