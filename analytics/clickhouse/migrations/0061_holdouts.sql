-- Who is held out of what: the control groups of experiments.

CREATE TABLE IF NOT EXISTS holdouts {{onCluster}}
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
ENGINE = {{engine "MergeTree"}}
ORDER BY (merchant_id, person_id, experiment, seq, idx)
SETTINGS {{dedup}}
;;
CREATE MATERIALIZED VIEW IF NOT EXISTS holdouts_mv {{onCluster}} TO holdouts AS
SELECT merchant_id, person_id, JSONExtractString(props, 'experiment') AS experiment, JSONExtractBool(props, 'control') AS control, show_id, ts, seq, idx
FROM events
WHERE kind = 'holdout_assigned' AND rehearsal = 0 AND person_id != ''
