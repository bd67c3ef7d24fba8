-- +goose Up
-- Where people stand on the ladder. person_facts and person_orders are what the
-- reader of the log took from it, each thing once; ladder_moves and
-- ladder_people are the fold of them by the merchant's rules and of the names
-- that are one person's now.
CREATE TABLE ladder_checkpoint (
  name     TEXT   NOT NULL PRIMARY KEY,
  epoch    TEXT   NOT NULL,
  position BIGINT NOT NULL
);

CREATE TABLE ladder_rules (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL CHECK (version > 0),
  rules       TEXT   NOT NULL,
  set_by      TEXT   NOT NULL,
  set_by_name TEXT   NOT NULL,
  set_by_role TEXT   NOT NULL,
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version)
);

CREATE TABLE person_facts (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  ref         TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  event_id    TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  channel     TEXT   NOT NULL,
  stage       TEXT   NOT NULL,
  class       TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  referrer_id TEXT   NOT NULL,
  scene       TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, person_id, kind, ref)
);

-- steps are when an order became valid and ceased to be, as JSON: they are read
-- and written together.
CREATE TABLE person_orders (
  merchant_id TEXT   NOT NULL,
  order_id    TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  zone        TEXT   NOT NULL,
  steps       TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, order_id)
);
CREATE INDEX person_orders_by_person ON person_orders (merchant_id, person_id);

-- A move that turned out not to have happened so is withdrawn and stays.
-- ended_at is when the next one followed.
CREATE TABLE ladder_moves (
  merchant_id  TEXT   NOT NULL,
  person_id    TEXT   NOT NULL,
  n            BIGINT NOT NULL CHECK (n > 0),
  from_rung    TEXT   NOT NULL,
  to_rung      TEXT   NOT NULL CHECK (to_rung <> from_rung),
  at           BIGINT NOT NULL,
  ended_at     BIGINT NOT NULL,
  cause_event  TEXT   NOT NULL,
  cause_kind   TEXT   NOT NULL,
  cause_ref    TEXT   NOT NULL,
  cause_show   TEXT   NOT NULL,
  touches      TEXT   NOT NULL,
  rule         BIGINT NOT NULL,
  recorded_at  BIGINT NOT NULL,
  withdrawn_at BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id, n)
);
CREATE INDEX ladder_moves_by_time ON ladder_moves (merchant_id, at) WHERE withdrawn_at = 0;

-- One row for each person, under the name that stands for them. reached_1 to
-- reached_5 are when they first stood on that rung or above; 0 is never.
CREATE TABLE ladder_people (
  merchant_id TEXT     NOT NULL,
  person_id   TEXT     NOT NULL,
  rung        TEXT     NOT NULL,
  since       BIGINT   NOT NULL,
  first_at    BIGINT   NOT NULL,
  channel     TEXT     NOT NULL,
  show_id     TEXT     NOT NULL,
  agent_id    TEXT     NOT NULL,
  incentive   SMALLINT NOT NULL,
  reached_1   BIGINT   NOT NULL,
  reached_2   BIGINT   NOT NULL,
  reached_3   BIGINT   NOT NULL,
  reached_4   BIGINT   NOT NULL,
  reached_5   BIGINT   NOT NULL,
  rule        BIGINT   NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);
CREATE INDEX ladder_people_by_rule ON ladder_people (merchant_id, rule);
