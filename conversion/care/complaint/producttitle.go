package complaint

import (
	"fmt"
	"strings"

	"showrunner/live"
	"showrunner/live/store"
)

// titlesOf are what products are called on the shelf that had them last: nobody
// knows a product by its ID. One that was on no shelf has none.
func titlesOf(q store.Querier, m live.MerchantID, products []live.ProductID) (map[live.ProductID]string, error) {
	args := []any{string(m)}
	asked := map[live.ProductID]bool{"": true}
	for _, p := range products {
		if !asked[p] {
			asked[p] = true
			args = append(args, string(p))
		}
	}
	if len(args) == 1 {
		return nil, nil
	}
	type named struct {
		show    live.ShowID
		product live.ProductID
		sku     live.SKUID
		title   string
	}
	rows, err := q.Query(`SELECT i.show_id, i.product_id, i.sku_id, i.title FROM items i JOIN shows s ON s.show_id = i.show_id
		WHERE s.merchant_id = ? AND i.product_id IN (?`+strings.Repeat(", ?", len(args)-2)+`) ORDER BY s.created_at DESC, s.show_id DESC, i.place, i.sku_id`, args...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (n named, err error) { return n, r.Scan(&n.show, &n.product, &n.sku, &n.title) })
	if err != nil {
		return nil, fmt.Errorf("read what products are called: %w", err)
	}
	last, titles := map[live.ProductID]live.ShowID{}, map[live.ProductID]*live.ProductTitles{}
	for _, n := range list {
		if titles[n.product] == nil {
			last[n.product], titles[n.product] = n.show, &live.ProductTitles{}
		}
		if last[n.product] == n.show {
			titles[n.product].Add(n.sku, n.title)
		}
	}
	out := make(map[live.ProductID]string, len(titles))
	for p, t := range titles {
		out[p] = t.Title()
	}
	return out, nil
}

// nameFindings says what the products of findings are called.
func nameFindings(q store.Querier, m live.MerchantID, list []Finding) error {
	products := make([]live.ProductID, len(list))
	for i := range list {
		products[i] = list[i].Product
	}
	titles, err := titlesOf(q, m, products)
	for i := range list {
		list[i].ProductTitle = titles[list[i].Product]
	}
	return err
}

// nameItems says what the products of a brief's items are called when they are
// written: a version stays as it was read, and so do reports that have it.
func nameItems(q store.Querier, m live.MerchantID, list []Item) error {
	products := make([]live.ProductID, len(list))
	for i := range list {
		products[i] = list[i].Product
	}
	titles, err := titlesOf(q, m, products)
	for i := range list {
		list[i].ProductTitle = cut(titles[list[i].Product], maxItemTitle)
	}
	return err
}
