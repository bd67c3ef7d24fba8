-- +goose Up
-- Forgetting a person is giving each of their names another one that nobody can
-- lead back: every figure stays as it is. erasing has a row only inside the
-- transaction that does it, and lets it rewrite what otherwise is append-only.
CREATE TABLE erasing (
  merchant_id TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE erasures (
  erasure_id   TEXT   NOT NULL PRIMARY KEY,
  merchant_id  TEXT   NOT NULL,
  person_id    TEXT   NOT NULL,
  names        BIGINT NOT NULL,
  reason       TEXT   NOT NULL,
  asked_by     TEXT   NOT NULL,
  asked_at     BIGINT NOT NULL,
  outbox_id    BIGINT NOT NULL,
  facts_at     BIGINT NOT NULL
);
CREATE INDEX erasures_by_merchant ON erasures (merchant_id, asked_at, erasure_id);

-- The old names, until the facts in ClickHouse have the new ones too.
CREATE TABLE erasure_names (
  erasure_id TEXT NOT NULL,
  old_name   TEXT NOT NULL,
  new_name   TEXT NOT NULL,
  copied     SMALLINT NOT NULL,
  PRIMARY KEY (erasure_id, old_name)
);
CREATE INDEX person_facts_by_referrer ON person_facts (merchant_id, referrer_id) WHERE referrer_id <> '';
