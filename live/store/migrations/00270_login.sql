-- +goose Up
-- Logins at a merchant's identity provider that are under way: what must be known
-- again when the browser comes back, on whatever server. Nothing here lets anybody
-- in, for what the browser holds is kept as a hash.
CREATE TABLE login_attempts (
  state_hash   TEXT   PRIMARY KEY NOT NULL,
  browser_hash TEXT   NOT NULL,
  merchant_id  TEXT   NOT NULL,
  issuer       TEXT   NOT NULL,
  return_to    TEXT   NOT NULL,
  expires_at   BIGINT NOT NULL
);
CREATE INDEX login_attempts_by_end ON login_attempts (expires_at);
CREATE INDEX login_attempts_by_merchant ON login_attempts (merchant_id);
-- Who was proven to be there, for the moment until their page fetches its token.
CREATE TABLE login_proofs (
  browser_hash TEXT   PRIMARY KEY NOT NULL,
  merchant_id  TEXT   NOT NULL,
  issuer       TEXT   NOT NULL,
  principal    TEXT   NOT NULL,
  return_to    TEXT   NOT NULL,
  expires_at   BIGINT NOT NULL
);
CREATE INDEX login_proofs_by_end ON login_proofs (expires_at);
