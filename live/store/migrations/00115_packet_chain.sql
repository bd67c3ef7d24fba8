-- +goose Up
-- Who took which share, in the order in which they came, as a chain of hashes:
-- each claimant was told the link that theirs made, see docs/fairness.md. Shares
-- that were taken before this have none.
ALTER TABLE red_packets ADD COLUMN claims_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE red_packet_shares ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE red_packet_shares ADD COLUMN nonce TEXT NOT NULL DEFAULT '';
ALTER TABLE red_packet_shares ADD COLUMN link TEXT NOT NULL DEFAULT '';
