-- +goose Up
-- Who may be touched, by which rules, and what was sent. guard_touches has every
-- touch that somebody asked for, the suppressed ones too. counted and
-- effective_at are what the caps look at: a planned touch stands at the last
-- moment at which it may be sent.
CREATE TABLE guard_rules (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL CHECK (version > 0),
  rules       TEXT   NOT NULL,
  set_by      TEXT   NOT NULL,
  set_by_role TEXT   NOT NULL,
  set_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version)
);

CREATE TABLE guard_wishes (
  merchant_id TEXT     NOT NULL,
  person_id   TEXT     NOT NULL,
  opt_out     SMALLINT NOT NULL,
  quiet_from  TEXT     NOT NULL,
  quiet_to    TEXT     NOT NULL,
  time_zone   TEXT     NOT NULL,
  set_at      BIGINT   NOT NULL,
  set_by      TEXT     NOT NULL,
  set_by_role TEXT     NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);

CREATE TABLE guard_channels (
  merchant_id TEXT     NOT NULL,
  person_id   TEXT     NOT NULL,
  channel     TEXT     NOT NULL,
  opt_out     SMALLINT NOT NULL,
  why         TEXT     NOT NULL,
  consent     TEXT     NOT NULL,
  set_at      BIGINT   NOT NULL,
  PRIMARY KEY (merchant_id, person_id, channel)
);

CREATE TABLE guard_touches (
  merchant_id   TEXT     NOT NULL,
  touch_id      TEXT     NOT NULL,
  person_id     TEXT     NOT NULL,
  group_id      TEXT     NOT NULL,
  channel       TEXT     NOT NULL,
  kind          TEXT     NOT NULL,
  transactional SMALLINT NOT NULL,
  agent_id      TEXT     NOT NULL,
  template      TEXT     NOT NULL,
  sent_by       TEXT     NOT NULL,
  sent_by_role  TEXT     NOT NULL,
  state         TEXT     NOT NULL CHECK (state IN ('suppressed', 'planned', 'sent', 'failed', 'rejected')),
  rule          TEXT     NOT NULL,
  rule_until    BIGINT   NOT NULL,
  rule_hours    BIGINT   NOT NULL,
  rule_most     BIGINT   NOT NULL,
  rules         BIGINT   NOT NULL,
  at            BIGINT   NOT NULL,
  expires_at    BIGINT   NOT NULL,
  settled_at    BIGINT   NOT NULL,
  late          SMALLINT NOT NULL,
  outside       SMALLINT NOT NULL,
  reason        TEXT     NOT NULL,
  counted       SMALLINT NOT NULL,
  effective_at  BIGINT   NOT NULL,
  PRIMARY KEY (merchant_id, touch_id)
);
CREATE INDEX guard_touches_by_person ON guard_touches (merchant_id, person_id, effective_at);
CREATE INDEX guard_touches_by_group ON guard_touches (merchant_id, group_id, effective_at) WHERE group_id <> '';
CREATE INDEX guard_touches_by_time ON guard_touches (merchant_id, at, touch_id);

-- What a merchant sent, by the minute since 1970.
CREATE TABLE guard_minutes (
  merchant_id TEXT   NOT NULL,
  minute      BIGINT NOT NULL,
  n           BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, minute)
);

CREATE TABLE guard_answers (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);

CREATE TABLE guard_pauses (
  merchant_id TEXT   NOT NULL,
  pause_id    TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  group_id    TEXT   NOT NULL,
  until_at    BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  set_by      TEXT   NOT NULL,
  set_by_role TEXT   NOT NULL,
  set_at      BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, pause_id)
);
CREATE INDEX guard_pauses_by_person ON guard_pauses (merchant_id, person_id, until_at);
CREATE INDEX guard_pauses_by_group ON guard_pauses (merchant_id, group_id, until_at) WHERE group_id <> '';

CREATE TABLE guard_followups (
  merchant_id   TEXT   NOT NULL,
  followup_id   TEXT   NOT NULL,
  person_id     TEXT   NOT NULL,
  agent_id      TEXT   NOT NULL,
  session_id    TEXT   NOT NULL,
  note          TEXT   NOT NULL,
  due_at        BIGINT NOT NULL,
  state         TEXT   NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  result        TEXT   NOT NULL,
  assigned_by   TEXT   NOT NULL,
  assigned_role TEXT   NOT NULL,
  assigned_at   BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, followup_id)
);
CREATE INDEX guard_followups_by_time ON guard_followups (merchant_id, assigned_at, followup_id);
CREATE INDEX guard_followups_by_person ON guard_followups (merchant_id, person_id);

-- How far the log was read.
CREATE TABLE guard_checkpoint (
  name     TEXT   NOT NULL PRIMARY KEY,
  epoch    TEXT   NOT NULL,
  position BIGINT NOT NULL
);
