package store

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"showrunner/live"
)

// secret is n random bytes in hex.
func secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // It never fails: the program would end instead.
	return hex.EncodeToString(b)
}

func readOpenDraw(a *args) effect {
	r := live.DrawRules{
		Version: 1, Prize: a.text("prize", true, 1, live.MaxTitleRunes), PrizeMinor: a.integer("prize_minor", true, 0, live.MaxMinor),
		Winners: a.integer("winners", true, 1, live.MaxWinners), Task: live.Task(a.text("task", false, 1, 32)),
		ClaimHours: int64(live.ClaimWithin / time.Hour), Excluded: live.DrawExcluded,
	}
	if r.Task == "" {
		r.Task = live.TaskNone
	}
	if !r.Task.Valid() {
		a.fail("task", "must be none, watch_n or follow")
	}
	task := readTaskTime(a, r.Task)
	r.TaskMinutes = int64(task / time.Minute)
	length := time.Duration(a.integer("countdown_s", true, 1, live.MaxDrawSeconds)) * time.Second
	if r.Task == live.TaskWatch && task+live.DrawMargin > length {
		a.fail("task_minutes", "must be at least %d minutes less than the draw takes", int(live.DrawMargin/time.Minute))
	}
	return func(t *tx, c *scene) error {
		if err := onAir(c.show, "a draw"); err != nil {
			return err
		}
		if most := c.show.Currency.MajorUnits(live.MaxPrizeMajor); r.PrizeMinor > most {
			return live.Invalid("invalid_field", "data.prize_minor", "must be at most %d", most)
		}
		limits, err := c.limits(t)
		if err != nil {
			return err
		}
		if err := limitDraw(&r, &limits, c.show.Currency); err != nil {
			return err
		}
		running, err := t.openDraw(c.room.ID)
		if err != nil {
			return err
		}
		if running != nil {
			busy := live.Conflict("draw_running", "the draw %s is %s", running.ID, running.State)
			busy.Data = map[string]any{"draw_id": running.ID, "state": string(running.State)}
			return busy
		}
		r := r
		seed := secret(32)
		raw, err := hex.DecodeString(seed)
		if err != nil {
			return fmt.Errorf("make seed: %w", err)
		}
		d := live.Draw{
			ID: "dr_" + t.w.store.ids.next(t.now), Merchant: c.room.Merchant, Show: c.show.ID, Room: c.room.ID, Rehearsal: c.show.Rehearsal,
			State: live.DrawOpen, Seed: seed, SeedCommit: live.SeedCommit(raw), OpenedAt: t.now, ClosesAt: t.now.Add(length),
		}
		r.DrawID, r.MerchantID, r.RoomID, r.ShowID, r.Currency, r.SeedCommit = d.ID, d.Merchant, d.Room, d.Show, c.show.Currency, d.SeedCommit
		r.OpensAt, r.ClosesAt = stamp(d.OpenedAt), stamp(d.ClosesAt)
		d.Rules, d.RulesText = r, r.Text()
		if _, err := t.exec(`INSERT INTO draws (`+drawColumns+`) VALUES (`+marks(16)+`)`,
			d.ID, string(d.Merchant), string(d.Show), string(d.Room), bit(d.Rehearsal), d.RulesText, string(d.State), d.Seed, d.SeedCommit, 0, "", "[]",
			ms(d.OpenedAt), ms(d.ClosesAt), 0, ""); err != nil {
			return fmt.Errorf("open draw: %w", err)
		}
		t.openTask(c.show, d.ID, r.Task, d.OpenedAt)
		return c.emit(t, live.LuckyDrawOpened, drawData(&d))
	}
}

// namedDraw is the draw a command is about: the one that runs, or the one named.
func (t *tx) namedDraw(c *scene, id string) (*live.Draw, error) {
	d, err := t.openDraw(c.room.ID)
	if err != nil {
		return nil, err
	}
	if d != nil && (id == "" || d.ID == id) {
		return d, nil
	}
	if id == "" {
		return nil, live.Conflict("no_draw", "no draw runs in this room")
	}
	done, err := findDraw(t, c.room.Merchant, id)
	if err != nil {
		return nil, err
	}
	if done.Room != c.room.ID {
		return nil, drawNotFound()
	}
	over := live.Conflict("draw_over", "the draw is %s", done.State)
	over.Data = map[string]any{"draw_id": done.ID, "state": string(done.State), "winners": done.Winners}
	return nil, over
}

func readDraw(a *args) effect {
	id := a.id("draw_id", false)
	return func(t *tx, c *scene) error {
		d, err := t.namedDraw(c, id)
		if err != nil {
			return err
		}
		if d.State == live.DrawOpen {
			early := live.Conflict("draw_open", "entries close at %s, as it was announced", stamp(d.ClosesAt))
			early.Data = map[string]any{"draw_id": d.ID, "closes_at": stamp(d.ClosesAt)}
			return early
		}
		if err := t.drawNow(d, c.cmd.By, t.now); err != nil {
			return err
		}
		c.id = t.lastEvent
		return nil
	}
}

func readCancelDraw(a *args) effect {
	id := a.id("draw_id", false)
	why := a.text("reason", true, 1, 200)
	return func(t *tx, c *scene) error {
		d, err := t.namedDraw(c, id)
		if err != nil {
			return err
		}
		if err := t.cancelDraw(d, why, c.cmd.By); err != nil {
			return err
		}
		c.id = t.lastEvent
		return nil
	}
}
