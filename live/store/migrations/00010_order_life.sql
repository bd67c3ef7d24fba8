-- +goose Up
-- The whole life of an order: how it is paid for, how far its goods have come,
-- what was settled and what somebody earns of it.
ALTER TABLE orders ADD COLUMN payment_type TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN fulfilment TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN shipped_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN received_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN completed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN commission_bps BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN refund_pre_ship_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN deposit_minor BIGINT NOT NULL DEFAULT 0 CHECK (deposit_minor >= 0);
ALTER TABLE order_lines ADD COLUMN settled_minor BIGINT NOT NULL DEFAULT 0 CHECK (settled_minor >= 0);
ALTER TABLE order_lines ADD COLUMN commission_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN commission_back_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN commission_bps BIGINT NOT NULL DEFAULT 0 CHECK (commission_bps BETWEEN 0 AND 10000);

-- Double entry, debits positive: the rows of one (order, ver, line, currency)
-- sum to zero. seq is the outbox id of the event that the same fact made, so
-- rows and events have one order.
CREATE TABLE ledger_entries (
  merchant_id  TEXT   NOT NULL,
  order_id     TEXT   NOT NULL,
  ver          BIGINT NOT NULL,
  n            BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  line_id      TEXT   NOT NULL,
  show_id      TEXT   NOT NULL,
  currency     TEXT   NOT NULL,
  account      TEXT   NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
  fact         TEXT   NOT NULL,
  fact_id      TEXT   NOT NULL,
  recorded_at  BIGINT NOT NULL,
  fact_at      BIGINT NOT NULL,
  paid_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, order_id, ver, n)
);
CREATE INDEX ledger_by_show ON ledger_entries (merchant_id, show_id, recorded_at);
