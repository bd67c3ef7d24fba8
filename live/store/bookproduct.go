package store

import (
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
	if p, ok := b.products[key]; ok {
		return p, nil
	}
	its, err := b.show(show)
	if err != nil || its.room == "" { // of nobody, or not the merchant's
		return "", err
	}
	p, err := productOf(b.t, show, sku)
	if err != nil {
		return "", err
	}
	b.products[key] = p
	return p, nil
}
