-- The rollups. Every table that rows reach through a view has the same
-- deduplication window as the facts: without it a retried insert counts twice.

CREATE TABLE IF NOT EXISTS show_minute {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, t)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS show_behaviour {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS product_minute {{onCluster}}
(
    merchant_id LowCardinality(String),
    show_id LowCardinality(String),
    product_id LowCardinality(String),
    t DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    product_exposures SimpleAggregateFunction(sum, Int64),
    clicks SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64)
)
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, product_id, t)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS show_person {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id, person_id)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS money_minute {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, currency, t)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS product_money {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toYYYYMM(t)
ORDER BY (merchant_id, show_id, currency, product_id, t)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS person_money {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id, currency, person_id)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS show_money {{onCluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id, currency)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS touches {{onCluster}}
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
ENGINE = {{engine "MergeTree"}}
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, person_id, at, seq, idx)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS ingest_ledger {{onCluster}}
(
    bucket   UInt64,
    rows     SimpleAggregateFunction(sum, UInt64),
    lo       SimpleAggregateFunction(min, UInt64),
    hi       SimpleAggregateFunction(max, UInt64),
    checksum SimpleAggregateFunction(groupBitXor, UInt64)
)
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY bucket
SETTINGS {{dedup}}
