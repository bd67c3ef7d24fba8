-- +goose Up
-- The history of bindings is what commissions are argued over. The trigger
-- language is each database's own, so there are two files of this number.

-- +goose StatementBegin
CREATE TRIGGER referral_rules_no_update BEFORE UPDATE ON referral_rules BEGIN
  SELECT RAISE(ABORT, 'referral_rules is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER referral_rules_no_delete BEFORE DELETE ON referral_rules BEGIN
  SELECT RAISE(ABORT, 'referral_rules is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER share_tokens_no_update BEFORE UPDATE ON share_tokens BEGIN
  SELECT RAISE(ABORT, 'share_tokens is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER share_tokens_no_delete BEFORE DELETE ON share_tokens BEGIN
  SELECT RAISE(ABORT, 'share_tokens is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER referral_bindings_no_update BEFORE UPDATE ON referral_bindings BEGIN
  SELECT RAISE(ABORT, 'referral_bindings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER referral_bindings_no_delete BEFORE DELETE ON referral_bindings BEGIN
  SELECT RAISE(ABORT, 'referral_bindings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER referral_bonuses_no_update BEFORE UPDATE ON referral_bonuses BEGIN
  SELECT RAISE(ABORT, 'referral_bonuses is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER referral_bonuses_no_delete BEFORE DELETE ON referral_bonuses BEGIN
  SELECT RAISE(ABORT, 'referral_bonuses is append-only');
END;
-- +goose StatementEnd
