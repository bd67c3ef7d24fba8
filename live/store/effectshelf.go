package store

import (
	"errors"
	"fmt"

	"showrunner/live"
)

func readAddProduct(a *args) effect {
	it := live.Item{
		Product:  live.ProductID(a.id("product_id", true)),
		SKU:      live.SKUID(a.id("sku_id", true)),
		Title:    a.text("title", true, 1, live.MaxTitleRunes),
		Price:    a.integer("price_minor", true, 0, live.MaxMinor),
		Currency: live.Currency(a.text("currency", false, 3, 3)),
		Released: a.integer("stock", false, 0, live.MaxStock),
		Rank:     int(a.integer("rank", false, 0, 1_000_000)),
		ImageURL: a.text("image_url", false, 0, live.MaxImageURL),

		PerPerson:     a.integer("per_person", false, 0, live.MaxStock),
		Policy:        live.StockPolicy(a.text("stock_policy", false, 1, 32)),
		CommissionBPS: a.integer("commission_bps", false, 0, live.WholeBPS),
	}
	if it.Policy != "" && !it.Policy.Valid() {
		a.fail("stock_policy", "must be reserve or first_paid")
	}
	if allotted, ok := a.optional("allotted", 0, live.MaxStock); !ok {
		it.Withheld = 0
	} else if it.Withheld = allotted - it.Released; it.Withheld < 0 {
		a.fail("allotted", "must be at least the stock")
	}
	if it.Currency != "" && !it.Currency.Valid() {
		a.fail("currency", "is not an ISO 4217 code we know")
	}
	return func(t *tx, c *scene) error {
		was, err := findItem(t, c.show.ID, it.SKU)
		had := err == nil
		if err != nil && !errors.Is(err, notOnShelf(it.SKU)) {
			return err
		}
		if had && was.Listed {
			return live.Conflict("already_listed", "%s is already on the shelf", it.SKU)
		}
		if it.Currency != "" && it.Currency != c.show.Currency {
			return live.Conflict("currency_mismatch", "the show sells in %s", c.show.Currency)
		}
		var listed int64
		if err := t.row(`SELECT COUNT(*) FROM items WHERE show_id = ? AND listed = 1`, string(c.show.ID)).Scan(&listed); err != nil {
			return fmt.Errorf("count the shelf: %w", err)
		}
		if listed >= live.MaxShelf {
			return live.Conflict("shelf_full", "a shelf holds at most %d items", live.MaxShelf)
		}
		it := it
		if had {
			// It comes back: what was ordered of it counts on top of the new stock.
			if it.Released+it.Withheld > live.MaxStock-was.Reserved-was.Sold {
				return live.Conflict("stock_limit", "at most %d units of %s can be put on sale in a show", live.MaxStock, it.SKU)
			}
			it.Released += was.Reserved + was.Sold
		}
		before := t.emitted
		if err := t.putItem(c.show, it, was, had, c.cmd.By, c.cmd.At); err != nil {
			return err
		}
		if t.emitted > before {
			c.id = t.lastEvent
		}
		return nil
	}
}

func readRemoveProduct(a *args) effect {
	product := live.ProductID(a.id("product_id", false))
	sku := live.SKUID(a.id("sku_id", false))
	if (product == "") == (sku == "") {
		a.fail("product_id", "give either product_id or sku_id")
	}
	return func(t *tx, c *scene) error {
		items, err := shelf(t, c.show.ID, true)
		if err != nil {
			return err
		}
		found := false
		for _, it := range items {
			if it.Product != product && it.SKU != sku {
				continue
			}
			if err := t.delist(c.show, it, c.cmd.By, c.cmd.At); err != nil {
				return err
			}
			if !found {
				c.id = t.lastEvent
			}
			found = true
		}
		if !found && product != "" {
			return notListed(product)
		}
		if !found {
			return notOnShelf(sku)
		}
		return nil
	}
}

func readSetPrice(a *args) effect {
	sku := live.SKUID(a.id("sku_id", true))
	price := a.integer("price_minor", true, 0, live.MaxMinor)
	return func(t *tx, c *scene) error {
		it, err := t.listed(c.show.ID, sku)
		if err != nil {
			return err
		}
		old := it.Price
		it.Price = price
		if err := t.saveItem(c.show.ID, &it); err != nil {
			return err
		}
		return c.emit(t, live.PriceChanged, priceData(&it, old))
	}
}

func readReleaseStock(a *args) effect {
	sku := live.SKUID(a.id("sku_id", true))
	qty := a.integer("qty", true, 1, live.MaxStock)
	extend := a.flag("extend")
	return func(t *tx, c *scene) error {
		it, err := t.listed(c.show.ID, sku)
		if err != nil {
			return err
		}
		if err := it.Release(qty, extend); err != nil {
			return err
		}
		if err := t.saveItem(c.show.ID, &it); err != nil {
			return err
		}
		return c.emit(t, live.StockReleased, stockData(&it, qty))
	}
}

func readHoldStock(a *args) effect {
	sku := live.SKUID(a.id("sku_id", true))
	qty := a.integer("qty", true, 1, live.MaxStock)
	return func(t *tx, c *scene) error {
		it, err := t.listed(c.show.ID, sku)
		if err != nil {
			return err
		}
		if err := it.Hold(qty); err != nil {
			return err
		}
		if err := t.saveItem(c.show.ID, &it); err != nil {
			return err
		}
		return c.emit(t, live.StockHeld, stockData(&it, qty))
	}
}

// stockData is what events say of units that moved.
func stockData(it *live.Item, qty int64) map[string]any {
	return map[string]any{
		"sku_id": it.SKU, "product_id": it.Product, "qty": qty,
		"allotted": it.Allotted(), "released": it.Released, "returned": it.Returned, "left": it.Left(),
	}
}

func (t *tx) listed(show live.ShowID, sku live.SKUID) (live.Item, error) {
	it, err := findItem(t, show, sku)
	if err == nil && !it.Listed {
		err = notOnShelf(sku)
	}
	return it, err
}
