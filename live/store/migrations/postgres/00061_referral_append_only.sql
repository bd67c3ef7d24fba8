-- +goose Up
-- The history of bindings is what commissions are argued over. The trigger
-- language is each database's own, so there are two files of this number.
CREATE TRIGGER referral_rules_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON referral_rules
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER share_tokens_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON share_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER referral_bindings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON referral_bindings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER referral_bonuses_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON referral_bonuses
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
