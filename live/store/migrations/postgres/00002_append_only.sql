-- +goose Up
-- What was commanded, and what was said about money, is never rewritten. The
-- trigger language is each database's own, so there are two files of this number.

-- +goose StatementBegin
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER order_facts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_facts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
