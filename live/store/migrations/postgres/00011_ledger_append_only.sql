-- +goose Up
-- A ledger is corrected by another entry. The trigger language is each
-- database's own, so there are two files of this number.
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
