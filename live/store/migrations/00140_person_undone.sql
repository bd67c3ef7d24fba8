-- +goose Up
-- Which merges were undone, found without reading all of them.
CREATE INDEX person_log_undone ON person_log (merchant_id, undoes) WHERE undoes <> 0;
