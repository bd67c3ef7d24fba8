-- How the facts of each show stand: how many there are, a sum of their places in the
-- log, and the instant of the last. What was there before is brought over first, under
-- a token, so that two programs bring it once; the views come after it, and the sink
-- that migrates writes nothing in between.

CREATE TABLE IF NOT EXISTS event_standing {{onCluster}}
(
    merchant_id LowCardinality(String),
    show_id     LowCardinality(String),
    rows        SimpleAggregateFunction(sum, Int64),
    places      SimpleAggregateFunction(groupBitXor, UInt64),
    latest      SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS delta_standing {{onCluster}}
(
    merchant_id LowCardinality(String),
    show_id     LowCardinality(String),
    rows        SimpleAggregateFunction(sum, Int64),
    places      SimpleAggregateFunction(groupBitXor, UInt64),
    latest      SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (merchant_id, show_id)
SETTINGS {{dedup}}
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
CREATE MATERIALIZED VIEW IF NOT EXISTS event_standing_mv {{onCluster}} TO event_standing AS
SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(ts) AS latest
FROM events
GROUP BY merchant_id, show_id
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS delta_standing_mv {{onCluster}} TO delta_standing AS
SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(at) AS latest
FROM order_deltas
GROUP BY merchant_id, show_id
