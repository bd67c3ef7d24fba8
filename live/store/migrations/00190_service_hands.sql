-- +goose Up
-- Which sessions an agent was given, and whether they passed them on themselves.
-- What was given before stands here as the one who has or had it last.
CREATE TABLE service_hands (
  merchant_id TEXT   NOT NULL,
  session_id  TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  given_at    BIGINT NOT NULL,
  passed_at   BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, session_id, agent_id)
);
CREATE INDEX service_hands_by_time ON service_hands (merchant_id, given_at);
CREATE INDEX service_messages_by_agent ON service_messages (merchant_id, agent_id, at);
INSERT INTO service_hands (merchant_id, session_id, agent_id, given_at, passed_at)
SELECT merchant_id, session_id, last_agent_id, assigned_at, 0 FROM service_sessions WHERE last_agent_id <> '' AND assigned_at > 0;
