-- +goose Up
-- What was commanded, and what was said about money, is never rewritten. The
-- trigger language is each database's own, so there are two files of this number.

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'audit is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'audit is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_facts_no_update BEFORE UPDATE ON order_facts BEGIN
  SELECT RAISE(ABORT, 'order_facts is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_facts_no_delete BEFORE DELETE ON order_facts BEGIN
  SELECT RAISE(ABORT, 'order_facts is append-only');
END;
-- +goose StatementEnd
