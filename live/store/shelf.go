package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// ItemPatch changes an item; nil members stay as they are.
type ItemPatch struct {
	Title    *string
	Price    *int64
	Rank     *int
	Allotted *int64 // at least what is released of it
	ImageURL *string

	PerPerson     *int64 // 0: any number
	Policy        *live.StockPolicy
	CommissionBPS *int64
}

const itemColumns = `product_id, sku_id, title, price_minor, currency, place, image_url, listed, per_person, stock_policy, withheld, released, reserved, sold, returned, commission_bps`

func scanItem(r scanner) (live.Item, error) {
	var it live.Item
	var listed int64
	err := r.Scan(&it.Product, &it.SKU, &it.Title, &it.Price, &it.Currency, &it.Rank, &it.ImageURL, &listed,
		&it.PerPerson, &it.Policy, &it.Withheld, &it.Released, &it.Reserved, &it.Sold, &it.Returned, &it.CommissionBPS)
	it.Listed = listed != 0
	return it, err
}

// Shelf lists the items on offer in a show, by rank.
func (s *Store) Shelf(ctx context.Context, show live.ShowID) ([]live.Item, error) {
	return shelf(s.reader(ctx), show, true)
}

// ProductOf is the product a SKU of a show belongs to; empty if the SKU never
// stood on the show's shelf.
func (s *Store) ProductOf(ctx context.Context, show live.ShowID, sku live.SKUID) (live.ProductID, error) {
	return productOf(s.reader(ctx), show, sku)
}

func productOf(q querier, show live.ShowID, sku live.SKUID) (live.ProductID, error) {
	rows, err := q.query(`SELECT product_id FROM items WHERE show_id = ? AND sku_id = ?`, string(show), string(sku))
	found, err := collect(rows, err, func(r scanner) (id live.ProductID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return "", fmt.Errorf("read product of sku: %w", err)
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

// AllItems lists every item a show ever had on its shelf, by rank, those taken
// off with Listed false.
func (s *Store) AllItems(ctx context.Context, show live.ShowID) ([]live.Item, error) {
	return shelf(s.reader(ctx), show, false)
}

func shelf(q querier, show live.ShowID, listedOnly bool) ([]live.Item, error) {
	rows, err := q.query(`SELECT `+itemColumns+` FROM items WHERE show_id = ? AND listed >= ? ORDER BY place, sku_id`, string(show), bit(listedOnly))
	items, err := collect(rows, err, scanItem)
	if err != nil {
		return nil, fmt.Errorf("read shelf: %w", err)
	}
	return items, nil
}

func findItem(q querier, show live.ShowID, sku live.SKUID) (live.Item, error) {
	it, err := scanItem(q.row(`SELECT `+itemColumns+` FROM items WHERE show_id = ? AND sku_id = ?`, string(show), string(sku)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Item{}, notOnShelf(sku)
	}
	if err != nil {
		return live.Item{}, fmt.Errorf("read item: %w", err)
	}
	return it, nil
}

func notOnShelf(sku live.SKUID) error {
	err := live.Conflict("not_on_shelf", "%s is not on the shelf of this show", sku)
	err.Data = map[string]any{"sku_id": string(sku)}
	return err
}

// saveItem writes an item as a whole. Released below what is reserved and sold
// is refused by the database; it is asked here first only for a better answer.
func (t *tx) saveItem(show live.ShowID, it *live.Item) error {
	if it.Left() < 0 {
		err := live.Conflict("stock_in_use", "%d units of %s are already ordered", it.Reserved+it.Sold, it.SKU)
		err.Data = map[string]any{"sku_id": string(it.SKU), "ordered": it.Reserved + it.Sold}
		return err
	}
	if _, err := t.exec(`INSERT INTO items (show_id, `+itemColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (show_id, sku_id) DO UPDATE SET product_id = excluded.product_id, title = excluded.title, price_minor = excluded.price_minor,
		place = excluded.place, image_url = excluded.image_url, listed = excluded.listed, per_person = excluded.per_person, stock_policy = excluded.stock_policy, withheld = excluded.withheld,
		released = excluded.released, commission_bps = excluded.commission_bps`,
		string(show), string(it.Product), string(it.SKU), it.Title, it.Price, string(it.Currency), it.Rank, it.ImageURL, bit(it.Listed),
		it.PerPerson, string(it.Policy), it.Withheld, it.Released, it.Reserved, it.Sold, it.Returned, it.CommissionBPS); err != nil {
		return fmt.Errorf("write item: %w", err)
	}
	t.freed = append(t.freed, stockKey{show, it.SKU})
	return nil
}

// itemData is what events say of an item.
func itemData(it *live.Item) map[string]any {
	return map[string]any{
		"product_id": it.Product, "sku_id": it.SKU, "title": it.Title, "price_minor": it.Price, "currency": it.Currency,
		"rank": it.Rank, "image_url": it.ImageURL, "stock": it.Released, "allotted": it.Allotted(), "left": it.Left(), "per_person": it.PerPerson, "stock_policy": it.Policy,
	}
}

// shelfChange is one change of a shelf: it opens the show, lets fn work on it,
// and records it.
func (s *Store) shelfChange(ctx context.Context, show live.ShowID, by live.Principal, action string, fn func(*tx, *live.Show) error) error {
	return s.write(ctx, func(t *tx) error {
		sh, err := findShow(t, show)
		if err != nil {
			return err
		}
		if err := mayWrite(by, live.ActShelfWrite, sh.Merchant, sh.Room); err != nil {
			return err
		}
		if err := notOver(&sh); err != nil {
			return err
		}
		if err := fn(t, &sh); err != nil {
			return err
		}
		if err := t.saveShow(&sh); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID, Actor: by.Actor(), Action: action})
	})
}

// PutShelf replaces the shelf of a show. Released is the stock on sale from now
// on, Withheld what stays allotted beside it; what was ordered stays ordered, and less than that is a conflict with
// code "stock_in_use". Items not given are taken off the shelf. A commission of
// [live.KeepCommission] stays as it was.
func (s *Store) PutShelf(ctx context.Context, show live.ShowID, items []live.Item, by live.Principal, when time.Time) ([]live.Item, error) {
	var out []live.Item
	if len(items) > live.MaxShelf {
		return nil, live.Invalid("invalid_field", "items", "must be at most %d", live.MaxShelf)
	}
	err := s.shelfChange(ctx, show, by, "shelf.put", func(t *tx, sh *live.Show) error {
		all, err := shelf(t, show, false)
		if err != nil {
			return err
		}
		old := make(map[live.SKUID]live.Item, len(all))
		for _, it := range all {
			old[it.SKU] = it
		}
		given := make(map[live.SKUID]bool, len(items))
		for i, it := range items {
			if given[it.SKU] {
				return live.Invalid("invalid_field", fmt.Sprintf("items[%d].sku_id", i), "is given twice")
			}
			given[it.SKU] = true
			was, had := old[it.SKU]
			if err := t.putItem(sh, it, was, had, by, when); err != nil {
				return err
			}
		}
		for _, it := range all {
			if it.Listed && !given[it.SKU] {
				if err := t.delist(sh, it, by, when); err != nil {
					return err
				}
			}
		}
		out, err = shelf(t, show, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// putItem lists an item or changes it, and says what changed.
func (t *tx) putItem(sh *live.Show, it, was live.Item, had bool, by live.Principal, when time.Time) error {
	if it.Currency == "" {
		it.Currency = sh.Currency
	}
	if it.CommissionBPS == live.KeepCommission {
		it.CommissionBPS = was.CommissionBPS
	}
	if it.Policy == "" {
		it.Policy = live.StockReserve
	}
	if it.Currency != sh.Currency {
		return live.Invalid("invalid_field", "currency", "must be the show's, %s", sh.Currency)
	}
	if err := it.Validate(); err != nil {
		return err
	}
	it.Listed, it.Reserved, it.Sold, it.Returned = true, was.Reserved, was.Sold, was.Returned
	if had && it == was {
		return nil
	}
	if had && it.Product != was.Product && it.Reserved+it.Sold > 0 {
		return live.Conflict("stock_in_use", "%s is ordered as a part of product %s", it.SKU, was.Product)
	}
	if err := t.saveItem(sh.ID, &it); err != nil {
		return err
	}
	if had && was.Listed && it.Price != was.Price {
		if _, err := t.announceChange(sh, live.PriceChanged, by, when, priceData(&it, was.Price)); err != nil {
			return err
		}
	}
	_, err := t.announceChange(sh, live.ProductListed, by, when, itemData(&it))
	return err
}

func priceData(it *live.Item, old int64) map[string]any {
	return map[string]any{"sku_id": it.SKU, "product_id": it.Product, "old_minor": old, "new_minor": it.Price, "currency": it.Currency}
}

// delist takes an item off the shelf, and the pin off a product without items.
func (t *tx) delist(sh *live.Show, it live.Item, by live.Principal, when time.Time) error {
	it.Listed = false
	if err := t.saveItem(sh.ID, &it); err != nil {
		return err
	}
	if err := t.endSales(sh, it.SKU, by); err != nil {
		return err
	}
	if err := t.closeWaitlist(sh, it.SKU, live.WaitDelisted); err != nil {
		return err
	}
	if _, err := t.announceChange(sh, live.ProductDelisted, by, when, itemData(&it)); err != nil {
		return err
	}
	if sh.Pinned != it.Product {
		return nil
	}
	var left int64
	if err := t.row(`SELECT COUNT(*) FROM items WHERE show_id = ? AND product_id = ? AND listed = 1`, string(sh.ID), string(it.Product)).Scan(&left); err != nil {
		return fmt.Errorf("count listed items: %w", err)
	}
	if left > 0 {
		return nil
	}
	sh.Pinned = ""
	_, err := t.announceChange(sh, live.ProductUnpinned, by, when, map[string]any{"product_id": it.Product})
	return err
}

// PatchItem changes an item that is on the shelf.
func (s *Store) PatchItem(ctx context.Context, show live.ShowID, sku live.SKUID, p ItemPatch, by live.Principal, when time.Time) (live.Item, error) {
	var it live.Item
	err := s.shelfChange(ctx, show, by, "shelf.patch", func(t *tx, sh *live.Show) error {
		was, err := findItem(t, show, sku)
		if err != nil && !errors.Is(err, notOnShelf(sku)) {
			return err
		}
		if !was.Listed {
			return live.NotFound("item_not_found", "%s is not on the shelf of this show", sku)
		}
		it = was
		if p.Title != nil {
			it.Title = *p.Title
		}
		if p.Price != nil {
			it.Price = *p.Price
		}
		if p.Rank != nil {
			it.Rank = *p.Rank
		}
		if p.PerPerson != nil {
			it.PerPerson = *p.PerPerson
		}
		if p.Policy != nil {
			if it.Policy = *p.Policy; !it.Policy.Valid() {
				return live.Invalid("invalid_field", "stock_policy", "must be reserve or first_paid")
			}
		}
		if p.Allotted != nil {
			it.Withheld = *p.Allotted - it.Released - it.Returned
		}
		if p.CommissionBPS != nil {
			it.CommissionBPS = *p.CommissionBPS
		}
		if p.ImageURL != nil {
			it.ImageURL = *p.ImageURL
		}
		return t.putItem(sh, it, was, true, by, when)
	})
	if err != nil {
		return live.Item{}, err
	}
	return it, nil
}
