package store

import (
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

func readDropCoupon(a *args) effect {
	batch := a.id("batch_id", true)
	d := live.CouponDrop{
		Task:   live.Task(a.text("task", false, 1, 32)),
		Window: live.DropWindow(a.text("window", false, 1, 32)),
	}
	if d.Task == "" {
		d.Task = live.TaskNone
	}
	if d.Window == "" {
		d.Window = live.WindowNone
	}
	if !d.Task.Valid() {
		a.fail("task", "must be none, watch_n or follow")
	}
	if !d.Window.Valid() {
		a.fail("window", "must be none, until_stopped, minutes or time")
	}
	d.TaskTime = readTaskTime(a, d.Task)
	minutes, given := a.optional("window_minutes", 1, live.MaxDropMinutes)
	if given != (d.Window == live.WindowMinutes) {
		a.fail("window_minutes", "goes with the window minutes, and only with it")
	}
	d.EndsAt = a.time("window_until", d.Window == live.WindowTime)
	if !d.EndsAt.IsZero() && d.Window != live.WindowTime {
		a.fail("window_until", "goes with the window time only")
	}
	return func(t *tx, c *scene) error {
		d := d
		if err := onAir(c.show, "a coupon drop"); err != nil {
			return err
		}
		var err error
		if d.Batch, err = findBatch(t, c.room.Merchant, batch); err != nil {
			return err
		}
		if running, err := t.openDrop(c.show); err != nil {
			return err
		} else if running != nil {
			busy := live.Conflict("coupon_drop_running", "the batch %s is dropped already; stop it first", running.Batch.ID)
			busy.Data = map[string]any{"batch_id": running.Batch.ID, "drop_id": running.ID}
			return busy
		}
		if err := t.droppable(c.show, &d.Batch); err != nil {
			return err
		}
		d.ID, d.Show, d.StartsAt = "d_"+t.w.store.ids.next(t.now), c.show.ID, t.now
		if d.Window == live.WindowMinutes {
			d.EndsAt = t.now.Add(time.Duration(minutes) * time.Minute)
		}
		if d.Window == live.WindowTime && (!d.EndsAt.After(t.now) || d.EndsAt.After(t.now.Add(live.MaxDropMinutes*time.Minute))) {
			return live.Invalid("invalid_field", "data.window_until", "must be ahead, at most %d minutes", live.MaxDropMinutes)
		}
		limits, err := c.limits(t)
		if err != nil {
			return err
		}
		if err := t.limitDrop(&d, &limits); err != nil {
			return err
		}
		// Who unfollows and follows again did not do the task twice.
		if d.PerPerson = d.Batch.PerPerson; d.Task == live.TaskFollow {
			d.PerPerson = 1
		}
		if _, err := t.exec(`INSERT INTO coupon_drops (`+dropColumns+`) VALUES (`+marks(13)+`)`,
			d.ID, string(d.Show), string(d.Task), d.TaskTime.Milliseconds(), d.PerPerson, string(d.Window), ms(d.StartsAt), ms(d.EndsAt), 0, "", 0,
			string(d.Batch.Merchant), d.Batch.ID); err != nil {
			return fmt.Errorf("open coupon drop: %w", err)
		}
		t.openTask(c.show, d.ID, d.Task, d.StartsAt)
		return c.emit(t, live.CouponDropped, dropData(&d))
	}
}

// readTaskTime reads how long a task to watch is, which no other task has.
func readTaskTime(a *args, task live.Task) time.Duration {
	minutes, given := a.optional("task_minutes", 1, live.MaxWatchMinutes)
	if given != (task == live.TaskWatch) {
		a.fail("task_minutes", "goes with the task watch_n, and only with it")
	}
	return time.Duration(minutes) * time.Minute
}

func onAir(sh *live.Show, what string) error {
	if sh.State.OnAir() {
		return nil
	}
	err := live.Conflict("wrong_state", "%s needs a show on air; it is %s", what, sh.State)
	err.Data = map[string]any{"state": string(sh.State)}
	return err
}

// droppable refuses a batch that nobody in the show could use.
func (t *tx) droppable(sh *live.Show, b *live.CouponBatch) error {
	switch {
	case b.Voided:
		return live.Conflict("coupon_voided", "the batch was voided")
	case b.Currency != sh.Currency:
		return live.Conflict("currency_mismatch", "the show sells in %s", sh.Currency)
	case !b.EndsAt.IsZero() && !b.EndsAt.After(t.now):
		return live.Conflict("coupon_expired", "the coupons are good no longer")
	case b.Claimed >= b.Total:
		return live.Conflict("coupon_exhausted", "all %d coupons were claimed", b.Total)
	}
	items, err := shelf(t, sh.ID, true)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(items, func(it live.Item) bool { return b.Covers(it.Product, it.SKU) }) {
		return live.Conflict("coupon_product_not_listed", "nothing the coupon is for is on the shelf of this show")
	}
	return nil
}

func readStopCoupon(a *args) effect {
	batch := a.id("batch_id", false)
	return func(t *tx, c *scene) error {
		d, err := t.openDrop(c.show)
		if err != nil {
			return err
		}
		if d == nil || batch != "" && d.Batch.ID != batch {
			return noDrop()
		}
		if err := t.endDrop(c.show, d, live.DropStopped, c.cmd.By, t.now); err != nil {
			return err
		}
		c.id = t.lastEvent
		return nil
	}
}

func noDrop() error { return live.Conflict("coupon_not_dropped", "no such batch is dropped here now") }
