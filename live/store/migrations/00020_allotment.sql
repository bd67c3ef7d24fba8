-- +goose Up
-- What a show may sell of a SKU is withheld + released + returned, its
-- allotment. The sum is not stored, so nothing can disagree with it; its parts
-- are held above zero here, and left (released - reserved - sold) by no_oversell.
ALTER TABLE items ADD COLUMN withheld BIGINT NOT NULL DEFAULT 0 CHECK (withheld >= 0);
ALTER TABLE items ADD COLUMN returned BIGINT NOT NULL DEFAULT 0 CHECK (returned >= 0);
