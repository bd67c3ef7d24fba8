-- What a fact says twice is stored once. Of a viewer's own fact actor_id is '='
-- and source 'ws:=', where the person is meant; an identifier that is a UUID is in
-- two numbers, the higher less the time of ts, which most of it is, and event_id
-- is empty. fact_actor, fact_source and fact_id say them in full, of facts of
-- before too; the difference of the clocks follows from the two times.

ALTER TABLE events {{onCluster}}
    ADD COLUMN IF NOT EXISTS uuid_high Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS uuid_low UInt64 CODEC(ZSTD(1))
;;
ALTER TABLE events {{onCluster}}
    ADD COLUMN IF NOT EXISTS fact_actor String ALIAS if(actor_id = '=', person_id, actor_id),
    ADD COLUMN IF NOT EXISTS fact_source String ALIAS if(source = 'ws:=', concat('ws:', person_id), toString(source)),
    ADD COLUMN IF NOT EXISTS fact_id String ALIAS if(uuid_low = 0, event_id, replaceRegexpOne(concat(
        leftPad(lower(hex(toUInt64(toUnixTimestamp64Milli(ts) * 65536 + uuid_high))), 16, '0'), leftPad(lower(hex(uuid_low)), 16, '0')),
        '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\\1-\\2-\\3-\\4-\\5'))
;;
ALTER TABLE events {{onCluster}} DROP COLUMN IF EXISTS client_skew_ms
;;
ALTER TABLE events {{onCluster}}
    ADD COLUMN IF NOT EXISTS client_skew_ms Int64 ALIAS toUnixTimestamp64Milli(occurred_at) - toUnixTimestamp64Milli(ts)
