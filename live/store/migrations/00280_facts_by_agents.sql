-- +goose Up
-- Whether the agent whom a fact names stated it: nobody gets a person for theirs
-- by their own word. Of facts that were taken before it is not known, and they
-- count as stated by others.
ALTER TABLE person_facts ADD COLUMN by_agent BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE person_facts DROP COLUMN by_agent;
