-- +goose Up
-- How agents become hosts: what is to be learned, by which stages, who is on the
-- way, and the evidence of each step. Labels and requirements are data of the
-- merchant; what a rehearsal or a shadow show was like comes from the log.
CREATE TABLE incubation_skills (
  merchant_id TEXT   NOT NULL,
  skill       TEXT   NOT NULL,
  nth         BIGINT NOT NULL,
  label_zh    TEXT   NOT NULL,
  label_en    TEXT   NOT NULL,
  proof       TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, skill)
);
CREATE TABLE incubation_tracks (
  merchant_id TEXT   NOT NULL,
  track_id    TEXT   NOT NULL,
  body        TEXT   NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, track_id)
);
CREATE TABLE incubation_candidates (
  merchant_id TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  track_id    TEXT   NOT NULL,
  stage       TEXT   NOT NULL,
  coach_id    TEXT   NOT NULL,
  joined_at   BIGINT NOT NULL,
  stage_at    BIGINT NOT NULL,
  left_at     BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, agent_id)
);
CREATE INDEX incubation_candidates_by_time ON incubation_candidates (merchant_id, joined_at, agent_id);
CREATE TABLE incubation_proofs (
  merchant_id TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  skill       TEXT   NOT NULL,
  evidence    TEXT   NOT NULL,
  proved_by   TEXT   NOT NULL,
  proved_at   BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, agent_id, skill)
);
CREATE TABLE incubation_drills (
  merchant_id TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  coach_id    TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('booked', 'passed', 'failed')),
  points      BIGINT NOT NULL,
  marks       TEXT   NOT NULL,
  evidence    TEXT   NOT NULL,
  note        TEXT   NOT NULL,
  booked_at   BIGINT NOT NULL,
  judged_at   BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, agent_id, show_id)
);
-- Comments of rehearsals, without their words: who of the crew spoke to whom.
CREATE TABLE incubation_comments (
  merchant_id TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  comment_id  TEXT   NOT NULL,
  reply_to    TEXT   NOT NULL,
  actor_id    TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, show_id, comment_id)
);
-- Rehearsals whose end was heard: everything said in them stands above.
CREATE TABLE incubation_rehearsals (
  merchant_id TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  ended_at    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, show_id)
);
CREATE TABLE incubation_shadows (
  merchant_id TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  attended_ms BIGINT NOT NULL CHECK (attended_ms >= 0),
  seen_until  BIGINT NOT NULL,
  note        TEXT   NOT NULL,
  coach_id    TEXT   NOT NULL,
  noted_at    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, agent_id, show_id)
);
CREATE TABLE incubation_promotions (
  merchant_id  TEXT   NOT NULL,
  promotion_id TEXT   NOT NULL,
  agent_id     TEXT   NOT NULL,
  from_stage   TEXT   NOT NULL,
  to_stage     TEXT   NOT NULL,
  state        TEXT   NOT NULL CHECK (state IN ('asked', 'granted', 'refused')),
  evidence     TEXT   NOT NULL,
  reason       TEXT   NOT NULL,
  asked_by     TEXT   NOT NULL,
  asked_at     BIGINT NOT NULL,
  decided_by   TEXT   NOT NULL,
  decided_at   BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, promotion_id)
);
-- One promotion of somebody is open at a time, whatever the program believes.
CREATE UNIQUE INDEX incubation_promotions_open ON incubation_promotions (merchant_id, agent_id) WHERE state = 'asked';
CREATE INDEX incubation_promotions_by_agent ON incubation_promotions (merchant_id, agent_id, asked_at);
CREATE INDEX host_shifts_by_host ON host_shifts (host_id, started_at);
