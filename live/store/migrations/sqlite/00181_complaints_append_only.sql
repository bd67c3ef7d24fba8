-- +goose Up
-- Who did what about a complaint, and what a host was told, is never rewritten.
-- The trigger language is each database's own, so there are two files of this number.
-- +goose StatementBegin
CREATE TRIGGER care_complaint_log_no_update BEFORE UPDATE ON care_complaint_log BEGIN
  SELECT RAISE(ABORT, 'care_complaint_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_complaint_log_no_delete BEFORE DELETE ON care_complaint_log BEGIN
  SELECT RAISE(ABORT, 'care_complaint_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_finding_log_no_update BEFORE UPDATE ON care_finding_log BEGIN
  SELECT RAISE(ABORT, 'care_finding_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_finding_log_no_delete BEFORE DELETE ON care_finding_log BEGIN
  SELECT RAISE(ABORT, 'care_finding_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_brief_versions_no_update BEFORE UPDATE ON care_brief_versions BEGIN
  SELECT RAISE(ABORT, 'care_brief_versions is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_brief_versions_no_delete BEFORE DELETE ON care_brief_versions BEGIN
  SELECT RAISE(ABORT, 'care_brief_versions is append-only');
END;
-- +goose StatementEnd
