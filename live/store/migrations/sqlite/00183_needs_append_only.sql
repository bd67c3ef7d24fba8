-- +goose Up
-- How a need became an entry is never rewritten. The trigger language is each
-- database's own, so there are two files of this number.
-- +goose StatementBegin
CREATE TRIGGER care_need_log_no_update BEFORE UPDATE ON care_need_log BEGIN
  SELECT RAISE(ABORT, 'care_need_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER care_need_log_no_delete BEFORE DELETE ON care_need_log BEGIN
  SELECT RAISE(ABORT, 'care_need_log is append-only');
END;
-- +goose StatementEnd
