-- +goose Up
-- What customers complain of, and what is made of it. A complaint is one cause
-- of one order, or of one person in one show: what is said of it again is more
-- evidence, not another complaint. Machine and human verdicts stand beside each
-- other; cause is the one that counts. The log says who did what when, and from
-- it every figure can be told as it was at an instant.
CREATE TABLE care_complaints (
  merchant_id   TEXT   NOT NULL,
  complaint_id  TEXT   NOT NULL,
  person_id     TEXT   NOT NULL,
  order_id      TEXT   NOT NULL,
  show_id       TEXT   NOT NULL,
  product_id    TEXT   NOT NULL,
  session_id    TEXT   NOT NULL,
  source        TEXT   NOT NULL,
  state         TEXT   NOT NULL CHECK (state IN ('suggested', 'open', 'escalated', 'mediated', 'resolved', 'reopened', 'withdrawn', 'dismissed')),
  cause         TEXT   NOT NULL,
  machine_cause TEXT   NOT NULL,
  machine_rule  SMALLINT NOT NULL,
  confidence    BIGINT NOT NULL,
  because       TEXT   NOT NULL,
  human_cause   TEXT   NOT NULL,
  corrected_by  TEXT   NOT NULL,
  corrected_at  BIGINT NOT NULL,
  agent_id      TEXT   NOT NULL,
  resolution    TEXT   NOT NULL,
  resolved_at   BIGINT NOT NULL,
  followup_at   BIGINT NOT NULL,
  followed_at   BIGINT NOT NULL,
  followup      TEXT   NOT NULL,
  score         BIGINT NOT NULL,
  opened_at     BIGINT NOT NULL,
  steps         BIGINT NOT NULL CHECK (steps > 0),
  PRIMARY KEY (merchant_id, complaint_id)
);
CREATE INDEX care_complaints_by_time ON care_complaints (merchant_id, opened_at, complaint_id);
CREATE INDEX care_complaints_by_show ON care_complaints (merchant_id, show_id);
CREATE UNIQUE INDEX care_complaints_of_order ON care_complaints (merchant_id, order_id, cause)
  WHERE order_id <> '' AND state NOT IN ('withdrawn', 'dismissed');
CREATE UNIQUE INDEX care_complaints_of_person ON care_complaints (merchant_id, show_id, person_id, cause)
  WHERE order_id = '' AND show_id <> '' AND person_id <> '' AND state NOT IN ('withdrawn', 'dismissed');

CREATE TABLE care_evidence (
  merchant_id  TEXT   NOT NULL,
  complaint_id TEXT   NOT NULL,
  n            BIGINT NOT NULL CHECK (n > 0),
  source       TEXT   NOT NULL,
  ref          TEXT   NOT NULL,
  person_id    TEXT   NOT NULL,
  text         TEXT   NOT NULL,
  terms        TEXT   NOT NULL,
  reason       TEXT   NOT NULL,
  score        BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, complaint_id, n),
  UNIQUE (merchant_id, source, ref)
);

CREATE TABLE care_complaint_log (
  merchant_id  TEXT   NOT NULL,
  complaint_id TEXT   NOT NULL,
  n            BIGINT NOT NULL CHECK (n > 0),
  step         TEXT   NOT NULL,
  state        TEXT   NOT NULL,
  cause        TEXT   NOT NULL,
  note         TEXT   NOT NULL,
  actor_id     TEXT   NOT NULL,
  actor_role   TEXT   NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, complaint_id, n)
);

-- A finding is what complaints teach somebody who can change something.
CREATE TABLE care_findings (
  merchant_id TEXT   NOT NULL,
  finding_id  TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  cause       TEXT   NOT NULL,
  product_id  TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  terms       TEXT   NOT NULL,
  action      TEXT   NOT NULL,
  stage       TEXT   NOT NULL CHECK (stage IN ('', 'product', 'pre_sale', 'promotion', 'policy', 'service')),
  department  TEXT   NOT NULL,
  owner_id    TEXT   NOT NULL,
  due_at      BIGINT NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('open', 'routed', 'adopted', 'rejected')),
  decided_at  BIGINT NOT NULL,
  verified    TEXT   NOT NULL,
  verified_at BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  steps       BIGINT NOT NULL CHECK (steps > 0),
  PRIMARY KEY (merchant_id, finding_id)
);
CREATE INDEX care_findings_by_time ON care_findings (merchant_id, created_at, finding_id);

CREATE TABLE care_finding_evidence (
  merchant_id  TEXT NOT NULL,
  finding_id   TEXT NOT NULL,
  complaint_id TEXT NOT NULL,
  PRIMARY KEY (merchant_id, finding_id, complaint_id)
);

CREATE TABLE care_finding_log (
  merchant_id TEXT   NOT NULL,
  finding_id  TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  step        TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  note        TEXT   NOT NULL,
  actor_id    TEXT   NOT NULL,
  actor_role  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, finding_id, n)
);

-- The brief of a show: a draft, the versions that were published of it, and who
-- has read which.
CREATE TABLE care_briefs (
  merchant_id TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  body        TEXT   NOT NULL,
  version     BIGINT NOT NULL CHECK (version >= 0),
  changed_at  BIGINT NOT NULL,
  changed_by  TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, show_id)
);
CREATE INDEX care_briefs_by_time ON care_briefs (merchant_id, changed_at, show_id);

CREATE TABLE care_brief_versions (
  merchant_id  TEXT   NOT NULL,
  show_id      TEXT   NOT NULL,
  version      BIGINT NOT NULL CHECK (version > 0),
  body         TEXT   NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT   NOT NULL,
  PRIMARY KEY (merchant_id, show_id, version)
);

CREATE TABLE care_brief_reads (
  merchant_id TEXT   NOT NULL,
  show_id     TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  actor_id    TEXT   NOT NULL,
  actor_role  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, show_id, version, actor_id)
);
