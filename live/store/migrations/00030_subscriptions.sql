-- +goose Up
-- Who is sent signed webhooks, and each webhook that is due, was taken or was
-- given up.

CREATE TABLE subscriptions (
  subscription_id TEXT     PRIMARY KEY,
  merchant_id     TEXT     NOT NULL,
  url             TEXT     NOT NULL,
  types           TEXT     NOT NULL,
  description     TEXT     NOT NULL,
  active          SMALLINT NOT NULL,
  stopped         TEXT     NOT NULL,
  secret          TEXT     NOT NULL,
  old_secret      TEXT     NOT NULL,
  old_until       BIGINT   NOT NULL,
  failures        BIGINT   NOT NULL,
  paused_until    BIGINT   NOT NULL,
  created_at      BIGINT   NOT NULL,
  updated_at      BIGINT   NOT NULL
);
CREATE INDEX subscriptions_by_merchant ON subscriptions (merchant_id, created_at, subscription_id);

-- A position is of one incarnation of the log, so the epoch is part of it.
CREATE TABLE deliveries (
  delivery_id     TEXT   PRIMARY KEY,
  subscription_id TEXT   NOT NULL REFERENCES subscriptions (subscription_id),
  merchant_id     TEXT   NOT NULL,
  epoch           TEXT   NOT NULL,
  position        BIGINT NOT NULL,
  event_id        TEXT   NOT NULL,
  kind            TEXT   NOT NULL,
  chain           TEXT   NOT NULL,
  body            TEXT   NOT NULL,
  state           TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts        BIGINT NOT NULL,
  next_at         BIGINT NOT NULL,
  claimed_until   BIGINT NOT NULL,
  last_status     BIGINT NOT NULL,
  last_error      TEXT   NOT NULL,
  received_at     BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  due_since       BIGINT NOT NULL,
  done_at         BIGINT NOT NULL,
  UNIQUE (subscription_id, epoch, position)
);
CREATE INDEX deliveries_by_subscription ON deliveries (subscription_id, created_at, delivery_id);
CREATE INDEX deliveries_due ON deliveries (subscription_id, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_chain ON deliveries (subscription_id, chain, position) WHERE state = 'pending';
CREATE INDEX deliveries_done ON deliveries (state, done_at);

-- How far the log was turned into deliveries, in the transaction that made them.
CREATE TABLE delivery_checkpoint (
  name     TEXT   PRIMARY KEY,
  epoch    TEXT   NOT NULL,
  position BIGINT NOT NULL
);
