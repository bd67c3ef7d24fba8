-- Figures of shows that are over, as they were counted from the facts: of each show
-- those that were counted last. They can be deleted at any time, and are counted
-- again. A row is some ten kilobytes, and few are read at a time.

CREATE TABLE IF NOT EXISTS figures_kept {{onCluster}}
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
ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY (merchant_id, show_id)
SETTINGS {{dedup}}, index_granularity = 16
