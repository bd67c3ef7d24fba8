-- +goose Up
-- Who did what about a complaint, and what a host was told, is never rewritten.
-- The trigger language is each database's own, so there are two files of this number.
CREATE TRIGGER care_complaint_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON care_complaint_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER care_finding_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON care_finding_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER care_brief_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON care_brief_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
