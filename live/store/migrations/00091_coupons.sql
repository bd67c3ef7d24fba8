-- +goose Up
CREATE TABLE coupon_batches (
  merchant_id     TEXT   NOT NULL,
  batch_id        TEXT   NOT NULL,
  title           TEXT   NOT NULL,
  kind            TEXT   NOT NULL CHECK (kind IN ('amount', 'percent')),
  off_minor       BIGINT NOT NULL CHECK (off_minor >= 0),
  off_bps         BIGINT NOT NULL CHECK (off_bps BETWEEN 0 AND 10000),
  cap_minor       BIGINT NOT NULL CHECK (cap_minor >= 0),
  threshold_minor BIGINT NOT NULL CHECK (threshold_minor >= 0),
  currency        TEXT   NOT NULL,
  total           BIGINT NOT NULL CHECK (total > 0),
  per_person      BIGINT NOT NULL CHECK (per_person > 0),
  starts_at       BIGINT NOT NULL,
  ends_at         BIGINT NOT NULL,
  valid_ms        BIGINT NOT NULL,
  products        TEXT   NOT NULL,
  skus            TEXT   NOT NULL,
  claimed         BIGINT NOT NULL CHECK (claimed >= 0),
  redeemed        BIGINT NOT NULL CHECK (redeemed >= 0),
  returned        BIGINT NOT NULL CHECK (returned >= 0),
  voided          SMALLINT NOT NULL,
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, batch_id),
  CONSTRAINT coupons_in_total CHECK (claimed <= total)
);
CREATE INDEX coupon_batches_by_time ON coupon_batches (merchant_id, created_at, batch_id);
CREATE INDEX coupon_batches_voided ON coupon_batches (merchant_id, batch_id) WHERE voided = 1;

-- One drop runs at a time in a show, whatever the program believes.
CREATE TABLE coupon_drops (
  drop_id     TEXT   PRIMARY KEY,
  merchant_id TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  batch_id    TEXT   NOT NULL,
  task        TEXT   NOT NULL CHECK (task IN ('none', 'watch_n', 'follow')),
  task_ms     BIGINT NOT NULL,
  per_person  BIGINT NOT NULL CHECK (per_person > 0),
  ends_by     TEXT   NOT NULL CHECK (ends_by IN ('none', 'until_stopped', 'minutes', 'time')),
  starts_at   BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  claimed     BIGINT NOT NULL CHECK (claimed >= 0)
);
CREATE UNIQUE INDEX coupon_drops_open ON coupon_drops (show_id) WHERE ended_at = 0;

-- order_id is the order that holds or redeemed the coupon; a coupon that came
-- back has none.
CREATE TABLE coupons (
  coupon_id      TEXT     PRIMARY KEY,
  merchant_id    TEXT     NOT NULL,
  batch_id       TEXT     NOT NULL,
  person_id      TEXT     NOT NULL,
  show_id        TEXT     NOT NULL,
  room_id        TEXT     NOT NULL,
  rehearsal      SMALLINT NOT NULL,
  claim_id       TEXT,
  state          TEXT     NOT NULL CHECK (state IN ('claimed', 'held', 'redeemed', 'expired', 'voided')),
  order_id       TEXT     NOT NULL,
  discount_minor BIGINT   NOT NULL CHECK (discount_minor >= 0),
  claimed_at     BIGINT   NOT NULL,
  expires_at     BIGINT   NOT NULL,
  CHECK ((order_id = '') = (state NOT IN ('held', 'redeemed'))),
  UNIQUE (merchant_id, batch_id, person_id, claim_id)
);
CREATE INDEX coupons_by_person ON coupons (merchant_id, person_id, claimed_at, coupon_id);
CREATE INDEX coupons_to_expire ON coupons (expires_at) WHERE state = 'claimed' AND expires_at > 0;
CREATE INDEX coupons_to_void ON coupons (merchant_id, batch_id) WHERE state = 'claimed';

-- How long a person watched since a benefit with a task to watch opened.
CREATE TABLE benefit_watch (
  benefit_id TEXT   NOT NULL,
  person_id  TEXT   NOT NULL,
  watched_ms BIGINT NOT NULL CHECK (watched_ms >= 0),
  PRIMARY KEY (benefit_id, person_id)
);

ALTER TABLE orders ADD COLUMN coupon_id TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN coupon_minor BIGINT NOT NULL DEFAULT 0;
