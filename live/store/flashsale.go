package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

const saleColumns = `sale_id, show_id, sku_id, price_minor, qty, per_person, reserved, sold, starts_at, ends_at, sold_out_at, ended_at, state, reason`

func scanSale(r scanner) (live.FlashSale, error) {
	var f live.FlashSale
	var starts, ends, soldOut, ended int64
	err := r.Scan(&f.ID, &f.Show, &f.SKU, &f.Price, &f.Qty, &f.PerPerson, &f.Reserved, &f.Sold, &starts, &ends, &soldOut, &ended, &f.State, &f.Reason)
	f.StartsAt, f.EndsAt, f.SoldOutAt, f.EndedAt = at(starts), at(ends), at(soldOut), at(ended)
	return f, err
}

// OpenSales lists the flash sales of a show that run or are scheduled, by start.
func (s *Store) OpenSales(ctx context.Context, show live.ShowID) ([]live.FlashSale, error) {
	return openSales(s.reader(ctx), show)
}

// openSales reads the flash sales of a show that have not ended.
func openSales(q querier, show live.ShowID) ([]live.FlashSale, error) {
	rows, err := q.query(`SELECT `+saleColumns+` FROM flash_sales WHERE show_id = ? AND state <> 'ended' ORDER BY starts_at, sale_id`, string(show))
	sales, err := collect(rows, err, scanSale)
	if err != nil {
		return nil, fmt.Errorf("read flash sales: %w", err)
	}
	return sales, nil
}

// openSale is the flash sale of a SKU that has not ended, with what time did to
// it: whether the job or an order comes first makes no difference.
func (t *tx) openSale(sh *live.Show, sku live.SKUID) (f live.FlashSale, open bool, err error) {
	f, err = scanSale(t.row(`SELECT `+saleColumns+` FROM flash_sales WHERE show_id = ? AND sku_id = ? AND state <> 'ended'`, string(sh.ID), string(sku)))
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	if err != nil {
		return f, false, fmt.Errorf("read flash sale: %w", err)
	}
	err = t.turnSale(sh, &f)
	return f, f.State != live.FlashEnded, err
}

// turnSale starts and ends a sale when its time has come. The events say the
// time that was set, not the moment somebody looked.
func (t *tx) turnSale(sh *live.Show, f *live.FlashSale) error {
	if f.State == live.FlashScheduled && !f.StartsAt.After(t.now) {
		f.State = live.FlashRunning
		if err := t.saveSale(f); err != nil {
			return err
		}
		if err := t.tellSale(sh, live.FlashSaleStarted, f, itself, f.StartsAt); err != nil {
			return err
		}
	}
	if f.State == live.FlashRunning && !f.EndsAt.After(t.now) {
		return t.endSale(sh, f, live.FlashTime, itself, f.EndsAt)
	}
	return nil
}

func (t *tx) endSale(sh *live.Show, f *live.FlashSale, why live.FlashEnd, by live.Principal, when time.Time) error {
	f.State, f.Reason, f.EndedAt = live.FlashEnded, why, when
	if err := t.saveSale(f); err != nil {
		return err
	}
	t.freed = append(t.freed, stockKey{f.Show, f.SKU}) // what is left is no longer bound to the sale
	return t.tellSale(sh, live.FlashSaleEnded, f, by, when)
}

// endSales ends the sales of a show, or only that of one SKU.
func (t *tx) endSales(sh *live.Show, sku live.SKUID, by live.Principal) error {
	sales, err := openSales(t, sh.ID)
	if err != nil {
		return err
	}
	for i := range sales {
		f := &sales[i]
		if sku != "" && f.SKU != sku {
			continue
		}
		if err := t.turnSale(sh, f); err != nil {
			return err
		}
		if f.State == live.FlashEnded {
			continue
		}
		if err := t.endSale(sh, f, live.FlashCommand, by, t.now); err != nil {
			return err
		}
	}
	return nil
}

// saveSale writes what changes of a sale beside its counters.
func (t *tx) saveSale(f *live.FlashSale) error {
	if _, err := t.exec(`UPDATE flash_sales SET state = ?, reason = ?, sold_out_at = ?, ended_at = ? WHERE sale_id = ?`,
		string(f.State), string(f.Reason), ms(f.SoldOutAt), ms(f.EndedAt), f.ID); err != nil {
		return fmt.Errorf("write flash sale: %w", err)
	}
	return nil
}

func (t *tx) tellSale(sh *live.Show, kind live.Kind, f *live.FlashSale, by live.Principal, when time.Time) error {
	it, err := findItem(t, f.Show, f.SKU)
	if err != nil {
		return err
	}
	data := map[string]any{
		"sale_id": f.ID, "sku_id": f.SKU, "product_id": it.Product, "title": it.Title, "price_minor": f.Price, "full_minor": it.Price,
		"currency": it.Currency, "qty": f.Qty, "left": f.Left(), "starts_at": stamp(f.StartsAt), "ends_at": stamp(f.EndsAt),
	}
	if f.PerPerson > 0 {
		data["per_person"] = f.PerPerson
	}
	if kind != live.FlashSaleScheduled && kind != live.FlashSaleStarted {
		data["reserved"], data["sold"] = f.Reserved, f.Sold
	}
	if !f.SoldOutAt.IsZero() {
		data["sell_ms"] = f.SoldOutAt.Sub(f.StartsAt).Milliseconds()
	}
	if kind == live.FlashSaleEnded {
		data["reason"], data["ended_at"] = f.Reason, stamp(f.EndedAt)
	}
	_, err = t.announceChange(sh, kind, by, when, data)
	return err
}

// saleBuyer is one person's share of one flash sale.
type saleBuyer struct {
	sale   string
	person live.PersonID
}

// joinSale refuses an order that the flash sale of its SKU has no room for.
// Once the sale's units are ordered the SKU is out of stock until it ends:
// nobody who clicked on the sale's price is charged the full one.
func (c *till) joinSale(sh *live.Show, person live.PersonID, l live.WantedLine, s *stack) error {
	f := &s.sale
	if k := (saleBuyer{f.ID, person}); f.PerPerson > 0 {
		have, known := c.got[k]
		if !known {
			if err := c.t.row(`SELECT COALESCE(SUM(l.qty), 0) FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
				WHERE o.merchant_id = ? AND o.person_id = ? AND l.sale_id = ? AND (o.state <> 'cancelled' OR l.held <> '')`,
				string(sh.Merchant), string(person), f.ID).Scan(&have); err != nil {
				return fmt.Errorf("count what a person ordered: %w", err)
			}
			c.got[k] = have
		}
		if have+l.Qty > f.PerPerson {
			return personLimit(l.SKU, f.PerPerson, have)
		}
	}
	left := f.Left()
	if w := s.offers[person]; w.Sale == f.ID {
		left += w.Qty
	}
	if left < l.Qty {
		return outOfStock(l.SKU, left)
	}
	return nil
}

// moveSale moves units of a sale; what does not fit is refused by the database.
func (t *tx) moveSale(id string, reserved, sold int64) error {
	f, err := scanSale(t.row(`UPDATE flash_sales SET reserved = reserved + ?, sold = sold + ? WHERE sale_id = ? RETURNING `+saleColumns, reserved, sold, id))
	if err != nil {
		return fmt.Errorf("move units of a flash sale: %w", err)
	}
	if f.State != live.FlashRunning || f.Left() > 0 || !f.SoldOutAt.IsZero() && f.Reserved > 0 {
		return nil
	}
	sh, err := findShow(t, f.Show)
	if err != nil {
		return err
	}
	if f.SoldOutAt.IsZero() {
		f.SoldOutAt = t.now
		if err := t.saveSale(&f); err != nil {
			return err
		}
		if err := t.tellSale(&sh, live.FlashSaleSoldOut, &f, itself, t.now); err != nil {
			return err
		}
	}
	if f.Reserved > 0 {
		return nil
	}
	return t.endSale(&sh, &f, live.FlashSoldOut, itself, t.now)
}

// saleHas reports whether a sale has units left for an order that comes back
// to it after having lost them.
func (t *tx) saleHas(id string, qty int64) (bool, error) {
	var n int64
	if err := t.row(`SELECT COUNT(*) FROM flash_sales WHERE sale_id = ? AND reserved + sold + ? <= qty`, id, qty).Scan(&n); err != nil {
		return false, fmt.Errorf("look for units of a flash sale: %w", err)
	}
	return n > 0, nil
}

// turnSales starts and ends the flash sales whose time has come.
func (s *Store) turnSales(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.FlashSale, error) {
		rows, err := q.query(`SELECT `+saleColumns+` FROM flash_sales WHERE state = 'scheduled' AND starts_at <= ? OR state = 'running' AND ends_at <= ?
			ORDER BY starts_at, sale_id`, ms(now), ms(now))
		return collect(rows, err, scanSale)
	}
	_, err := turn(ctx, s, "turn flash sales", due, func(t *tx, f *live.FlashSale) error {
		sh, err := findShow(t, f.Show)
		if err != nil {
			return err
		}
		return t.turnSale(&sh, f)
	})
	return err
}
