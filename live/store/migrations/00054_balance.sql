-- +goose Up
-- What came as the balance of a presale, apart from its deposit: a part of
-- paid_minor. Lines written before have none until their order's next fact.
ALTER TABLE order_lines ADD COLUMN balance_minor BIGINT NOT NULL DEFAULT 0 CHECK (balance_minor >= 0);
