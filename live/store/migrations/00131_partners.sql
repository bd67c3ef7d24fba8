-- +goose Up
-- Who sells in the merchant's name. partner_log is the truth and never
-- rewritten; partners is where each of them stands.
CREATE TABLE partners (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('applied', 'approved', 'rejected', 'suspended')),
  note        TEXT   NOT NULL,
  applied_at  BIGINT NOT NULL,
  decided_at  BIGINT NOT NULL,
  decided_by  TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);
CREATE INDEX partners_by_state ON partners (merchant_id, state, applied_at, person_id);

CREATE TABLE partner_log (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  state       TEXT   NOT NULL,
  reason      TEXT   NOT NULL,
  actor_id    TEXT   NOT NULL,
  actor_role  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id, n)
);
