-- +goose Up
-- Who brought whom. Apart from attribution: bindings decide commissions.
CREATE TABLE referral_rules (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL CHECK (version > 0),
  who         TEXT   NOT NULL CHECK (who IN ('new', 'all')),
  term        TEXT   NOT NULL CHECK (term IN ('permanent', 'days', 'overwrite')),
  days        BIGINT NOT NULL,
  bonus_minor BIGINT NOT NULL CHECK (bonus_minor >= 0),
  currency    TEXT   NOT NULL,
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version)
);

CREATE TABLE share_tokens (
  token       TEXT   NOT NULL PRIMARY KEY,
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  room_id     TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  channel     TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  UNIQUE (merchant_id, person_id, room_id, show_id, channel)
);

-- The last row of a person tells whom they belong to; none is ever changed.
CREATE TABLE referral_bindings (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  referrer_id TEXT   NOT NULL CHECK (referrer_id <> person_id),
  token       TEXT   NOT NULL,
  rule        BIGINT NOT NULL,
  bound_at    BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, person_id, n)
);
CREATE INDEX referral_bindings_by_referrer ON referral_bindings (merchant_id, referrer_id, bound_at);

-- A person is worth one bonus, for ever: who unfollows takes it back, and who
-- follows again earns nobody another.
CREATE TABLE referral_bonuses (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  kind        TEXT   NOT NULL CHECK (kind IN ('grant', 'void')),
  referrer_id TEXT   NOT NULL,
  minor       BIGINT NOT NULL,
  currency    TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id, kind)
);
