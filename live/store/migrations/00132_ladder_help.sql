-- +goose Up
-- What helped a move, so that moves can be added up by it: the class of the last
-- touch, the show it happened in or after, and who had served.
ALTER TABLE ladder_moves ADD COLUMN by_class TEXT NOT NULL DEFAULT '';
ALTER TABLE ladder_moves ADD COLUMN by_show TEXT NOT NULL DEFAULT '';
ALTER TABLE ladder_moves ADD COLUMN by_agent TEXT NOT NULL DEFAULT '';
CREATE INDEX person_facts_by_time ON person_facts (merchant_id, at);
