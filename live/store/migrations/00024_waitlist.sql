-- +goose Up
-- An offer holds units of the shelf, and of a flash sale that runs, exactly as
-- an unpaid order does: items.reserved counts both.
CREATE TABLE waitlist (
  show_id    TEXT   NOT NULL,
  sku_id     TEXT   NOT NULL,
  person_id  TEXT   NOT NULL,
  qty        BIGINT NOT NULL CHECK (qty > 0),
  place      BIGINT NOT NULL,
  state      TEXT   NOT NULL CHECK (state IN ('waiting', 'offered')),
  sale_id    TEXT   NOT NULL,
  joined_at  BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (show_id, sku_id, person_id),
  FOREIGN KEY (show_id, sku_id) REFERENCES items (show_id, sku_id)
);
CREATE UNIQUE INDEX waitlist_in_line ON waitlist (show_id, sku_id, place);
CREATE INDEX waitlist_offers ON waitlist (expires_at) WHERE state = 'offered';
