-- +goose Up
-- Who was told to earn of an order, so that referral_converted is told once and
-- commission_accrued and commission_reversed add up for each referrer whatever
-- is learned of the order and of its buyer later. converted_at 0: not so far.
CREATE TABLE order_referrers (
  merchant_id  TEXT   NOT NULL,
  order_id     TEXT   NOT NULL,
  referrer_id  TEXT   NOT NULL,
  converted_at BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, order_id)
);
CREATE INDEX order_referrers_by_referrer ON order_referrers (merchant_id, referrer_id);
