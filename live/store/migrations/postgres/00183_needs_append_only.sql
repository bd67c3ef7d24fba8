-- +goose Up
-- How a need became an entry is never rewritten. The trigger language is each
-- database's own, so there are two files of this number.
CREATE TRIGGER care_need_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON care_need_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
