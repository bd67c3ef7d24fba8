-- +goose Up
CREATE TABLE draws (
  draw_id      TEXT     PRIMARY KEY,
  merchant_id  TEXT     NOT NULL,
  show_id      TEXT     NOT NULL,
  room_id      TEXT     NOT NULL,
  rehearsal    SMALLINT NOT NULL,
  rules        TEXT     NOT NULL,
  state        TEXT     NOT NULL CHECK (state IN ('open', 'closed', 'drawn', 'cancelled')),
  seed         TEXT     NOT NULL,
  seed_commit  TEXT     NOT NULL,
  entries      BIGINT   NOT NULL CHECK (entries >= 0),
  entries_hash TEXT     NOT NULL,
  winners      TEXT     NOT NULL,
  opened_at    BIGINT   NOT NULL,
  closes_at    BIGINT   NOT NULL,
  ended_at     BIGINT   NOT NULL,
  reason       TEXT     NOT NULL
);
-- One draw at a time in a room, whatever the program believes.
CREATE UNIQUE INDEX draws_running ON draws (room_id) WHERE state IN ('open', 'closed');
CREATE INDEX draws_by_show ON draws (show_id, opened_at, draw_id);

CREATE TABLE draw_entries (
  draw_id    TEXT   NOT NULL REFERENCES draws (draw_id),
  person_id  TEXT   NOT NULL,
  entry      TEXT   NOT NULL,
  nonce      TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  state      TEXT   NOT NULL CHECK (state IN ('entered', 'won', 'claimed', 'forfeited')),
  entered_at BIGINT NOT NULL,
  claim_by   BIGINT NOT NULL,
  PRIMARY KEY (draw_id, person_id)
);
CREATE UNIQUE INDEX draw_entries_by_name ON draw_entries (draw_id, entry);
CREATE INDEX draw_entries_to_forfeit ON draw_entries (claim_by) WHERE state = 'won';

-- Whether somebody ever worked for a merchant is asked of every entrant.
CREATE INDEX audit_by_actor ON audit (merchant_id, actor_id);
