CREATE VIEW bots (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `person_id` String)
AS SELECT merchant_id, show_id, person_id FROM events WHERE (rehearsal = 0) AND (person_id != '') AND (kind IN ('bot_flagged', 'bot_unflagged')) GROUP BY merchant_id, show_id, person_id HAVING argMax(kind, (seq, idx)) = 'bot_flagged'

CREATE TABLE delta_standing (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `rows` SimpleAggregateFunction(sum, Int64),
  `places` SimpleAggregateFunction(groupBitXor, UInt64),
  `latest` SimpleAggregateFunction(max, DateTime64(3, 'UTC')))
ENGINE = AggregatingMergeTree ORDER BY (merchant_id, show_id)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW delta_standing_mv TO delta_standing (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `rows` Int64,
  `places` UInt64,
  `latest` DateTime64(3, 'UTC'))
AS SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(at) AS latest FROM order_deltas GROUP BY merchant_id, show_id

CREATE TABLE event_standing (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `rows` SimpleAggregateFunction(sum, Int64),
  `places` SimpleAggregateFunction(groupBitXor, UInt64),
  `latest` SimpleAggregateFunction(max, DateTime64(3, 'UTC')))
ENGINE = AggregatingMergeTree ORDER BY (merchant_id, show_id)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW event_standing_mv TO event_standing (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `rows` Int64,
  `places` UInt64,
  `latest` DateTime64(3, 'UTC'))
AS SELECT merchant_id, show_id, toInt64(count()) AS rows, groupBitXor(cityHash64(seq, idx)) AS places, max(ts) AS latest FROM events GROUP BY merchant_id, show_id

CREATE TABLE events (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `room_id` LowCardinality(String),
  `kind` LowCardinality(String),
  `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `late_ms` Int64 CODEC(T64, ZSTD(1)),
  `occurred_full` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `person_id` String CODEC(ZSTD(3)),
  `actor_id` String CODEC(ZSTD(3)),
  `actor_role` LowCardinality(String),
  `rehearsal` UInt8,
  `source` LowCardinality(String),
  `event_id` String CODEC(ZSTD(1)),
  `channel` LowCardinality(String) CODEC(ZSTD(1)),
  `campaign` LowCardinality(String) CODEC(ZSTD(1)),
  `stage` LowCardinality(String),
  `touch` UInt8,
  `touch_channel` LowCardinality(String) CODEC(ZSTD(1)),
  `product_id` LowCardinality(String) CODEC(ZSTD(1)),
  `sku_id` LowCardinality(String) CODEC(ZSTD(1)),
  `num` Int64 CODEC(T64, ZSTD(1)),
  `body` String CODEC(ZSTD(3)),
  `props` String CODEC(ZSTD(3)),
  `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
  `idx` UInt32 CODEC(T64, ZSTD(1)),
  `touch_rule` LowCardinality(String),
  `touch_host` LowCardinality(String),
  `touch_agent` LowCardinality(String),
  `touch_agent_name` LowCardinality(String),
  `touch_group` LowCardinality(String),
  `touch_group_name` LowCardinality(String),
  `touch_entry` LowCardinality(String),
  `touch_referrer` String CODEC(ZSTD(1)),
  `touch_cost_currency` LowCardinality(String),
  `touch_cost` Int64 CODEC(T64, ZSTD(1)),
  `uuid_high` Int64 CODEC(T64, ZSTD(1)),
  `uuid_low` UInt64 CODEC(ZSTD(1)),
  `fact_actor` String ALIAS if(actor_id = '=', person_id, actor_id),
  `fact_source` String ALIAS if(source = 'ws:=', concat('ws:', person_id), toString(source)),
  `fact_id` String ALIAS if(uuid_low = 0, event_id, replaceRegexpOne(concat(leftPad(lower(hex(toUInt64((toUnixTimestamp64Milli(ts) * 65536) + uuid_high))), 16, '0'), leftPad(lower(hex(uuid_low)), 16, '0')), '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\\1-\\2-\\3-\\4-\\5')),
  `occurred_at` DateTime64(3, 'UTC') ALIAS if(toUnixTimestamp64Milli(occurred_full) = 0, fromUnixTimestamp64Milli(toUnixTimestamp64Milli(ts) - late_ms, 'UTC'), occurred_full),
  `client_skew_ms` Int64 ALIAS toUnixTimestamp64Milli(occurred_at) - toUnixTimestamp64Milli(ts), INDEX by_position (seq) TYPE minmax GRANULARITY 4, INDEX by_what (show_id, kind) TYPE set(256) GRANULARITY 1)
ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (merchant_id, show_id, kind, ts, seq, idx)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8192

CREATE TABLE figures_kept (`merchant_id` LowCardinality(String),
  `show_id` String CODEC(ZSTD(1)),
  `counted_of` String CODEC(ZSTD(1)),
  `erased` Int64,
  `kept_at` DateTime64(3, 'UTC'),
  `whole` UInt8,
  `metrics` String CODEC(ZSTD(3)),
  `everything` String CODEC(ZSTD(3)))
ENGINE = ReplacingMergeTree ORDER BY (merchant_id, show_id)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 16

CREATE TABLE group_days (`merchant_id` LowCardinality(String),
  `zone` LowCardinality(String),
  `group_id` LowCardinality(String),
  `d` Int32 CODEC(Delta(4), ZSTD(1)),
  `members` Int64 CODEC(T64, ZSTD(1)),
  `joins` Int64 CODEC(T64, ZSTD(1)),
  `join_invite` Int64 CODEC(T64, ZSTD(1)),
  `join_link` Int64 CODEC(T64, ZSTD(1)),
  `join_qr` Int64 CODEC(T64, ZSTD(1)),
  `leaves` Int64 CODEC(T64, ZSTD(1)),
  `removed` Int64 CODEC(T64, ZSTD(1)),
  `active_7d` Int64 CODEC(T64, ZSTD(1)),
  `active_14d` Int64 CODEC(T64, ZSTD(1)),
  `exposed` Int64 CODEC(T64, ZSTD(1)),
  `member_messages` Int64 CODEC(T64, ZSTD(1)),
  `staff_messages` Int64 CODEC(T64, ZSTD(1)),
  `care` Int64 CODEC(T64, ZSTD(1)),
  `sell` Int64 CODEC(T64, ZSTD(1)),
  `said` Map(String, Int64) CODEC(ZSTD(1)))
ENGINE = ReplacingMergeTree ORDER BY (merchant_id, zone, group_id, d)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE TABLE group_facts (`merchant_id` LowCardinality(String),
  `class` UInt8,
  `group_id` LowCardinality(String),
  `at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
  `idx` UInt32 CODEC(T64, ZSTD(1)),
  `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `kind` LowCardinality(String),
  `person_id` String CODEC(ZSTD(1)),
  `scene` LowCardinality(String),
  `inviter` String CODEC(ZSTD(1)),
  `show_id` LowCardinality(String),
  `speaker` LowCardinality(String),
  `message` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `host_id` LowCardinality(String),
  `name` String CODEC(ZSTD(1)),
  `platform` LowCardinality(String))
ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (merchant_id, class, group_id, at, seq, idx)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW group_facts_mv TO group_facts (`merchant_id` LowCardinality(String),
  `class` UInt8,
  `group_id` String,
  `at` DateTime64(3, 'UTC'),
  `seq` UInt64,
  `idx` UInt32,
  `ts` DateTime64(3, 'UTC'),
  `kind` LowCardinality(String),
  `person_id` String,
  `scene` String,
  `inviter` String,
  `show_id` LowCardinality(String),
  `speaker` String,
  `message` String,
  `agent_id` String,
  `host_id` String,
  `name` String,
  `platform` String)
AS SELECT merchant_id, toUInt8(multiIf((kind IN ('group_joined', 'group_left')), 0, kind != 'group_message_sent', 3, speaker = 'member', 1, 2)) AS class, JSONExtractString(props, 'group_id') AS group_id, occurred_at AS at, seq, idx, ts, kind, person_id, JSONExtractString(props, if(kind = 'group_left', 'quit_scene', 'join_scene')) AS scene, JSONExtractString(props, 'inviter') AS inviter, show_id, multiIf(JSONExtractString(props, 'by_role') != '', JSONExtractString(props, 'by_role'), (actor_role IN ('agent', 'host', 'operator')), toString(actor_role), 'member') AS speaker, if(JSONExtractString(props, 'kind') != '', JSONExtractString(props, 'kind'), 'chat') AS message, if(JSONExtractString(props, 'agent_id') != '', JSONExtractString(props, 'agent_id'), if(actor_role = 'agent', actor_id, '')) AS agent_id, JSONExtractString(props, 'host_id') AS host_id, JSONExtractString(props, if(kind = 'group_created', 'name', 'group_name')) AS name, JSONExtractString(props, 'platform') AS platform FROM events WHERE (rehearsal = 0) AND (kind IN ('group_created', 'group_archived', 'group_exposed', 'group_joined', 'group_left', 'group_message_sent'))

CREATE TABLE group_progress (`merchant_id` LowCardinality(String),
  `zone` LowCardinality(String),
  `facts` UInt64,
  `merges` UInt64,
  `ts` DateTime64(3, 'UTC'),
  `day` Int32,
  `at` DateTime64(3, 'UTC'))
ENGINE = ReplacingMergeTree ORDER BY (merchant_id, zone)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE TABLE holdouts (`merchant_id` LowCardinality(String),
  `person_id` String CODEC(ZSTD(1)),
  `experiment` LowCardinality(String),
  `control` UInt8,
  `show_id` LowCardinality(String),
  `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
  `idx` UInt32 CODEC(T64, ZSTD(1)))
ENGINE = MergeTree ORDER BY (merchant_id, person_id, experiment, seq, idx)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW holdouts_mv TO holdouts (`merchant_id` LowCardinality(String),
  `person_id` String,
  `experiment` String,
  `control` UInt8,
  `show_id` LowCardinality(String),
  `ts` DateTime64(3, 'UTC'),
  `seq` UInt64,
  `idx` UInt32)
AS SELECT merchant_id, person_id, JSONExtractString(props, 'experiment') AS experiment, JSONExtractBool(props, 'control') AS control, show_id, ts, seq, idx FROM events WHERE (kind = 'holdout_assigned') AND (rehearsal = 0) AND (person_id != '')

CREATE TABLE ingest_ledger (`bucket` UInt64,
  `rows` SimpleAggregateFunction(sum, UInt64),
  `lo` SimpleAggregateFunction(min, UInt64),
  `hi` SimpleAggregateFunction(max, UInt64),
  `checksum` SimpleAggregateFunction(groupBitXor, UInt64))
ENGINE = AggregatingMergeTree ORDER BY bucket
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW ingest_ledger_mv TO ingest_ledger (`bucket` UInt64,
  `rows` UInt64,
  `lo` UInt64,
  `hi` UInt64,
  `checksum` UInt64)
AS SELECT intDiv(seq, 1000000) AS bucket, count() AS rows, min((seq * 4096) + idx) AS lo, max((seq * 4096) + idx) AS hi, groupBitXor(cityHash64(seq, idx)) AS checksum FROM events GROUP BY bucket

CREATE TABLE money_minute (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `t` DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  `orders` SimpleAggregateFunction(sum, Int64),
  `orders_paid` SimpleAggregateFunction(sum, Int64),
  `created` SimpleAggregateFunction(sum, Int64),
  `paid` SimpleAggregateFunction(sum, Int64),
  `refund_goods` SimpleAggregateFunction(sum, Int64),
  `refund_ship` SimpleAggregateFunction(sum, Int64),
  `cancelled_paid` SimpleAggregateFunction(sum, Int64))
ENGINE = AggregatingMergeTree PARTITION BY toYYYYMM(t) ORDER BY (merchant_id, show_id, currency, t)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW money_minute_mv TO money_minute (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `t` DateTime('UTC'),
  `orders` Int64,
  `orders_paid` Int64,
  `created` Int64,
  `paid` Int64,
  `refund_goods` Int64,
  `refund_ship` Int64,
  `cancelled_paid` Int64)
AS SELECT merchant_id, show_id, currency, toStartOfMinute(at) AS t, sum(orders) AS orders, sum(orders_paid) AS orders_paid, sum(created) AS created, sum(paid) AS paid, sum(refund_goods) AS refund_goods, sum(refund_ship) AS refund_ship, sum(cancelled_paid) AS cancelled_paid FROM order_deltas WHERE rehearsal = 0 GROUP BY merchant_id, show_id, currency, t

CREATE TABLE order_deltas (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `room_id` LowCardinality(String),
  `order_id` String CODEC(ZSTD(1)),
  `ver` UInt32,
  `line_id` String CODEC(ZSTD(1)),
  `person_id` String CODEC(ZSTD(1)),
  `product_id` LowCardinality(String),
  `sku_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `fact` LowCardinality(String),
  `fact_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `paid_at` Nullable(DateTime64(3, 'UTC')),
  `rehearsal` UInt8,
  `source` LowCardinality(String),
  `orders` Int64 CODEC(T64, ZSTD(1)),
  `orders_paid` Int64 CODEC(T64, ZSTD(1)),
  `cancelled` Int64 CODEC(T64, ZSTD(1)),
  `refunded` Int64 CODEC(T64, ZSTD(1)),
  `units_created` Int64 CODEC(T64, ZSTD(1)),
  `units_paid` Int64 CODEC(T64, ZSTD(1)),
  `created` Int64 CODEC(T64, ZSTD(1)),
  `paid` Int64 CODEC(T64, ZSTD(1)),
  `subsidy` Int64 CODEC(T64, ZSTD(1)),
  `refund_goods` Int64 CODEC(T64, ZSTD(1)),
  `refund_ship` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_paid` Int64 CODEC(T64, ZSTD(1)),
  `sku_orders` Int64 CODEC(T64, ZSTD(1)),
  `sku_paid` Int64 CODEC(T64, ZSTD(1)),
  `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
  `idx` UInt32 CODEC(T64, ZSTD(1)),
  `n` UInt32 CODEC(T64, ZSTD(1)),
  `cancelled_user` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_timeout` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_all_refunded` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_oversold` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_merchant` Int64 CODEC(T64, ZSTD(1)),
  `cancelled_risk` Int64 CODEC(T64, ZSTD(1)),
  `deposit` Int64 CODEC(T64, ZSTD(1)),
  `settled` Int64 CODEC(T64, ZSTD(1)),
  `commission` Int64 CODEC(T64, ZSTD(1)),
  `commission_back` Int64 CODEC(T64, ZSTD(1)),
  `refund_pre_ship` Int64 CODEC(T64, ZSTD(1)),
  `balance` Int64 CODEC(T64, ZSTD(1)), INDEX by_show (show_id) TYPE set(256) GRANULARITY 1)
ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (merchant_id, show_id, order_id, seq, idx, n)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8192

CREATE TABLE person_money (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `person_id` String CODEC(ZSTD(1)),
  `orders` SimpleAggregateFunction(sum, Int64),
  `orders_paid` SimpleAggregateFunction(sum, Int64),
  `created` SimpleAggregateFunction(sum, Int64),
  `paid` SimpleAggregateFunction(sum, Int64),
  `refund_goods` SimpleAggregateFunction(sum, Int64),
  `refund_ship` SimpleAggregateFunction(sum, Int64),
  `cancelled_paid` SimpleAggregateFunction(sum, Int64))
ENGINE = AggregatingMergeTree ORDER BY (merchant_id, show_id, currency, person_id)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW person_money_mv TO person_money (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `person_id` String,
  `orders` Int64,
  `orders_paid` Int64,
  `created` Int64,
  `paid` Int64,
  `refund_goods` Int64,
  `refund_ship` Int64,
  `cancelled_paid` Int64)
AS SELECT merchant_id, show_id, currency, person_id, sum(orders) AS orders, sum(orders_paid) AS orders_paid, sum(created) AS created, sum(paid) AS paid, sum(refund_goods) AS refund_goods, sum(refund_ship) AS refund_ship, sum(cancelled_paid) AS cancelled_paid FROM order_deltas WHERE (rehearsal = 0) AND (person_id != '') GROUP BY merchant_id, show_id, currency, person_id

CREATE TABLE retention (`since` DateTime64(3, 'UTC'),
  `days` UInt32)
ENGINE = ReplacingMergeTree ORDER BY since
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE TABLE schema_migrations (`version` String,
  `statement` UInt32,
  `sha256` String,
  `applied_at` DateTime64(3, 'UTC'))
ENGINE = ReplacingMergeTree ORDER BY (version, statement, sha256)
SETTINGS index_granularity = 8192

CREATE VIEW show_behaviour_published (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `exposed` Int64,
  `entered` Int64,
  `comments` Int64,
  `likes` Int64,
  `shares` Int64,
  `follows` Int64,
  `product_exposures` Int64,
  `clicks` Int64,
  `carts` Int64,
  `checkouts` Int64)
AS SELECT merchant_id, show_id, toInt64(countIf(kind = 'room_exposed')) AS exposed, toInt64(countIf(kind = 'room_entered')) AS entered, toInt64(countIf(kind = 'comment_sent')) AS comments, sumIf(num, kind = 'liked') AS likes, toInt64(countIf(kind = 'room_shared')) AS shares, toInt64(countIf(kind = 'followed')) AS follows, toInt64(countIf(kind = 'product_exposed')) AS product_exposures, toInt64(countIf(kind = 'product_clicked')) AS clicks, toInt64(countIf(kind = 'cart_item_added')) AS carts, toInt64(countIf(kind = 'checkout_started')) AS checkouts FROM events WHERE (rehearsal = 0) AND (actor_role = 'viewer') AND ((merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)) GROUP BY merchant_id, show_id

CREATE TABLE show_minute (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `t` DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  `exposed` SimpleAggregateFunction(sum, Int64),
  `entered` SimpleAggregateFunction(sum, Int64),
  `comments` SimpleAggregateFunction(sum, Int64),
  `likes` SimpleAggregateFunction(sum, Int64),
  `shares` SimpleAggregateFunction(sum, Int64),
  `follows` SimpleAggregateFunction(sum, Int64),
  `product_exposures` SimpleAggregateFunction(sum, Int64),
  `clicks` SimpleAggregateFunction(sum, Int64),
  `carts` SimpleAggregateFunction(sum, Int64),
  `checkouts` SimpleAggregateFunction(sum, Int64))
ENGINE = AggregatingMergeTree PARTITION BY toYYYYMM(t) ORDER BY (merchant_id, show_id, t)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW show_minute_mv TO show_minute (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `t` DateTime('UTC'),
  `exposed` Int64,
  `entered` Int64,
  `comments` Int64,
  `likes` Int64,
  `shares` Int64,
  `follows` Int64,
  `product_exposures` Int64,
  `clicks` Int64,
  `carts` Int64,
  `checkouts` Int64)
AS SELECT merchant_id, show_id, toStartOfMinute(ts) AS t, toInt64(countIf(kind = 'room_exposed')) AS exposed, toInt64(countIf(kind = 'room_entered')) AS entered, toInt64(countIf(kind = 'comment_sent')) AS comments, sumIf(num, kind = 'liked') AS likes, toInt64(countIf(kind = 'room_shared')) AS shares, toInt64(countIf(kind = 'followed')) AS follows, toInt64(countIf(kind = 'product_exposed')) AS product_exposures, toInt64(countIf(kind = 'product_clicked')) AS clicks, toInt64(countIf(kind = 'cart_item_added')) AS carts, toInt64(countIf(kind = 'checkout_started')) AS checkouts FROM events WHERE (rehearsal = 0) AND (actor_role = 'viewer') AND (kind IN ('room_exposed', 'room_entered', 'comment_sent', 'liked', 'room_shared', 'followed', 'product_exposed', 'product_clicked', 'cart_item_added', 'checkout_started')) GROUP BY merchant_id, show_id, t

CREATE VIEW show_minute_published (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `t` DateTime('UTC'),
  `online` Int64,
  `entered` Int64,
  `comments` Int64,
  `likes` Int64,
  `clicks` Int64,
  `carts` Int64)
AS SELECT merchant_id, show_id, toStartOfMinute(ts) AS t, toInt64(uniqExactIf(person_id, (kind IN ('room_entered', 'watch_heartbeat')) AND (person_id != ''))) AS online, toInt64(countIf(kind = 'room_entered')) AS entered, toInt64(countIf(kind = 'comment_sent')) AS comments, sumIf(num, kind = 'liked') AS likes, toInt64(countIf(kind = 'product_clicked')) AS clicks, toInt64(countIf(kind = 'cart_item_added')) AS carts FROM events WHERE (rehearsal = 0) AND (actor_role = 'viewer') AND ((merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)) GROUP BY merchant_id, show_id, t

CREATE TABLE show_money (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `orders` SimpleAggregateFunction(sum, Int64),
  `orders_paid` SimpleAggregateFunction(sum, Int64),
  `cancelled` SimpleAggregateFunction(sum, Int64),
  `refunded` SimpleAggregateFunction(sum, Int64),
  `units_created` SimpleAggregateFunction(sum, Int64),
  `units_paid` SimpleAggregateFunction(sum, Int64),
  `created` SimpleAggregateFunction(sum, Int64),
  `paid` SimpleAggregateFunction(sum, Int64),
  `subsidy` SimpleAggregateFunction(sum, Int64),
  `refund_goods` SimpleAggregateFunction(sum, Int64),
  `refund_ship` SimpleAggregateFunction(sum, Int64),
  `cancelled_paid` SimpleAggregateFunction(sum, Int64),
  `sku_orders` SimpleAggregateFunction(sum, Int64),
  `sku_paid` SimpleAggregateFunction(sum, Int64),
  `cancelled_user` SimpleAggregateFunction(sum, Int64),
  `cancelled_timeout` SimpleAggregateFunction(sum, Int64),
  `cancelled_all_refunded` SimpleAggregateFunction(sum, Int64),
  `cancelled_oversold` SimpleAggregateFunction(sum, Int64),
  `cancelled_merchant` SimpleAggregateFunction(sum, Int64),
  `cancelled_risk` SimpleAggregateFunction(sum, Int64),
  `deposit` SimpleAggregateFunction(sum, Int64),
  `settled` SimpleAggregateFunction(sum, Int64),
  `commission` SimpleAggregateFunction(sum, Int64),
  `commission_back` SimpleAggregateFunction(sum, Int64),
  `refund_pre_ship` SimpleAggregateFunction(sum, Int64),
  `balance` SimpleAggregateFunction(sum, Int64))
ENGINE = AggregatingMergeTree ORDER BY (merchant_id, show_id, currency)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW show_money_mv TO show_money (`merchant_id` LowCardinality(String),
  `show_id` LowCardinality(String),
  `currency` LowCardinality(String),
  `orders` Int64,
  `orders_paid` Int64,
  `cancelled` Int64,
  `refunded` Int64,
  `units_created` Int64,
  `units_paid` Int64,
  `created` Int64,
  `paid` Int64,
  `subsidy` Int64,
  `refund_goods` Int64,
  `refund_ship` Int64,
  `cancelled_paid` Int64,
  `sku_orders` Int64,
  `sku_paid` Int64,
  `cancelled_user` Int64,
  `cancelled_timeout` Int64,
  `cancelled_all_refunded` Int64,
  `cancelled_oversold` Int64,
  `cancelled_merchant` Int64,
  `cancelled_risk` Int64,
  `deposit` Int64,
  `settled` Int64,
  `commission` Int64,
  `commission_back` Int64,
  `refund_pre_ship` Int64,
  `balance` Int64)
AS SELECT merchant_id, show_id, currency, sum(orders) AS orders, sum(orders_paid) AS orders_paid, sum(cancelled) AS cancelled, sum(refunded) AS refunded, sum(units_created) AS units_created, sum(units_paid) AS units_paid, sum(created) AS created, sum(paid) AS paid, sum(subsidy) AS subsidy, sum(refund_goods) AS refund_goods, sum(refund_ship) AS refund_ship, sum(cancelled_paid) AS cancelled_paid, sum(sku_orders) AS sku_orders, sum(sku_paid) AS sku_paid, sum(cancelled_user) AS cancelled_user, sum(cancelled_timeout) AS cancelled_timeout, sum(cancelled_all_refunded) AS cancelled_all_refunded, sum(cancelled_oversold) AS cancelled_oversold, sum(cancelled_merchant) AS cancelled_merchant, sum(cancelled_risk) AS cancelled_risk, sum(deposit) AS deposit, sum(settled) AS settled, sum(commission) AS commission, sum(commission_back) AS commission_back, sum(refund_pre_ship) AS refund_pre_ship, sum(balance) AS balance FROM order_deltas WHERE rehearsal = 0 GROUP BY merchant_id, show_id, currency

CREATE TABLE touches (`merchant_id` LowCardinality(String),
  `person_id` String CODEC(ZSTD(1)),
  `at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
  `idx` UInt32 CODEC(T64, ZSTD(1)),
  `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `show_id` LowCardinality(String),
  `kind` LowCardinality(String),
  `channel` LowCardinality(String),
  `campaign` LowCardinality(String),
  `stage` LowCardinality(String),
  `product_id` LowCardinality(String),
  `rule` LowCardinality(String),
  `host_id` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `agent_name` LowCardinality(String),
  `group_id` LowCardinality(String),
  `group_name` LowCardinality(String),
  `entry_id` LowCardinality(String),
  `referrer_id` String CODEC(ZSTD(1)),
  `cost_currency` LowCardinality(String),
  `cost` Int64 CODEC(T64, ZSTD(1)))
ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (merchant_id, person_id, at, seq, idx)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 8192

CREATE MATERIALIZED VIEW touches_mv TO touches (`merchant_id` LowCardinality(String),
  `person_id` String,
  `at` DateTime64(3, 'UTC'),
  `seq` UInt64,
  `idx` UInt32,
  `ts` DateTime64(3, 'UTC'),
  `show_id` LowCardinality(String),
  `kind` LowCardinality(String),
  `channel` LowCardinality(String),
  `campaign` LowCardinality(String),
  `stage` LowCardinality(String),
  `product_id` LowCardinality(String),
  `rule` LowCardinality(String),
  `host_id` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `agent_name` LowCardinality(String),
  `group_id` LowCardinality(String),
  `group_name` LowCardinality(String),
  `entry_id` LowCardinality(String),
  `referrer_id` String,
  `cost_currency` LowCardinality(String),
  `cost` Int64)
AS SELECT merchant_id, person_id, occurred_at AS at, seq, idx, ts, show_id, kind, touch_channel AS channel, campaign, stage, product_id, touch_rule AS rule, touch_host AS host_id, touch_agent AS agent_id, touch_agent_name AS agent_name, touch_group AS group_id, touch_group_name AS group_name, touch_entry AS entry_id, touch_referrer AS referrer_id, touch_cost_currency AS cost_currency, touch_cost AS cost FROM events WHERE touch = 1

