package store

import (
	"fmt"

	"showrunner/live"
)

// itself is Showrunner as the actor of what nobody commanded.
var itself = live.Principal{Subject: live.SourceOwn, Role: live.RoleSystem}

// returnUnsold gives what a show that ends did not sell back to the merchant.
// Units in unpaid orders stay reserved; they follow when the orders expire.
func (t *tx) returnUnsold(sh *live.Show, by live.Principal) error {
	items, err := shelf(t, sh.ID, false)
	if err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		unsold := it.Unsold()
		if unsold == 0 {
			continue
		}
		if _, err := t.exec(`UPDATE items SET withheld = 0, released = reserved + sold, returned = returned + ? WHERE show_id = ? AND sku_id = ?`,
			unsold, string(sh.ID), string(it.SKU)); err != nil {
			return fmt.Errorf("return unsold stock: %w", err)
		}
		if err := t.tellReturned(sh, it.SKU, unsold, "show_ended", by); err != nil {
			return err
		}
	}
	return nil
}

// returnFreed sends units on to the merchant that came free after the show.
func (t *tx) returnFreed(h holding) error {
	sh, err := findShow(t, h.show)
	if err != nil || !sh.State.Over() {
		return err
	}
	if _, err := t.exec(`UPDATE items SET released = released - ?, returned = returned + ? WHERE show_id = ? AND sku_id = ?`,
		h.qty, h.qty, string(h.show), string(h.sku)); err != nil {
		return fmt.Errorf("return freed stock: %w", err)
	}
	return t.tellReturned(&sh, h.sku, h.qty, "freed", itself)
}

// takeReturned sells units that had gone back: a platform may tell of a payment
// when the show is long over, and the units it speaks of were sold in the show.
func (t *tx) takeReturned(m live.MerchantID, h holding) (taken bool, err error) {
	if h.held != heldSold {
		return false, nil
	}
	n, err := t.changed(`UPDATE items SET released = released + ?, sold = sold + ?, returned = returned - ? WHERE show_id = ? AND sku_id = ? AND returned >= ?
		AND EXISTS (SELECT 1 FROM shows WHERE shows.show_id = items.show_id AND shows.merchant_id = ?)`,
		h.qty, h.qty, h.qty, string(h.show), string(h.sku), h.qty, string(m))
	if err != nil {
		return false, fmt.Errorf("take returned stock: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	sh, err := findShow(t, h.show)
	if err != nil {
		return false, err
	}
	return true, t.tellReturned(&sh, h.sku, -h.qty, "sold_late", itself)
}

// tellReturned tells what went back. The quantities of a SKU add up to what its
// show returned; one that is negative was sold after all.
func (t *tx) tellReturned(sh *live.Show, sku live.SKUID, qty int64, why string, by live.Principal) error {
	it, err := findItem(t, sh.ID, sku)
	if err != nil {
		return err
	}
	data := stockData(&it, qty)
	data["reason"] = why
	t.stockMoved(stockKey{sh.ID, sku})
	_, err = t.announceChange(sh, live.StockReturned, by, t.now, data)
	return err
}
