-- +goose Up
-- Which reports are sent to which subscription, and each report that was due.
CREATE TABLE report_schedules (
  schedule_id     TEXT   PRIMARY KEY,
  merchant_id     TEXT   NOT NULL,
  subscription_id TEXT   NOT NULL REFERENCES subscriptions (subscription_id),
  report          TEXT   NOT NULL,
  moments         TEXT   NOT NULL,
  format          TEXT   NOT NULL,
  lang            TEXT   NOT NULL,
  time_zone       TEXT   NOT NULL,
  created_at      BIGINT NOT NULL
);
CREATE INDEX report_schedules_by_merchant ON report_schedules (merchant_id, created_at, schedule_id);

-- A report that is due is made once: the row and the delivery are one transaction.
CREATE TABLE report_runs (
  schedule_id TEXT   NOT NULL REFERENCES report_schedules (schedule_id),
  subject     TEXT   NOT NULL,
  merchant_id TEXT   NOT NULL,
  due_at      BIGINT NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('made', 'failed')),
  attempts    BIGINT NOT NULL,
  next_at     BIGINT NOT NULL,
  error       TEXT   NOT NULL,
  delivery_id TEXT   NOT NULL,
  sha256      TEXT   NOT NULL,
  bytes       BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  PRIMARY KEY (schedule_id, subject)
);
CREATE INDEX report_runs_due ON report_runs (schedule_id, due_at, subject);

-- +goose Down
DROP TABLE report_runs;
DROP TABLE report_schedules;
