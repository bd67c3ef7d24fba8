-- Whom and what a touch was of, what it cost, and by which rules it is one.
-- Touches written before name none of it.
--
-- The view is loaded again at once, because a view whose query was modified has
-- another identity for the deduplication of its inserts until then.

ALTER TABLE events {{onCluster}}
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
ALTER TABLE touches {{onCluster}}
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
ALTER TABLE touches_mv {{onCluster}} MODIFY QUERY
SELECT merchant_id, person_id, occurred_at AS at, seq, idx, ts, show_id, kind, touch_channel AS channel, campaign, stage, product_id,
       touch_rule AS rule, touch_host AS host_id, touch_agent AS agent_id, touch_agent_name AS agent_name, touch_group AS group_id,
       touch_group_name AS group_name, touch_entry AS entry_id, touch_referrer AS referrer_id, touch_cost_currency AS cost_currency, touch_cost AS cost
FROM events
WHERE touch = 1
;;
DETACH TABLE IF EXISTS touches_mv {{onCluster}}
;;
ATTACH TABLE IF NOT EXISTS touches_mv {{onCluster}}
