-- +goose Up
-- What may be given away, of a merchant (room_id is empty) or of one room. The
-- limits are one JSON object: a limit that is not set has no member.
CREATE TABLE benefit_limits (
  merchant_id TEXT   NOT NULL,
  room_id     TEXT   NOT NULL,
  limits      TEXT   NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, room_id)
);
