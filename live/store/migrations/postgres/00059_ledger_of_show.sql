-- +goose Up
-- The ledger of a show is read order by order, by the bytes of their ids and
-- without sorting it.
DROP INDEX ledger_by_show;
CREATE INDEX ledger_of_show ON ledger_entries (merchant_id, show_id, order_id COLLATE "C");
