-- +goose Up
-- A wrong merge is undone by another entry. The trigger language is each
-- database's own, so there are two files of this number.

-- +goose StatementBegin
CREATE TRIGGER person_log_no_update BEFORE UPDATE ON person_log BEGIN
  SELECT RAISE(ABORT, 'person_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER person_log_no_delete BEFORE DELETE ON person_log BEGIN
  SELECT RAISE(ABORT, 'person_log is append-only');
END;
-- +goose StatementEnd
