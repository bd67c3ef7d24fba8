-- +goose Up
-- What a product is called is asked of the shelf that had it last.
CREATE INDEX items_by_product ON items (product_id);

-- +goose Down
DROP INDEX items_by_product;
