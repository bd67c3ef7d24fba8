-- +goose Up
-- What is append-only may be rewritten while a person is being forgotten, and
-- only to give them another name. The trigger language is each database's own, so
-- there are two files of this number.

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('order_facts', 'share_tokens', 'referral_bindings', 'referral_bonuses', 'person_log')
     AND EXISTS (SELECT 1 FROM erasing) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
-- +goose StatementEnd
