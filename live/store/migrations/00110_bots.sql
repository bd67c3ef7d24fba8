-- +goose Up
-- The last word on who is a bot in a show. by_operator tells that a person said
-- it; the rules do not speak against that.
CREATE TABLE bots (
  show_id     TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  merchant_id TEXT   NOT NULL,
  room_id     TEXT   NOT NULL,
  flagged     BIGINT NOT NULL,
  by_operator BIGINT NOT NULL,
  score       BIGINT NOT NULL,
  rules       TEXT   NOT NULL,
  reason      TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (show_id, person_id)
);
