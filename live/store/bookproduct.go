package store

import (
	"fmt"
	"slices"

	"showrunner/live"
)

// nameProducts names the products of lines whose platform says the SKU alone, as
// far as the shelf of the show has it: money of no product would be in the sums
// of the show and in none of its products. It tells whether it named any.
func (b *book) nameProducts(o *bookOrder, f *Fact) (bool, error) {
	switch f.Kind {
	case live.OrderCreated:
		named := false
		for i := range f.Lines {
			if f.Lines[i].Product != "" {
				continue
			}
			p, err := b.product(f.Show, f.Lines[i].SKU)
			if err != nil {
				return false, err
			}
			if p == "" {
				continue
			}
			if !named {
				f.Lines, named = slices.Clone(f.Lines), true // the caller's are as they were said
			}
			f.Lines[i].Product = p
		}
		return named, nil
	case live.ExchangeCreated:
		if f.Exchange.Product != "" {
			return false, nil
		}
		p, err := b.product(o.row.Show, f.Exchange.SKU)
		f.Exchange.Product = p
		return p != "", err
	}
	return false, nil
}

// product finds what a SKU of a show of the merchant belongs to, once; empty if
// it never stood on the shelf.
func (b *book) product(show live.ShowID, sku live.SKUID) (live.ProductID, error) {
	key := stockKey{show, sku}
	if p, ok := b.products[key]; ok || show == "" {
		return p, nil
	}
	rows, err := b.t.query(`SELECT i.product_id FROM items i JOIN shows s ON s.show_id = i.show_id WHERE i.show_id = ? AND i.sku_id = ? AND s.merchant_id = ?`,
		string(show), string(sku), string(b.merchant))
	found, err := collect(rows, err, func(r scanner) (id live.ProductID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return "", fmt.Errorf("read product of order: %w", err)
	}
	found = append(found, "")
	b.products[key] = found[0]
	return found[0], nil
}
