-- +goose Up
-- A wrong merge is undone by another entry. The trigger language is each
-- database's own, so there are two files of this number.
CREATE TRIGGER person_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
