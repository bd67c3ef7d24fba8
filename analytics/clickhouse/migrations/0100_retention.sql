-- Since when raw behaviour is kept for how many days, 0 for ever: what may be gone
-- by now follows from all of them.

CREATE TABLE IF NOT EXISTS retention {{onCluster}}
(
    since DateTime64(3, 'UTC'),
    days  UInt32
)
ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY since
SETTINGS {{dedup}}
