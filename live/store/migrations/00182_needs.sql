-- +goose Up
-- What single people need, on its way to a fixed entry of service: captured,
-- responded to, validated, found alike with others, promoted, measured, retired.
-- Each step stands in the log with who, when and the evidence.
CREATE TABLE care_needs (
  merchant_id TEXT   NOT NULL,
  need_id     TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  session_id  TEXT   NOT NULL,
  source      TEXT   NOT NULL,
  ref         TEXT   NOT NULL,
  text        TEXT   NOT NULL,
  terms       TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('captured', 'responded', 'validated')),
  cluster_id  TEXT   NOT NULL,
  agent_id    TEXT   NOT NULL,
  answer      TEXT   NOT NULL,
  captured_at BIGINT NOT NULL,
  steps       BIGINT NOT NULL CHECK (steps > 0),
  PRIMARY KEY (merchant_id, need_id),
  UNIQUE (merchant_id, source, ref)
);
CREATE INDEX care_needs_by_time ON care_needs (merchant_id, captured_at, need_id);
CREATE INDEX care_needs_by_show ON care_needs (merchant_id, show_id, captured_at);
CREATE INDEX care_needs_by_cluster ON care_needs (merchant_id, cluster_id) WHERE cluster_id <> '';

CREATE TABLE care_need_clusters (
  merchant_id TEXT   NOT NULL,
  cluster_id  TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  terms       TEXT   NOT NULL,
  cohesion    BIGINT NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('alike', 'common', 'retired')),
  entry_id    TEXT   NOT NULL,
  measured    TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  promoted_at BIGINT NOT NULL,
  steps       BIGINT NOT NULL CHECK (steps > 0),
  PRIMARY KEY (merchant_id, cluster_id)
);
CREATE INDEX care_need_clusters_by_time ON care_need_clusters (merchant_id, created_at, cluster_id);

CREATE TABLE care_need_log (
  merchant_id TEXT   NOT NULL,
  thing_id    TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  step        TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  evidence    TEXT   NOT NULL,
  actor_id    TEXT   NOT NULL,
  actor_role  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, thing_id, n)
);
