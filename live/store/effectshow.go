package store

import (
	"database/sql"
	"errors"
	"fmt"

	"showrunner/live"
)

// transitionKinds is what a change of state is called once it has happened.
var transitionKinds = map[live.CommandName]live.Kind{
	live.StartShow: live.ShowStarted, live.PauseShow: live.ShowPaused,
	live.ResumeShow: live.ShowResumed, live.EndShow: live.ShowEnded,
}

func readTransition(*args) effect {
	return func(t *tx, c *scene) error {
		next, err := c.show.State.Next(c.cmd.Name)
		if err != nil {
			return err
		}
		if next.OnAir() && !c.show.State.OnAir() {
			if err := t.roomFree(c.show); err != nil {
				return err
			}
		}
		if c.cmd.Name == live.StartShow {
			open, err := t.checked(c.show)
			if err != nil {
				return err
			}
			c.open = open
			return t.goLive(c)
		}
		c.show.State = next
		if c.cmd.Name == live.EndShow {
			c.show.EndedAt = t.now
			c.show.Pinned = ""
		}
		data := showData(c.show)
		data["version"] = c.show.Version + 1 // as it will be saved
		if err := c.emit(t, transitionKinds[c.cmd.Name], data); err != nil {
			return err
		}
		switch c.cmd.Name {
		case live.ResumeShow:
			return t.serveWaiting(c.show)
		case live.EndShow:
		default:
			return nil
		}
		if c.show.Rehearsal {
			if _, err := t.announceChange(c.show, live.RehearsalEnded, c.cmd.By, c.cmd.At, map[string]any{"show_id": c.show.ID}); err != nil {
				return err
			}
		}
		if _, err := t.endExplain(c.show, c.cmd.By); err != nil {
			return err
		}
		if err := t.endShift(c.show, c.cmd.By); err != nil {
			return err
		}
		if err := t.pardon(c.show.ID); err != nil {
			return err
		}
		if err := t.closeWaitlist(c.show, "", live.WaitShowEnded); err != nil {
			return err
		}
		if err := t.endSales(c.show, "", c.cmd.By); err != nil {
			return err
		}
		if err := t.endBenefits(c.show, c.cmd.By); err != nil {
			return err
		}
		return t.returnUnsold(c.show, c.cmd.By)
	}
}

// roomFree refuses a second show on air in one room. The database would too;
// it could only not say which show is in the way.
func (t *tx) roomFree(sh *live.Show) error {
	var other string
	err := t.row(`SELECT show_id FROM shows WHERE room_id = ? AND state IN ('live', 'paused') AND show_id <> ?`, string(sh.Room), string(sh.ID)).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a show on air: %w", err)
	}
	busy := live.Conflict("room_busy", "the show %s is on air in this room", other)
	busy.Data = map[string]any{"show_id": other}
	return busy
}

func readPin(a *args) effect {
	product := live.ProductID(a.id("product_id", true))
	return func(t *tx, c *scene) error {
		rows, err := t.query(`SELECT `+itemColumns+` FROM items WHERE show_id = ? AND product_id = ? AND listed = 1 ORDER BY place, sku_id`,
			string(c.show.ID), string(product))
		items, err := collect(rows, err, scanItem)
		if err != nil {
			return fmt.Errorf("read product: %w", err)
		}
		if len(items) == 0 {
			return notListed(product)
		}
		c.show.Pinned = product
		data := map[string]any{
			"product_id": product, "pin_id": t.w.store.ids.next(t.now), "title": items[0].Title,
			"price_minor": items[0].Price, "currency": items[0].Currency,
		}
		if len(items) == 1 {
			data["sku_id"] = items[0].SKU
		}
		return c.emit(t, live.ProductPinned, data)
	}
}

func notListed(product live.ProductID) error {
	err := live.Conflict("product_not_listed", "product %s is not on the shelf of this show", product)
	err.Data = map[string]any{"product_id": string(product)}
	return err
}

func readUnpin(a *args) effect {
	product := live.ProductID(a.id("product_id", false))
	return func(t *tx, c *scene) error {
		if c.show.Pinned == "" || product != "" && product != c.show.Pinned {
			err := live.Conflict("not_pinned", "that product is not pinned")
			err.Data = map[string]any{"pinned": string(c.show.Pinned)}
			return err
		}
		product := c.show.Pinned
		c.show.Pinned = ""
		return c.emit(t, live.ProductUnpinned, map[string]any{"product_id": product})
	}
}
