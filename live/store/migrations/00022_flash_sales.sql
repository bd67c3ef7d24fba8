-- +goose Up
-- reserved and sold count the units that order lines hold of the sale; they are
-- units of the shelf too, which counts them once more for itself.
CREATE TABLE flash_sales (
  sale_id     TEXT   PRIMARY KEY,
  show_id     TEXT   NOT NULL,
  sku_id      TEXT   NOT NULL,
  price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
  qty         BIGINT NOT NULL CHECK (qty > 0),
  per_person  BIGINT NOT NULL CHECK (per_person >= 0),
  reserved    BIGINT NOT NULL CHECK (reserved >= 0),
  sold        BIGINT NOT NULL CHECK (sold >= 0),
  starts_at   BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL,
  sold_out_at BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('scheduled', 'running', 'ended')),
  reason      TEXT   NOT NULL,
  FOREIGN KEY (show_id, sku_id) REFERENCES items (show_id, sku_id),
  CONSTRAINT flash_no_oversell CHECK (reserved + sold <= qty)
);
-- One sale at a time per SKU, whatever the program believes.
CREATE UNIQUE INDEX flash_sales_open ON flash_sales (show_id, sku_id) WHERE state <> 'ended';

ALTER TABLE order_lines ADD COLUMN sale_id TEXT NOT NULL DEFAULT '';
