-- The facts of groups, by what they are about: 0 who came and went, 1 messages of
-- members, 2 other messages, 3 the group itself. What was there before is brought
-- over first, under a token, so that two programs bring it once; the view comes
-- after it, and the sink that migrates writes nothing in between.

CREATE TABLE IF NOT EXISTS group_facts {{onCluster}}
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
ENGINE = {{engine "MergeTree"}}
PARTITION BY toYYYYMM(ts)
ORDER BY (merchant_id, class, group_id, at, seq, idx)
SETTINGS {{dedup}}
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
CREATE MATERIALIZED VIEW IF NOT EXISTS group_facts_mv {{onCluster}} TO group_facts AS
SELECT merchant_id, toUInt8(multiIf(kind IN ('group_joined', 'group_left'), 0, kind != 'group_message_sent', 3, speaker = 'member', 1, 2)) AS class, JSONExtractString(props, 'group_id') AS group_id,
       occurred_at AS at, seq, idx, ts, kind, person_id,
       JSONExtractString(props, if(kind = 'group_left', 'quit_scene', 'join_scene')) AS scene, JSONExtractString(props, 'inviter') AS inviter, show_id,
       multiIf(JSONExtractString(props, 'by_role') != '', JSONExtractString(props, 'by_role'), actor_role IN ('agent', 'host', 'operator'), toString(actor_role), 'member') AS speaker,
       if(JSONExtractString(props, 'kind') != '', JSONExtractString(props, 'kind'), 'chat') AS message,
       if(JSONExtractString(props, 'agent_id') != '', JSONExtractString(props, 'agent_id'), if(actor_role = 'agent', actor_id, '')) AS agent_id,
       JSONExtractString(props, 'host_id') AS host_id, JSONExtractString(props, if(kind = 'group_created', 'name', 'group_name')) AS name, JSONExtractString(props, 'platform') AS platform
FROM events
WHERE rehearsal = 0 AND kind IN ('group_created', 'group_archived', 'group_exposed', 'group_joined', 'group_left', 'group_message_sent')
