-- +goose Up
-- How the money of each paid order is divided over what led to it. body holds
-- the parts and the weights of its touches; the money of each part follows from
-- them and value_minor. show_credits is the sum over the orders of a show, kept
-- in the same transactions.
CREATE TABLE order_credits (
  merchant_id   TEXT   NOT NULL,
  order_id      TEXT   NOT NULL,
  show_id       TEXT   NOT NULL,
  room_id       TEXT   NOT NULL,
  currency      TEXT   NOT NULL,
  person_id     TEXT   NOT NULL,
  paid_at       BIGINT NOT NULL,
  value_minor   BIGINT NOT NULL,
  version       BIGINT NOT NULL,
  model         TEXT   NOT NULL,
  model_version BIGINT NOT NULL,
  window_ms     BIGINT NOT NULL,
  rules         TEXT   NOT NULL,
  body          TEXT   NOT NULL,
  said_at       BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, order_id)
);
CREATE INDEX order_credits_by_person ON order_credits (merchant_id, person_id, paid_at);

CREATE TABLE show_credits (
  merchant_id        TEXT   NOT NULL,
  show_id            TEXT   NOT NULL,
  currency           TEXT   NOT NULL,
  orders             BIGINT NOT NULL,
  value_minor        BIGINT NOT NULL,
  lead_minor         BIGINT NOT NULL,
  nurture_minor      BIGINT NOT NULL,
  convert_minor      BIGINT NOT NULL,
  retain_minor       BIGINT NOT NULL,
  unattributed_minor BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, show_id, currency),
  CONSTRAINT credit_is_the_money CHECK (value_minor = lead_minor + nurture_minor + convert_minor + retain_minor + unattributed_minor)
);

-- Whose shift it was at an instant of a show.
CREATE INDEX host_shifts_of_show ON host_shifts (show_id, started_at);

-- How far readers of the log have come whose results stand here, moved in the
-- transactions that write them.
CREATE TABLE log_checkpoints (
  reader TEXT   NOT NULL PRIMARY KEY,
  epoch  TEXT   NOT NULL,
  seq    BIGINT NOT NULL,
  idx    BIGINT NOT NULL
);
