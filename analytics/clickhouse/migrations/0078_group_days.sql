-- Our own snapshot of each group at the end of each calendar day of a zone, made
-- from group_facts and made anew when a late fact or a merge of persons reaches
-- back: of several rows of a day the one written last holds. group_progress says
-- how far the facts are in.

CREATE TABLE IF NOT EXISTS group_days {{onCluster}}
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
ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY (merchant_id, zone, group_id, d)
SETTINGS {{dedup}}
;;
CREATE TABLE IF NOT EXISTS group_progress {{onCluster}}
(
    merchant_id LowCardinality(String),
    zone        LowCardinality(String),
    facts       UInt64,
    merges      UInt64,
    ts          DateTime64(3, 'UTC'),
    day         Int32,
    at          DateTime64(3, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree"}}
ORDER BY (merchant_id, zone)
SETTINGS {{dedup}}
