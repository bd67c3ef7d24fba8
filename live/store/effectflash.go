package store

import (
	"fmt"
	"time"

	"showrunner/live"
)

func readStartFlashSale(a *args) effect {
	f := live.FlashSale{
		SKU:       live.SKUID(a.id("sku_id", true)),
		Price:     a.integer("price_minor", true, 0, live.MaxMinor),
		Qty:       a.integer("qty", true, 1, live.MaxStock),
		PerPerson: a.integer("per_person", false, 0, live.MaxStock),
	}
	length := a.integer("duration_s", true, 1, live.MaxFlashSeconds)
	delay := a.integer("start_in_s", false, 0, live.MaxFlashSeconds)
	return func(t *tx, c *scene) error {
		if !c.show.State.OnAir() {
			err := live.Conflict("wrong_state", "a flash sale needs a show on air; it is %s", c.show.State)
			err.Data = map[string]any{"state": string(c.show.State)}
			return err
		}
		it, err := t.listed(c.show.ID, f.SKU)
		if err != nil {
			return err
		}
		if other, open, err := t.openSale(c.show, f.SKU); err != nil {
			return err
		} else if open {
			busy := live.Conflict("flash_sale_running", "%s is in a flash sale that is %s", f.SKU, other.State)
			busy.Data = map[string]any{"sku_id": string(f.SKU), "sale_id": other.ID, "state": string(other.State)}
			return busy
		}
		if f.Price >= it.Price {
			no := live.Conflict("price_not_lower", "a flash sale goes below the price of %d", it.Price)
			no.Data = map[string]any{"sku_id": string(f.SKU), "price_minor": it.Price}
			return no
		}
		if f.Qty > it.Left() {
			return outOfStock(f.SKU, it.Left())
		}
		f := f
		f.ID, f.Show, f.State = "f_"+t.w.store.ids.next(t.now), c.show.ID, live.FlashScheduled
		f.StartsAt = t.now.Add(time.Duration(delay) * time.Second)
		f.EndsAt = f.StartsAt.Add(time.Duration(length) * time.Second)
		kind := live.FlashSaleScheduled
		if delay == 0 {
			f.State, kind = live.FlashRunning, live.FlashSaleStarted
		}
		if _, err := t.exec(`INSERT INTO flash_sales (`+saleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.ID, string(f.Show), string(f.SKU), f.Price, f.Qty, f.PerPerson, 0, 0, ms(f.StartsAt), ms(f.EndsAt), 0, 0, string(f.State), ""); err != nil {
			return fmt.Errorf("open flash sale: %w", err)
		}
		if err := t.tellSale(c.show, kind, &f, c.cmd.By, t.now); err != nil {
			return err
		}
		c.id = t.lastEvent
		return nil
	}
}

func readEndFlashSale(a *args) effect {
	sku := live.SKUID(a.id("sku_id", true))
	return func(t *tx, c *scene) error {
		f, open, err := t.openSale(c.show, sku)
		if err != nil {
			return err
		}
		if !open {
			no := live.Conflict("no_flash_sale", "%s is in no flash sale", sku)
			no.Data = map[string]any{"sku_id": string(sku)}
			return no
		}
		if err := t.endSale(c.show, &f, live.FlashCommand, c.cmd.By, t.now); err != nil {
			return err
		}
		c.id = t.lastEvent
		return nil
	}
}
