-- +goose Up
-- With first_paid an order reserves nothing: its payment takes the units.
ALTER TABLE items ADD COLUMN stock_policy TEXT NOT NULL DEFAULT 'reserve' CHECK (stock_policy IN ('reserve', 'first_paid'));
-- A line keeps the policy it was placed under.
ALTER TABLE order_lines ADD COLUMN first_paid SMALLINT NOT NULL DEFAULT 0;
