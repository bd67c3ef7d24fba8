-- +goose Up
-- Reconciliation walks orders by id within a show, by day of payment, and by
-- the day their facts came in.
CREATE INDEX orders_of_show ON orders (merchant_id, show_id, order_id);
CREATE INDEX orders_by_payment ON orders (merchant_id, paid_at);
CREATE INDEX order_facts_by_time ON order_facts (merchant_id, received_at);
