-- +goose Up
-- The rules of alerts by version, and every alert that was raised. One that is
-- open has cleared_at 0; of one rule and subject a show has one open at most.
CREATE TABLE alert_rules (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL CHECK (version > 0),
  rules       TEXT   NOT NULL,
  set_by      TEXT   NOT NULL,
  set_by_role TEXT   NOT NULL,
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version)
);

CREATE TABLE alerts (
  merchant_id  TEXT   NOT NULL,
  alert_id     TEXT   NOT NULL,
  show_id      TEXT   NOT NULL,
  room_id      TEXT   NOT NULL,
  rule         TEXT   NOT NULL,
  kind         TEXT   NOT NULL,
  subject      TEXT   NOT NULL,
  severity     TEXT   NOT NULL,
  rule_version BIGINT NOT NULL,
  evidence     TEXT   NOT NULL,
  raised_at    BIGINT NOT NULL,
  cleared_at   BIGINT NOT NULL,
  clear_reason TEXT   NOT NULL,
  acked_at     BIGINT NOT NULL,
  acked_by     TEXT   NOT NULL,
  acked_role   TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, alert_id)
);

CREATE UNIQUE INDEX alerts_open ON alerts (show_id, rule, subject) WHERE cleared_at = 0;
CREATE INDEX alerts_of_show ON alerts (show_id, raised_at);

-- +goose Down
DROP TABLE alerts;
DROP TABLE alert_rules;
