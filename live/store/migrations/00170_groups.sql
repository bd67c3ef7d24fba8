-- +goose Up
-- Which groups a merchant has and whose they are. Who is in them is not here: it
-- is a function of the log. care_group_owners is never rewritten; care_groups
-- has its last word.
CREATE TABLE care_groups (
  merchant_id   TEXT   NOT NULL,
  group_id      TEXT   NOT NULL,
  title         TEXT   NOT NULL,
  platform      TEXT   NOT NULL,
  agent_id      TEXT   NOT NULL,
  host_id       TEXT   NOT NULL,
  personas      TEXT   NOT NULL,
  tags          TEXT   NOT NULL,
  found         BIGINT NOT NULL CHECK (found IN (0, 1)),
  created_at    BIGINT NOT NULL,
  archived_at   BIGINT NOT NULL,
  registered_at BIGINT NOT NULL,
  changed_at    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, group_id)
);
CREATE INDEX care_groups_by_age ON care_groups (merchant_id, created_at, group_id);
CREATE INDEX care_groups_by_agent ON care_groups (merchant_id, agent_id, group_id);

CREATE TABLE care_group_tags (
  merchant_id TEXT NOT NULL,
  tag         TEXT NOT NULL,
  group_id    TEXT NOT NULL,
  PRIMARY KEY (merchant_id, tag, group_id)
);

CREATE TABLE care_group_owners (
  merchant_id TEXT   NOT NULL,
  group_id    TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  agent_id    TEXT   NOT NULL,
  from_at     BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  decided_by  TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, group_id, n)
);

-- What was done about an alarm: its last word; the audit log has all of them.
CREATE TABLE care_group_alarms (
  merchant_id TEXT   NOT NULL,
  group_id    TEXT   NOT NULL,
  alarm       TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('acknowledged', 'assigned')),
  agent_id    TEXT   NOT NULL,
  note        TEXT   NOT NULL,
  decided_by  TEXT   NOT NULL,
  decided_at  BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, group_id, alarm)
);
