-- The facts: what happened, and what it did to the order book. Everything else
-- in this database is made from these two tables by views.

CREATE TABLE IF NOT EXISTS events {{onCluster}}
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
ENGINE = {{engine "MergeTree"}}
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, show_id, kind, ts, seq, idx)
SETTINGS {{dedup}}, fsync_after_insert = 1, fsync_part_directory = 1
;;
CREATE TABLE IF NOT EXISTS order_deltas {{onCluster}}
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
ENGINE = {{engine "MergeTree"}}
PARTITION BY toYYYYMM(at)
ORDER BY (merchant_id, show_id, order_id, seq, idx, n)
SETTINGS {{dedup}}, fsync_after_insert = 1, fsync_part_directory = 1
