-- +goose Up
-- Where people find service. How often an entry was shown and opened is counted
-- from the log, see service_checkpoint; what came of it, from its sessions.
CREATE TABLE service_entries (
  merchant_id  TEXT   NOT NULL,
  entry_id     TEXT   NOT NULL,
  type         TEXT   NOT NULL,
  title        TEXT   NOT NULL,
  scope        TEXT   NOT NULL,
  persona      TEXT   NOT NULL,
  from_need_id TEXT   NOT NULL,
  person_id    TEXT   NOT NULL,
  agent_id     TEXT   NOT NULL,
  created_at   BIGINT NOT NULL,
  retired_at   BIGINT NOT NULL,
  exposed      BIGINT NOT NULL DEFAULT 0,
  opened       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (merchant_id, entry_id)
);
CREATE INDEX service_entries_by_time ON service_entries (merchant_id, created_at, entry_id);

CREATE TABLE service_sessions (
  merchant_id         TEXT   NOT NULL,
  session_id          TEXT   NOT NULL,
  entry_id            TEXT   NOT NULL,
  person_id           TEXT   NOT NULL,
  channel             TEXT   NOT NULL,
  room_id             TEXT   NOT NULL,
  show_id             TEXT   NOT NULL,
  persona             TEXT   NOT NULL,
  initiated_by        TEXT   NOT NULL,
  state               TEXT   NOT NULL CHECK (state IN ('bot', 'queued', 'assigned', 'closed')),
  agent_id            TEXT   NOT NULL,
  last_agent_id       TEXT   NOT NULL,
  avoid_agent_id      TEXT   NOT NULL,
  rehearsal           BIGINT NOT NULL,
  handed_over         TEXT   NOT NULL,
  bot_given           TEXT   NOT NULL,
  tags                TEXT   NOT NULL,
  resolution          TEXT   NOT NULL,
  score               BIGINT NOT NULL,
  rating_asked_at     BIGINT NOT NULL,
  messages            BIGINT NOT NULL,
  waiting_since       BIGINT NOT NULL,
  last_at             BIGINT NOT NULL,
  opened_at           BIGINT NOT NULL,
  queued_at           BIGINT NOT NULL,
  assigned_at         BIGINT NOT NULL,
  replied_at          BIGINT NOT NULL,
  closed_at           BIGINT NOT NULL,
  reply_due_at        BIGINT NOT NULL,
  resolve_due_at      BIGINT NOT NULL,
  reply_breached_at   BIGINT NOT NULL,
  resolve_breached_at BIGINT NOT NULL,
  reply_ms            BIGINT NOT NULL,
  reply_business_ms   BIGINT NOT NULL,
  resolve_ms          BIGINT NOT NULL,
  resolve_business_ms BIGINT NOT NULL,
  reopened            BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, session_id),
  CONSTRAINT service_sessions_agent CHECK ((state = 'assigned') = (agent_id <> '')),
  CONSTRAINT service_sessions_score CHECK (score BETWEEN 0 AND 5)
);
CREATE INDEX service_sessions_by_time ON service_sessions (merchant_id, opened_at, session_id);
CREATE INDEX service_sessions_by_person ON service_sessions (merchant_id, person_id, opened_at, session_id);
CREATE INDEX service_sessions_by_entry ON service_sessions (merchant_id, entry_id);
CREATE INDEX service_sessions_by_agent ON service_sessions (merchant_id, agent_id, state);
CREATE INDEX service_sessions_by_last_agent ON service_sessions (merchant_id, last_agent_id, person_id);
-- A person has one open session at an entry, whatever the program believes.
CREATE UNIQUE INDEX service_sessions_one_open ON service_sessions (merchant_id, person_id, entry_id) WHERE state <> 'closed';
CREATE INDEX service_sessions_open ON service_sessions (state, queued_at) WHERE state <> 'closed';

CREATE TABLE service_messages (
  merchant_id TEXT   NOT NULL,
  session_id  TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  message_id  TEXT   NOT NULL,
  said_by     TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  text        TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, session_id, n),
  UNIQUE (merchant_id, session_id, message_id)
);

CREATE TABLE service_agents (
  merchant_id TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  name        TEXT   NOT NULL,
  personas    TEXT   NOT NULL,
  capacity    BIGINT NOT NULL CHECK (capacity >= 0),
  state       TEXT   NOT NULL CHECK (state IN ('online', 'away', 'offline', 'left')),
  seen_at     BIGINT NOT NULL,
  idle_since  BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, agent_id)
);

-- Whose people are whose, by the day it began; the row without an end holds.
CREATE TABLE service_people (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  since_at    BIGINT NOT NULL,
  agent_id    TEXT   NOT NULL,
  until_at    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id, since_at)
);
CREATE UNIQUE INDEX service_people_one ON service_people (merchant_id, person_id) WHERE until_at = 0;
CREATE INDEX service_people_by_agent ON service_people (merchant_id, agent_id, until_at);

CREATE TABLE service_settings (
  merchant_id TEXT   PRIMARY KEY,
  version     BIGINT NOT NULL,
  body        TEXT   NOT NULL
);

CREATE TABLE service_answers (
  merchant_id TEXT   NOT NULL,
  answer_id   TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  text        TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  keywords    TEXT   NOT NULL,
  rank        BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, answer_id)
);

-- What agents are told, in the order it happened, so that one who was away can
-- ask for what they missed. Kept for some days.
CREATE TABLE service_turns (
  merchant_id TEXT   NOT NULL,
  n           BIGINT NOT NULL,
  session_id  TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  past_agent  TEXT   NOT NULL,
  persona     TEXT   NOT NULL,
  message_n   BIGINT NOT NULL,
  detail      TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, n)
);
CREATE INDEX service_turns_by_time ON service_turns (at);
CREATE TABLE service_turn_numbers (
  merchant_id TEXT   PRIMARY KEY,
  n           BIGINT NOT NULL
);

-- Up to where the log was read for the figures of entries.
CREATE TABLE service_checkpoint (
  reader TEXT   PRIMARY KEY,
  epoch  TEXT   NOT NULL,
  offs   BIGINT NOT NULL
);
