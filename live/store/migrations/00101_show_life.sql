-- +goose Up
CREATE TABLE explains (
  explain_id TEXT   PRIMARY KEY,
  show_id    TEXT   NOT NULL,
  product_id TEXT   NOT NULL,
  number     BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL,
  UNIQUE (show_id, product_id, number)
);
-- One product is explained at a time, and one host is on.
CREATE UNIQUE INDEX explains_running ON explains (show_id) WHERE ended_at = 0;

CREATE TABLE host_shifts (
  shift_id   TEXT   PRIMARY KEY,
  show_id    TEXT   NOT NULL,
  host_id    TEXT   NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX host_shifts_running ON host_shifts (show_id) WHERE ended_at = 0;
