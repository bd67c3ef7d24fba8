-- +goose Up
-- A mute with a show lasts until that show ends.
ALTER TABLE mutes ADD COLUMN show_id TEXT NOT NULL DEFAULT '';

CREATE TABLE kicks (
  room_id   TEXT   NOT NULL,
  person_id TEXT   NOT NULL,
  show_id   TEXT   NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (room_id, person_id)
);

CREATE TABLE blocks (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);

CREATE TABLE room_modes (
  room_id        TEXT   PRIMARY KEY,
  mute_all       BIGINT NOT NULL DEFAULT 0,
  comments_off   BIGINT NOT NULL DEFAULT 0,
  followers_only BIGINT NOT NULL DEFAULT 0,
  slow_seconds   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE pinned_comments (
  room_id    TEXT PRIMARY KEY,
  comment_id TEXT NOT NULL,
  text       TEXT NOT NULL,
  person_id  TEXT NOT NULL,
  name       TEXT NOT NULL
);

CREATE TABLE keywords (
  room_id TEXT   NOT NULL,
  word    TEXT   NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (room_id, word)
);

CREATE TABLE autoreplies (
  room_id TEXT   NOT NULL,
  word    TEXT   NOT NULL,
  text    TEXT   NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (room_id, word)
);

CREATE TABLE followers (
  merchant_id TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, person_id)
);
