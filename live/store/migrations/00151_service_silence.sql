-- +goose Up
-- After how long a session in which nobody speaks is closed; also in the body of
-- the settings, and here to be looked for.
ALTER TABLE service_settings ADD COLUMN silence_ms BIGINT NOT NULL DEFAULT 86400000;
CREATE INDEX service_sessions_by_last ON service_sessions (state, last_at) WHERE state <> 'closed';
