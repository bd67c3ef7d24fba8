-- +goose Up
-- Events that one transaction made stand together: a row is a run of n events
-- whose ids end with its own, one a line. The orders of a flash sale come by
-- the hundred, and a row for each cost as much as the rest of them.
ALTER TABLE outbox ADD COLUMN n BIGINT NOT NULL DEFAULT 1 CHECK (n > 0);
-- An order that nobody paid yet is not looked for by its day of payment.
DROP INDEX orders_by_payment;
CREATE INDEX orders_by_payment ON orders (merchant_id, paid_at) WHERE paid_at <> 0;
