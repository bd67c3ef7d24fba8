-- +goose Up
-- Settlement files of platforms. A file is seen when it is complete; NULL is an
-- amount the file does not give.
CREATE TABLE settlements (
  merchant_id TEXT     NOT NULL,
  upload_id   TEXT     NOT NULL,
  show_id     TEXT     NOT NULL,
  uploaded_by TEXT     NOT NULL,
  row_count   BIGINT   NOT NULL,
  uploaded_at BIGINT   NOT NULL,
  complete    SMALLINT NOT NULL,
  PRIMARY KEY (merchant_id, upload_id)
);
CREATE INDEX settlements_by_show ON settlements (merchant_id, show_id, uploaded_at);

CREATE TABLE settlement_rows (
  merchant_id    TEXT   NOT NULL,
  upload_id      TEXT   NOT NULL,
  order_id       TEXT   NOT NULL,
  line           BIGINT NOT NULL,
  currency       TEXT   NOT NULL,
  paid_minor     BIGINT NOT NULL,
  refunded_minor BIGINT,
  settled_minor  BIGINT,
  fee_minor      BIGINT,
  PRIMARY KEY (merchant_id, upload_id, order_id)
);
