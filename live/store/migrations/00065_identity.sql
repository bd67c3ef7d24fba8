-- +goose Up
-- Who is who. person_log is the truth and is never rewritten; person_links is
-- made from it: the name that stands for each name that has others beside it.
CREATE TABLE identity_secrets (
  merchant_id TEXT NOT NULL PRIMARY KEY,
  secret      TEXT NOT NULL
);

CREATE TABLE person_names (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);

CREATE TABLE person_log (
  merchant_id TEXT   NOT NULL,
  n           BIGINT NOT NULL CHECK (n > 0),
  person_a    TEXT   NOT NULL,
  person_b    TEXT   NOT NULL,
  undoes      BIGINT NOT NULL,
  evidence    TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, n)
);
CREATE INDEX person_log_a ON person_log (merchant_id, person_a);
CREATE INDEX person_log_b ON person_log (merchant_id, person_b);

CREATE TABLE person_links (
  merchant_id TEXT NOT NULL,
  person_id   TEXT NOT NULL,
  canonical   TEXT NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);
CREATE INDEX person_links_by_canonical ON person_links (merchant_id, canonical);
