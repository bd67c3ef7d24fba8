-- +goose Up
-- How many units of a SKU one person may buy in its show; 0 means any number.
ALTER TABLE items ADD COLUMN per_person BIGINT NOT NULL DEFAULT 0 CHECK (per_person >= 0);
