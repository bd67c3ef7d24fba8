-- +goose Up
-- Times are unix milliseconds in UTC, 0 meaning "not set". Money is minor units.
-- Only types and constraints that SQLite and PostgreSQL share.

CREATE TABLE counters (
  name  TEXT   PRIMARY KEY,
  value BIGINT NOT NULL
);
-- Outbox ids grow in the order of commits and are never used twice: the relay's
-- high-water mark in the log depends on both.
INSERT INTO counters (name, value) VALUES ('outbox', 0), ('audit', 0);

CREATE TABLE rooms (
  room_id     TEXT   PRIMARY KEY,
  merchant_id TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  hosts       TEXT   NOT NULL,
  currency    TEXT   NOT NULL,
  time_zone   TEXT   NOT NULL,
  created_at  BIGINT NOT NULL
);
CREATE INDEX rooms_by_merchant ON rooms (merchant_id, created_at, room_id);

CREATE TABLE shows (
  show_id          TEXT     PRIMARY KEY,
  room_id          TEXT     NOT NULL REFERENCES rooms (room_id),
  merchant_id      TEXT     NOT NULL,
  title            TEXT     NOT NULL,
  currency         TEXT     NOT NULL,
  time_zone        TEXT     NOT NULL,
  state            TEXT     NOT NULL CHECK (state IN ('scheduled', 'live', 'paused', 'ended', 'settled')),
  rehearsal        SMALLINT NOT NULL,
  planned_start_at BIGINT   NOT NULL,
  started_at       BIGINT   NOT NULL,
  ended_at         BIGINT   NOT NULL,
  created_at       BIGINT   NOT NULL,
  version          BIGINT   NOT NULL,
  pinned           TEXT     NOT NULL
);
CREATE INDEX shows_by_merchant ON shows (merchant_id, created_at, show_id);
CREATE INDEX shows_by_room ON shows (room_id, created_at, show_id);
-- One show on air per room, whatever the program believes.
CREATE UNIQUE INDEX shows_on_air ON shows (room_id) WHERE state IN ('live', 'paused');

CREATE TABLE items (
  show_id     TEXT     NOT NULL REFERENCES shows (show_id),
  sku_id      TEXT     NOT NULL,
  product_id  TEXT     NOT NULL,
  title       TEXT     NOT NULL,
  price_minor BIGINT   NOT NULL CHECK (price_minor >= 0),
  currency    TEXT     NOT NULL,
  place       BIGINT   NOT NULL,
  image_url   TEXT     NOT NULL,
  listed      SMALLINT NOT NULL,
  released    BIGINT   NOT NULL CHECK (released >= 0),
  reserved    BIGINT   NOT NULL CHECK (reserved >= 0),
  sold        BIGINT   NOT NULL CHECK (sold >= 0),
  PRIMARY KEY (show_id, sku_id),
  CONSTRAINT no_oversell CHECK (released - reserved - sold >= 0)
);

CREATE TABLE orders (
  merchant_id  TEXT     NOT NULL,
  order_id     TEXT     NOT NULL,
  show_id      TEXT     NOT NULL,
  room_id      TEXT     NOT NULL,
  person_id    TEXT     NOT NULL,
  channel      TEXT     NOT NULL,
  campaign     TEXT     NOT NULL,
  currency     TEXT     NOT NULL,
  state        TEXT     NOT NULL,
  cancel_type  TEXT     NOT NULL,
  created_at   BIGINT   NOT NULL,
  paid_at      BIGINT   NOT NULL,
  cancelled_at BIGINT   NOT NULL,
  flags        TEXT     NOT NULL,
  oversold     SMALLINT NOT NULL,
  ver          BIGINT   NOT NULL,
  own          SMALLINT NOT NULL,
  buyer_id     TEXT,
  client_id    TEXT,
  total_minor  BIGINT   NOT NULL,
  expires_at   BIGINT   NOT NULL,
  seen_at      BIGINT   NOT NULL,
  PRIMARY KEY (merchant_id, order_id),
  UNIQUE (merchant_id, buyer_id, client_id)
);
CREATE INDEX orders_by_time ON orders (merchant_id, seen_at, order_id);
CREATE INDEX orders_by_show ON orders (merchant_id, show_id, seen_at, order_id);
CREATE INDEX orders_by_person ON orders (merchant_id, person_id, seen_at, order_id);
CREATE INDEX orders_to_expire ON orders (expires_at) WHERE own = 1 AND state = 'unpaid';

CREATE TABLE order_lines (
  merchant_id          TEXT   NOT NULL,
  order_id             TEXT   NOT NULL,
  n                    BIGINT NOT NULL,
  line_id              TEXT   NOT NULL,
  product_id           TEXT   NOT NULL,
  sku_id               TEXT   NOT NULL,
  qty                  BIGINT NOT NULL,
  goods_minor          BIGINT NOT NULL,
  discount_minor       BIGINT NOT NULL,
  subsidy_minor        BIGINT NOT NULL,
  shipping_minor       BIGINT NOT NULL,
  tax_minor            BIGINT NOT NULL,
  created_minor        BIGINT NOT NULL,
  paid_minor           BIGINT NOT NULL,
  refund_goods_minor   BIGINT NOT NULL,
  refund_ship_minor    BIGINT NOT NULL,
  cancelled_paid_minor BIGINT NOT NULL,
  held                 TEXT   NOT NULL CHECK (held IN ('', 'reserved', 'sold')),
  PRIMARY KEY (merchant_id, order_id, n),
  FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, order_id),
  CONSTRAINT net_not_negative CHECK (paid_minor - refund_goods_minor - refund_ship_minor - cancelled_paid_minor >= 0)
);

CREATE TABLE order_facts (
  merchant_id TEXT   NOT NULL,
  order_id    TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  fact_id     TEXT   NOT NULL,
  hash        TEXT   NOT NULL,
  received_at BIGINT NOT NULL,
  body        TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, order_id, kind, fact_id, hash)
);

CREATE TABLE outbox (
  id    BIGINT PRIMARY KEY,
  event TEXT   NOT NULL
);

CREATE TABLE commands (
  merchant_id TEXT   NOT NULL,
  command_id  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  result      TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, command_id)
);

CREATE TABLE audit (
  id          BIGINT PRIMARY KEY,
  at          BIGINT NOT NULL,
  merchant_id TEXT   NOT NULL,
  room_id     TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  actor_id    TEXT   NOT NULL,
  actor_name  TEXT   NOT NULL,
  actor_role  TEXT   NOT NULL,
  action      TEXT   NOT NULL,
  command_id  TEXT   NOT NULL,
  code        TEXT   NOT NULL,
  detail      TEXT   NOT NULL
);
CREATE INDEX audit_by_merchant ON audit (merchant_id, id);
CREATE INDEX audit_by_show ON audit (merchant_id, show_id, id);

CREATE TABLE integrations (
  merchant_id TEXT   NOT NULL,
  source      TEXT   NOT NULL,
  connector   TEXT   NOT NULL,
  secret      TEXT   NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, source)
);
CREATE INDEX integrations_by_source ON integrations (source);

CREATE TABLE idempotency (
  scope        TEXT   NOT NULL,
  idem_key     TEXT   NOT NULL,
  request_hash TEXT   NOT NULL,
  status       BIGINT NOT NULL,
  content_type TEXT   NOT NULL,
  body         TEXT   NOT NULL,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (scope, idem_key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- A 128-bit key as two signed halves: neither a blob nor a text is the same
-- type in both databases, and integers are the smaller.
CREATE TABLE seen (
  hi      BIGINT NOT NULL,
  lo      BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (hi, lo)
);
CREATE INDEX seen_by_age ON seen (seen_at);

CREATE TABLE mutes (
  room_id   TEXT   NOT NULL,
  person_id TEXT   NOT NULL,
  until     BIGINT NOT NULL,
  PRIMARY KEY (room_id, person_id)
);

CREATE TABLE announcements (
  event_id TEXT   PRIMARY KEY,
  room_id  TEXT   NOT NULL,
  show_id  TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  text     TEXT   NOT NULL
);
CREATE INDEX announcements_by_room ON announcements (room_id, at);
