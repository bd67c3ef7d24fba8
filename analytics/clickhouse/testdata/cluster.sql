-- The facts: what happened, and what it did to the order book. Everything else
-- in this database is made from these two tables by views.

CREATE TABLE IF NOT EXISTS events 
(
    merchant_id    LowCardinality(String),
    show_id        LowCardinality(String),
    room_id        LowCardinality(String),
    kind           LowCardinality(String),
    ts             DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    occurred_at    DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    person_id      String CODEC(ZSTD(1)),
    actor_id       String CODEC(ZSTD(1)),
    actor_role     LowCardinality(String),
    rehearsal      UInt8,
    source         LowCardinality(String),
    event_id       String CODEC(ZSTD(1)),
    channel        LowCardinality(String),
    campaign       LowCardinality(String),
    stage          LowCardinality(String),
    touch          UInt8,
    touch_channel  LowCardinality(String),
    product_id     LowCardinality(String),
    sku_id         LowCardinality(String),
    num            Int64 CODEC(T64, ZSTD(1)),
    body           String CODEC(ZSTD(3)),
    props          String CODEC(ZSTD(3)),
    client_skew_ms Int64 CODEC(T64, ZSTD(1)),
    seq            UInt64 CODEC(Delta(8), ZSTD(1)),
    idx            UInt32 CODEC(T64, ZSTD(1)),
    INDEX by_position (seq) TYPE minmax GRANULARITY 4
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, show_id, kind, ts, seq, idx)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1
;;
CREATE TABLE IF NOT EXISTS order_deltas 
(
    merchant_id    LowCardinality(String),
    show_id        LowCardinality(String),
    room_id        LowCardinality(String),
    order_id       String CODEC(ZSTD(1)),
    ver            UInt32,
    line_id        String CODEC(ZSTD(1)),
    person_id      String CODEC(ZSTD(1)),
    product_id     LowCardinality(String),
    sku_id         LowCardinality(String),
    currency       LowCardinality(String),
    at             DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    fact           LowCardinality(String),
    fact_at        DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    paid_at        Nullable(DateTime64(3, 'UTC')),
    rehearsal      UInt8,
    source         LowCardinality(String),
    orders         Int64 CODEC(T64, ZSTD(1)),
    orders_paid    Int64 CODEC(T64, ZSTD(1)),
    cancelled      Int64 CODEC(T64, ZSTD(1)),
    refunded       Int64 CODEC(T64, ZSTD(1)),
    units_created  Int64 CODEC(T64, ZSTD(1)),
    units_paid     Int64 CODEC(T64, ZSTD(1)),
    created        Int64 CODEC(T64, ZSTD(1)),
    paid           Int64 CODEC(T64, ZSTD(1)),
    subsidy        Int64 CODEC(T64, ZSTD(1)),
    refund_goods   Int64 CODEC(T64, ZSTD(1)),
    refund_ship    Int64 CODEC(T64, ZSTD(1)),
    cancelled_paid Int64 CODEC(T64, ZSTD(1)),
    sku_orders     Int64 CODEC(T64, ZSTD(1)),
    sku_paid       Int64 CODEC(T64, ZSTD(1)),
    seq            UInt64 CODEC(Delta(8), ZSTD(1)),
    idx            UInt32 CODEC(T64, ZSTD(1)),
    n              UInt32 CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(at)
ORDER BY (merchant_id, show_id, order_id, seq, idx, n)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1
;;
-- The rollups. Every table that rows reach through a view has the same
-- deduplication window as the facts: without it a retried insert counts twice.

CREATE TABLE IF NOT EXISTS show_minute 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    t DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    exposed SimpleAggregateFunction(sum, Int64),
    entered SimpleAggregateFunction(sum, Int64),
    comments SimpleAggregateFunction(sum, Int64),
    likes SimpleAggregateFunction(sum, Int64),
    shares SimpleAggregateFunction(sum, Int64),
    follows SimpleAggregateFunction(sum, Int64),
    product_exposures SimpleAggregateFunction(sum, Int64),
    clicks SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64),
    checkouts SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, t)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS show_behaviour 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    exposed SimpleAggregateFunction(sum, Int64),
    entered SimpleAggregateFunction(sum, Int64),
    comments SimpleAggregateFunction(sum, Int64),
    likes SimpleAggregateFunction(sum, Int64),
    shares SimpleAggregateFunction(sum, Int64),
    follows SimpleAggregateFunction(sum, Int64),
    product_exposures SimpleAggregateFunction(sum, Int64),
    clicks SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64),
    checkouts SimpleAggregateFunction(sum, Int64),
    watch_ms SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS product_minute 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    product_id LowCardinality(String),
    t DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    product_exposures SimpleAggregateFunction(sum, Int64),
    clicks SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, product_id, t)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS show_person 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    person_id String CODEC(ZSTD(1)),
    enter_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    click_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    cart_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    checkout_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    entered SimpleAggregateFunction(sum, Int64),
    comments SimpleAggregateFunction(sum, Int64),
    likes SimpleAggregateFunction(sum, Int64),
    shares SimpleAggregateFunction(sum, Int64),
    follows SimpleAggregateFunction(sum, Int64),
    clicks SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64),
    checkouts SimpleAggregateFunction(sum, Int64),
    watch_ms SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id, person_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS money_minute 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    currency LowCardinality(String),
    t DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    orders SimpleAggregateFunction(sum, Int64),
    orders_paid SimpleAggregateFunction(sum, Int64),
    created SimpleAggregateFunction(sum, Int64),
    paid SimpleAggregateFunction(sum, Int64),
    refund_goods SimpleAggregateFunction(sum, Int64),
    refund_ship SimpleAggregateFunction(sum, Int64),
    cancelled_paid SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, currency, t)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS product_money 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    currency LowCardinality(String),
    product_id LowCardinality(String),
    t DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    sku_orders SimpleAggregateFunction(sum, Int64),
    sku_paid SimpleAggregateFunction(sum, Int64),
    units_paid SimpleAggregateFunction(sum, Int64),
    created SimpleAggregateFunction(sum, Int64),
    paid SimpleAggregateFunction(sum, Int64),
    refund_goods SimpleAggregateFunction(sum, Int64),
    refund_ship SimpleAggregateFunction(sum, Int64),
    cancelled_paid SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, currency, product_id, t)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS person_money 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    currency LowCardinality(String),
    person_id String CODEC(ZSTD(1)),
    orders SimpleAggregateFunction(sum, Int64),
    orders_paid SimpleAggregateFunction(sum, Int64),
    created SimpleAggregateFunction(sum, Int64),
    paid SimpleAggregateFunction(sum, Int64),
    refund_goods SimpleAggregateFunction(sum, Int64),
    refund_ship SimpleAggregateFunction(sum, Int64),
    cancelled_paid SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id, currency, person_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS show_money 
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    currency LowCardinality(String),
    orders SimpleAggregateFunction(sum, Int64),
    orders_paid SimpleAggregateFunction(sum, Int64),
    cancelled SimpleAggregateFunction(sum, Int64),
    refunded SimpleAggregateFunction(sum, Int64),
    units_created SimpleAggregateFunction(sum, Int64),
    units_paid SimpleAggregateFunction(sum, Int64),
    created SimpleAggregateFunction(sum, Int64),
    paid SimpleAggregateFunction(sum, Int64),
    subsidy SimpleAggregateFunction(sum, Int64),
    refund_goods SimpleAggregateFunction(sum, Int64),
    refund_ship SimpleAggregateFunction(sum, Int64),
    cancelled_paid SimpleAggregateFunction(sum, Int64),
    sku_orders SimpleAggregateFunction(sum, Int64),
    sku_paid SimpleAggregateFunction(sum, Int64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id, currency)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS touches 
(
    merchant_id LowCardinality(String),
    person_id   String CODEC(ZSTD(1)),
    at          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    seq         UInt64 CODEC(Delta(8), ZSTD(1)),
    idx         UInt32 CODEC(T64, ZSTD(1)),
    ts          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    show_id     LowCardinality(String),
    kind        LowCardinality(String),
    channel     LowCardinality(String),
    campaign    LowCardinality(String),
    stage       LowCardinality(String),
    product_id  LowCardinality(String)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, person_id, at, seq, idx)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS ingest_ledger 
(
    bucket   UInt64,
    rows     SimpleAggregateFunction(sum, UInt64),
    lo       SimpleAggregateFunction(min, UInt64),
    hi       SimpleAggregateFunction(max, UInt64),
    checksum SimpleAggregateFunction(groupBitXor, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY bucket
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
-- The views that keep the rollups. Behaviour counts viewers outside rehearsals,
-- money counts orders outside rehearsals.

CREATE MATERIALIZED VIEW IF NOT EXISTS show_minute_mv  TO show_minute AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS show_behaviour_mv  TO show_behaviour AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS product_minute_mv  TO product_minute AS
SELECT merchant_id, show_id, product_id, toStartOfMinute(ts) AS t,
       toInt64(countIf(kind = 'product_exposed')) AS product_exposures,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND product_id != '' AND kind IN ('product_exposed', 'product_clicked', 'cart_item_added')
GROUP BY merchant_id, show_id, product_id, t
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS show_person_mv  TO show_person AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS money_minute_mv  TO money_minute AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS product_money_mv  TO product_money AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS person_money_mv  TO person_money AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS show_money_mv  TO show_money AS
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
CREATE MATERIALIZED VIEW IF NOT EXISTS touches_mv  TO touches AS
SELECT merchant_id, person_id, occurred_at AS at, seq, idx, ts, show_id, kind, touch_channel AS channel, campaign, stage, product_id
FROM events
WHERE touch = 1
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_ledger_mv  TO ingest_ledger AS
SELECT intDiv(seq, 1000000) AS bucket, count() AS rows, min(seq * 4096 + idx) AS lo, max(seq * 4096 + idx) AS hi, groupBitXor(cityHash64(seq, idx)) AS checksum
FROM events
GROUP BY bucket
;;
-- Settlement, deposits, commissions and the types of cancellation. Deltas
-- written before have none of them, and zero is right.

ALTER TABLE order_deltas 
    ADD COLUMN IF NOT EXISTS cancelled_user Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_timeout Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_all_refunded Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_oversold Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_merchant Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_risk Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS deposit Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS settled Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS commission Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS commission_back Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS refund_pre_ship Int64 CODEC(T64, ZSTD(1))
;;
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

ALTER TABLE order_deltas 
    ADD COLUMN IF NOT EXISTS balance Int64 CODEC(T64, ZSTD(1))
;;
ALTER TABLE show_money 
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
ALTER TABLE show_money_mv  MODIFY QUERY
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
DETACH TABLE IF EXISTS show_money_mv
;;
ATTACH TABLE IF NOT EXISTS show_money_mv
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
;;
-- The rollups have what everybody did, bots too, and are compared with the facts
-- as such. These views are the same without whom the last word of a show calls a
-- bot: what is published. They are read from the facts, because a flag counts
-- back to the start of its show.

CREATE VIEW IF NOT EXISTS bots  AS
SELECT merchant_id, show_id, person_id
FROM events
WHERE rehearsal = 0 AND person_id != '' AND kind IN ('bot_flagged', 'bot_unflagged')
GROUP BY merchant_id, show_id, person_id
HAVING argMax(kind, (seq, idx)) = 'bot_flagged'
;;
CREATE VIEW IF NOT EXISTS show_behaviour_published  AS
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
       toInt64(countIf(kind = 'checkout_started')) AS checkouts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
GROUP BY merchant_id, show_id
;;
CREATE VIEW IF NOT EXISTS show_minute_published  AS
SELECT merchant_id, show_id, toStartOfMinute(ts) AS t,
       toInt64(uniqExactIf(person_id, kind IN ('room_entered', 'watch_heartbeat') AND person_id != '')) AS online,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
GROUP BY merchant_id, show_id, t
;;
CREATE VIEW IF NOT EXISTS show_person_published  AS
SELECT *
FROM show_person
WHERE (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
;;
-- Whom and what a touch was of, what it cost, and by which rules it is one.
-- Touches written before name none of it.
--
-- The view is loaded again at once, because a view whose query was modified has
-- another identity for the deduplication of its inserts until then.

ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS touch_rule LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_host LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_agent LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_agent_name LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_group LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_group_name LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_entry LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_referrer String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS touch_cost_currency LowCardinality(String),
    ADD COLUMN IF NOT EXISTS touch_cost Int64 CODEC(T64, ZSTD(1))
;;
ALTER TABLE touches 
    ADD COLUMN IF NOT EXISTS rule LowCardinality(String),
    ADD COLUMN IF NOT EXISTS host_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS agent_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS agent_name LowCardinality(String),
    ADD COLUMN IF NOT EXISTS group_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS group_name LowCardinality(String),
    ADD COLUMN IF NOT EXISTS entry_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS referrer_id String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cost_currency LowCardinality(String),
    ADD COLUMN IF NOT EXISTS cost Int64 CODEC(T64, ZSTD(1))
;;
ALTER TABLE touches_mv  MODIFY QUERY
SELECT merchant_id, person_id, occurred_at AS at, seq, idx, ts, show_id, kind, touch_channel AS channel, campaign, stage, product_id,
       touch_rule AS rule, touch_host AS host_id, touch_agent AS agent_id, touch_agent_name AS agent_name, touch_group AS group_id,
       touch_group_name AS group_name, touch_entry AS entry_id, touch_referrer AS referrer_id, touch_cost_currency AS cost_currency, touch_cost AS cost
FROM events
WHERE touch = 1
;;
DETACH TABLE IF EXISTS touches_mv
;;
ATTACH TABLE IF NOT EXISTS touches_mv
;;
-- Who is held out of what: the control groups of experiments.

CREATE TABLE IF NOT EXISTS holdouts 
(
    merchant_id LowCardinality(String),
    person_id   String CODEC(ZSTD(1)),
    experiment  LowCardinality(String),
    control     UInt8,
    show_id     LowCardinality(String),
    ts          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    seq         UInt64 CODEC(Delta(8), ZSTD(1)),
    idx         UInt32 CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, person_id, experiment, seq, idx)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS holdouts_mv  TO holdouts AS
SELECT merchant_id, person_id, JSONExtractString(props, 'experiment') AS experiment, JSONExtractBool(props, 'control') AS control, show_id, ts, seq, idx
FROM events
WHERE kind = 'holdout_assigned' AND rehearsal = 0 AND person_id != ''
;;
-- The facts of groups, by what they are about: 0 who came and went, 1 messages of
-- members, 2 other messages, 3 the group itself. What was there before is brought
-- over first, under a token, so that two programs bring it once; the view comes
-- after it, and the sink that migrates writes nothing in between.

CREATE TABLE IF NOT EXISTS group_facts 
(
    merchant_id LowCardinality(String),
    class       UInt8,
    group_id    LowCardinality(String),
    at          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    seq         UInt64 CODEC(Delta(8), ZSTD(1)),
    idx         UInt32 CODEC(T64, ZSTD(1)),
    ts          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    kind        LowCardinality(String),
    person_id   String CODEC(ZSTD(1)),
    scene       LowCardinality(String),
    inviter     String CODEC(ZSTD(1)),
    show_id     LowCardinality(String),
    speaker     LowCardinality(String),
    message     LowCardinality(String),
    agent_id    LowCardinality(String),
    host_id     LowCardinality(String),
    name        String CODEC(ZSTD(1)),
    platform    LowCardinality(String)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, class, group_id, at, seq, idx)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
INSERT INTO group_facts (merchant_id, class, group_id, at, seq, idx, ts, kind, person_id, scene, inviter, show_id, speaker, message, agent_id, host_id, name, platform)
SELECT merchant_id, multiIf(kind IN ('group_joined', 'group_left'), 0, kind != 'group_message_sent', 3, speaker = 'member', 1, 2), JSONExtractString(props, 'group_id'), occurred_at, seq, idx, ts,
       kind, person_id, JSONExtractString(props, if(kind = 'group_left', 'quit_scene', 'join_scene')), JSONExtractString(props, 'inviter'), show_id,
       multiIf(JSONExtractString(props, 'by_role') != '', JSONExtractString(props, 'by_role'), actor_role IN ('agent', 'host', 'operator'), actor_role, 'member') AS speaker,
       if(JSONExtractString(props, 'kind') != '', JSONExtractString(props, 'kind'), 'chat'),
       if(JSONExtractString(props, 'agent_id') != '', JSONExtractString(props, 'agent_id'), if(actor_role = 'agent', actor_id, '')),
       JSONExtractString(props, 'host_id'), JSONExtractString(props, if(kind = 'group_created', 'name', 'group_name')), JSONExtractString(props, 'platform')
FROM events
WHERE rehearsal = 0 AND kind IN ('group_created', 'group_archived', 'group_exposed', 'group_joined', 'group_left', 'group_message_sent') AND (seq, idx) NOT IN (SELECT seq, idx FROM group_facts)
ORDER BY seq, idx
SETTINGS insert_deduplicate = 1, insert_deduplication_token = '0077_group_facts', max_threads = 1, max_insert_threads = 1, max_partitions_per_insert_block = 0
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS group_facts_mv  TO group_facts AS
SELECT merchant_id, toUInt8(multiIf(kind IN ('group_joined', 'group_left'), 0, kind != 'group_message_sent', 3, speaker = 'member', 1, 2)) AS class, JSONExtractString(props, 'group_id') AS group_id,
       occurred_at AS at, seq, idx, ts, kind, person_id,
       JSONExtractString(props, if(kind = 'group_left', 'quit_scene', 'join_scene')) AS scene, JSONExtractString(props, 'inviter') AS inviter, show_id,
       multiIf(JSONExtractString(props, 'by_role') != '', JSONExtractString(props, 'by_role'), actor_role IN ('agent', 'host', 'operator'), toString(actor_role), 'member') AS speaker,
       if(JSONExtractString(props, 'kind') != '', JSONExtractString(props, 'kind'), 'chat') AS message,
       if(JSONExtractString(props, 'agent_id') != '', JSONExtractString(props, 'agent_id'), if(actor_role = 'agent', actor_id, '')) AS agent_id,
       JSONExtractString(props, 'host_id') AS host_id, JSONExtractString(props, if(kind = 'group_created', 'name', 'group_name')) AS name, JSONExtractString(props, 'platform') AS platform
FROM events
WHERE rehearsal = 0 AND kind IN ('group_created', 'group_archived', 'group_exposed', 'group_joined', 'group_left', 'group_message_sent')
;;
-- Our own snapshot of each group at the end of each calendar day of a zone, made
-- from group_facts and made anew when a late fact or a merge of persons reaches
-- back: of several rows of a day the one written last holds. group_progress says
-- how far the facts are in.

CREATE TABLE IF NOT EXISTS group_days 
(
    merchant_id     LowCardinality(String),
    zone            LowCardinality(String),
    group_id        LowCardinality(String),
    d               Int32 CODEC(Delta(4), ZSTD(1)),
    members         Int64 CODEC(T64, ZSTD(1)),
    joins           Int64 CODEC(T64, ZSTD(1)),
    join_invite     Int64 CODEC(T64, ZSTD(1)),
    join_link       Int64 CODEC(T64, ZSTD(1)),
    join_qr         Int64 CODEC(T64, ZSTD(1)),
    leaves          Int64 CODEC(T64, ZSTD(1)),
    removed         Int64 CODEC(T64, ZSTD(1)),
    active_7d       Int64 CODEC(T64, ZSTD(1)),
    active_14d      Int64 CODEC(T64, ZSTD(1)),
    exposed         Int64 CODEC(T64, ZSTD(1)),
    member_messages Int64 CODEC(T64, ZSTD(1)),
    staff_messages  Int64 CODEC(T64, ZSTD(1)),
    care            Int64 CODEC(T64, ZSTD(1)),
    sell            Int64 CODEC(T64, ZSTD(1)),
    said            Map(String, Int64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, zone, group_id, d)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS group_progress 
(
    merchant_id LowCardinality(String),
    zone        LowCardinality(String),
    facts       UInt64,
    merges      UInt64,
    ts          DateTime64(3, 'UTC'),
    day         Int32,
    at          DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, zone)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
-- Since when raw behaviour is kept for how many days, 0 for ever: what may be gone
-- by now follows from all of them.

CREATE TABLE IF NOT EXISTS retention 
(
    since DateTime64(3, 'UTC'),
    days  UInt32
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY since
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
-- What a fact says twice is stored once. Of a viewer's own fact actor_id is '='
-- and source 'ws:=', where the person is meant; an identifier that is a UUID is in
-- two numbers, the higher less the time of ts, which most of it is, and event_id
-- is empty. fact_actor, fact_source and fact_id say them in full, of facts of
-- before too; the difference of the clocks follows from the two times.

ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS uuid_high Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS uuid_low UInt64 CODEC(ZSTD(1))
;;
ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS fact_actor String ALIAS if(actor_id = '=', person_id, actor_id),
    ADD COLUMN IF NOT EXISTS fact_source String ALIAS if(source = 'ws:=', concat('ws:', person_id), toString(source)),
    ADD COLUMN IF NOT EXISTS fact_id String ALIAS if(uuid_low = 0, event_id, replaceRegexpOne(concat(
        leftPad(lower(hex(toUInt64(toUnixTimestamp64Milli(ts) * 65536 + uuid_high))), 16, '0'), leftPad(lower(hex(uuid_low)), 16, '0')),
        '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\\1-\\2-\\3-\\4-\\5'))
;;
ALTER TABLE events  DROP COLUMN IF EXISTS client_skew_ms
;;
ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS client_skew_ms Int64 ALIAS toUnixTimestamp64Milli(occurred_at) - toUnixTimestamp64Milli(ts)
;;
-- What each person did in each show cost a quarter of what taking in a fact costs,
-- was read by nobody but the audit, and kept people's behaviour for ever, beyond the
-- days for which raw behaviour is kept.

DROP VIEW IF EXISTS show_person_published
;;
DROP VIEW IF EXISTS show_person_mv
;;
DROP TABLE IF EXISTS show_person  SETTINGS max_table_size_to_drop = 0
;;
-- When a fact happened is stored as late_ms, how long before ts that was, which takes
-- a third of the bytes. occurred_at says it in full; of facts brought in before it
-- stands in occurred_full. Rows that are there stay as they are, and parts in the
-- form of large ones are not rewritten.

ALTER TABLE events  ADD COLUMN IF NOT EXISTS late_ms Int64 CODEC(T64, ZSTD(1)) AFTER ts
;;
ALTER TABLE events  DROP COLUMN IF EXISTS client_skew_ms
;;
ALTER TABLE events  RENAME COLUMN IF EXISTS occurred_at TO occurred_full
;;
ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS occurred_at DateTime64(3, 'UTC')
        ALIAS if(toUnixTimestamp64Milli(occurred_full) = 0, fromUnixTimestamp64Milli(toUnixTimestamp64Milli(ts) - late_ms, 'UTC'), occurred_full)
;;
ALTER TABLE events 
    ADD COLUMN IF NOT EXISTS client_skew_ms Int64 ALIAS toUnixTimestamp64Milli(occurred_at) - toUnixTimestamp64Milli(ts)
;;
-- Words are smaller by half under ZSTD, names by a tenth at its third level: it
-- finds the person of some rows before.
ALTER TABLE events 
    MODIFY COLUMN channel CODEC(ZSTD(1)),
    MODIFY COLUMN touch_channel CODEC(ZSTD(1)),
    MODIFY COLUMN campaign CODEC(ZSTD(1)),
    MODIFY COLUMN product_id CODEC(ZSTD(1)),
    MODIFY COLUMN sku_id CODEC(ZSTD(1)),
    MODIFY COLUMN person_id CODEC(ZSTD(3)),
    MODIFY COLUMN actor_id CODEC(ZSTD(3))
;;
-- How the facts of each show stand: how many there are, a sum of their places in the
-- log, and the instant of the last. What was there before is brought over first, under
-- a token, so that two programs bring it once; the views come after it, and the sink
-- that migrates writes nothing in between.

CREATE TABLE IF NOT EXISTS event_standing 
(
    merchant_id LowCardinality(String),
    show_id     LowCardinality(String),
    rows        SimpleAggregateFunction(sum, Int64),
    places      SimpleAggregateFunction(groupBitXor, UInt64),
    latest      SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
CREATE TABLE IF NOT EXISTS delta_standing 
(
    merchant_id LowCardinality(String),
    show_id     LowCardinality(String),
    rows        SimpleAggregateFunction(sum, Int64),
    places      SimpleAggregateFunction(groupBitXor, UInt64),
    latest      SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800
;;
INSERT INTO event_standing (merchant_id, show_id, rows, places, latest)
SELECT merchant_id, show_id, toInt64(count()), groupBitXor(cityHash64(seq, idx)), max(ts)
FROM events
GROUP BY merchant_id, show_id
ORDER BY merchant_id, show_id
SETTINGS insert_deduplicate = 1, insert_deduplication_token = '0140_event_standing', max_insert_threads = 1
;;
INSERT INTO delta_standing (merchant_id, show_id, rows, places, latest)
SELECT merchant_id, show_id, toInt64(count()), groupBitXor(cityHash64(seq, idx)), max(at)
FROM order_deltas
GROUP BY merchant_id, show_id
ORDER BY merchant_id, show_id
SETTINGS insert_deduplicate = 1, insert_deduplication_token = '0140_delta_standing', max_insert_threads = 1
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS event_standing_mv  TO event_standing AS
SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(ts) AS latest
FROM events
GROUP BY merchant_id, show_id
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS delta_standing_mv  TO delta_standing AS
SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(at) AS latest
FROM order_deltas
GROUP BY merchant_id, show_id
;;
-- Figures of shows that are over, as they were counted from the facts: of each show
-- those that were counted last. They can be deleted at any time, and are counted
-- again. A row is some ten kilobytes, and few are read at a time.

CREATE TABLE IF NOT EXISTS figures_kept 
(
    merchant_id LowCardinality(String),
    show_id     String CODEC(ZSTD(1)),
    counted_of  String CODEC(ZSTD(1)),
    erased      Int64,
    kept_at     DateTime64(3, 'UTC'),
    whole       UInt8,
    metrics     String CODEC(ZSTD(3)),
    everything  String CODEC(ZSTD(3))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (merchant_id, show_id)
SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800, index_granularity = 16
;;
-- A show lies in few places of the facts, and so does a kind among those of a
-- merchant, but the order of the rows alone leaves one place in every part where they
-- could be, and of a kind one in every show. What each place has of either is noted
-- beside it, which is a thousandth of what there is. Nothing waits for the parts of
-- before: until they have it, they are read as they were.

ALTER TABLE events  ADD INDEX IF NOT EXISTS by_what (show_id, kind) TYPE set(256) GRANULARITY 1
;;
ALTER TABLE events  MATERIALIZE INDEX IF EXISTS by_what SETTINGS mutations_sync = 0
;;
ALTER TABLE order_deltas  ADD INDEX IF NOT EXISTS by_show (show_id) TYPE set(256) GRANULARITY 1
;;
ALTER TABLE order_deltas  MATERIALIZE INDEX IF EXISTS by_show SETTINGS mutations_sync = 0
;;
-- What nobody but the audit read: each rollup costs every range a query, a part and
-- the merges of these. Behaviour of a show is the sum of show_minute, which stays: it
-- has the counts of shows whose raw behaviour is gone, and tells which shows these are.
-- What products sold is in the deltas, which stay for ever. A program of before that
-- still writes fails while a view goes, and sends the range again under its token.

DROP VIEW IF EXISTS show_behaviour_mv
;;
DROP TABLE IF EXISTS show_behaviour  SETTINGS max_table_size_to_drop = 0
;;
DROP VIEW IF EXISTS product_minute_mv
;;
DROP TABLE IF EXISTS product_minute  SETTINGS max_table_size_to_drop = 0
;;
DROP VIEW IF EXISTS product_money_mv
;;
DROP TABLE IF EXISTS product_money  SETTINGS max_table_size_to_drop = 0
;;
