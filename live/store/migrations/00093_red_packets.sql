-- +goose Up
CREATE TABLE red_packets (
  packet_id     TEXT     PRIMARY KEY,
  merchant_id   TEXT     NOT NULL,
  show_id       TEXT     NOT NULL,
  room_id       TEXT     NOT NULL,
  rehearsal     SMALLINT NOT NULL,
  total_minor   BIGINT   NOT NULL,
  currency      TEXT     NOT NULL,
  count         BIGINT   NOT NULL CHECK (count > 0 AND count <= total_minor),
  per_person    BIGINT   NOT NULL CHECK (per_person > 0),
  month_limit   BIGINT   NOT NULL,
  watch_ms      BIGINT   NOT NULL,
  follow        SMALLINT NOT NULL,
  seed          TEXT     NOT NULL,
  seed_commit   TEXT     NOT NULL,
  dropped_at    BIGINT   NOT NULL,
  opens_at      BIGINT   NOT NULL,
  closes_at     BIGINT   NOT NULL,
  ended_at      BIGINT   NOT NULL,
  reason        TEXT     NOT NULL,
  claimed       BIGINT   NOT NULL,
  claimed_minor BIGINT   NOT NULL,
  CONSTRAINT packets_in_count CHECK (claimed BETWEEN 0 AND count),
  CONSTRAINT packets_in_total CHECK (claimed_minor BETWEEN 0 AND total_minor)
);
-- One red packet at a time in a show, whatever the program believes.
CREATE UNIQUE INDEX red_packets_running ON red_packets (show_id) WHERE ended_at = 0;

-- A share has its amount before anybody takes it, and is taken once.
CREATE TABLE red_packet_shares (
  packet_id    TEXT   NOT NULL REFERENCES red_packets (packet_id),
  n            BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  merchant_id  TEXT   NOT NULL,
  person_id    TEXT,
  claim_id     TEXT,
  taken_at     BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (packet_id, n),
  UNIQUE (packet_id, person_id, claim_id)
);
CREATE INDEX red_packet_shares_by_person ON red_packet_shares (merchant_id, person_id, taken_at);
