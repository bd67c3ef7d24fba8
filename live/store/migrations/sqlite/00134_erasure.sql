-- +goose Up
-- What is append-only may be rewritten while a person is being forgotten, and
-- only to give them another name. The trigger language is each database's own, so
-- there are two files of this number.

DROP TRIGGER order_facts_no_update;
-- +goose StatementBegin
CREATE TRIGGER order_facts_no_update BEFORE UPDATE ON order_facts WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE merchant_id = OLD.merchant_id) BEGIN
  SELECT RAISE(ABORT, 'order_facts is append-only');
END;
-- +goose StatementEnd

DROP TRIGGER share_tokens_no_update;
-- +goose StatementBegin
CREATE TRIGGER share_tokens_no_update BEFORE UPDATE ON share_tokens WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE merchant_id = OLD.merchant_id) BEGIN
  SELECT RAISE(ABORT, 'share_tokens is append-only');
END;
-- +goose StatementEnd

DROP TRIGGER referral_bindings_no_update;
-- +goose StatementBegin
CREATE TRIGGER referral_bindings_no_update BEFORE UPDATE ON referral_bindings WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE merchant_id = OLD.merchant_id) BEGIN
  SELECT RAISE(ABORT, 'referral_bindings is append-only');
END;
-- +goose StatementEnd

DROP TRIGGER referral_bonuses_no_update;
-- +goose StatementBegin
CREATE TRIGGER referral_bonuses_no_update BEFORE UPDATE ON referral_bonuses WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE merchant_id = OLD.merchant_id) BEGIN
  SELECT RAISE(ABORT, 'referral_bonuses is append-only');
END;
-- +goose StatementEnd

DROP TRIGGER person_log_no_update;
-- +goose StatementBegin
CREATE TRIGGER person_log_no_update BEFORE UPDATE ON person_log WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE merchant_id = OLD.merchant_id) BEGIN
  SELECT RAISE(ABORT, 'person_log is append-only');
END;
-- +goose StatementEnd
