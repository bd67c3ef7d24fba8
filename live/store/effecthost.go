package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// shift is the time that one host is on.
type shift struct {
	id, host string
	started  time.Time
}

func onShift(q querier, show live.ShowID) (s shift, ok bool, err error) {
	var started int64
	err = q.row(`SELECT shift_id, host_id, started_at FROM host_shifts WHERE show_id = ? AND ended_at = 0`, string(show)).Scan(&s.id, &s.host, &started)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("read host shift: %w", err)
	}
	s.started = at(started)
	return s, true, nil
}

// beginShift puts a host on.
func (t *tx) beginShift(sh *live.Show, host string, by live.Principal) error {
	id := "h_" + t.w.store.ids.next(t.now)
	if _, err := t.exec(`INSERT INTO host_shifts (shift_id, show_id, host_id, started_at, ended_at) VALUES (?, ?, ?, ?, 0)`, id, string(sh.ID), host, ms(t.now)); err != nil {
		return fmt.Errorf("begin host shift: %w", err)
	}
	_, err := t.announceChange(sh, live.HostShiftStarted, by, t.now, map[string]any{"shift_id": id, "host_id": host})
	return err
}

// endShift takes the host off who is on, if one is.
func (t *tx) endShift(sh *live.Show, by live.Principal) error {
	s, ok, err := onShift(t, sh.ID)
	if err != nil || !ok {
		return err
	}
	if _, err := t.exec(`UPDATE host_shifts SET ended_at = ? WHERE shift_id = ?`, ms(t.now), s.id); err != nil {
		return fmt.Errorf("end host shift: %w", err)
	}
	_, err = t.announceChange(sh, live.HostShiftEnded, by, t.now, map[string]any{"shift_id": s.id, "host_id": s.host, "duration_ms": t.now.Sub(s.started).Milliseconds()})
	return err
}

func readHandoverHost(a *args) effect {
	host := a.id("host_id", true)
	return func(t *tx, c *scene) error {
		if !c.show.State.OnAir() {
			err := live.Conflict("wrong_state", "hosts hand over while a show is on air; it is %s", c.show.State)
			err.Data = map[string]any{"state": string(c.show.State)}
			return err
		}
		if len(c.room.Hosts) > 0 && !slices.Contains(c.room.Hosts, host) {
			return live.Conflict("not_a_host", "%s is not a host of this room", host)
		}
		s, ok, err := onShift(t, c.show.ID)
		if err != nil {
			return err
		}
		if ok && s.host == host {
			return live.Conflict("already_on", "%s is on", host)
		}
		if err := t.endShift(c.show, c.cmd.By); err != nil {
			return err
		}
		err = t.beginShift(c.show, host, c.cmd.By)
		c.id = t.lastEvent
		return err
	}
}

// readRehearse puts a show on air that is like the scheduled one and counts for
// nothing: a show of its own, so that whatever is ordered, sold out or hidden in
// it leaves the one to come as it was planned.
func readRehearse(*args) effect {
	return func(t *tx, c *scene) error {
		if c.show.State != live.ShowStateScheduled {
			err := live.Conflict("wrong_state", "what is rehearsed is a scheduled show; it is %s", c.show.State)
			err.Data = map[string]any{"state": string(c.show.State)}
			return err
		}
		if err := t.roomFree(c.show); err != nil {
			return err
		}
		if planned := c.show; !planned.Rehearsal {
			sh := live.Show{
				ID: live.ShowID("s_" + t.w.store.ids.next(t.now)), Room: planned.Room, Merchant: planned.Merchant, Title: planned.Title,
				Currency: planned.Currency, TimeZone: planned.TimeZone, State: live.ShowStateScheduled, Rehearsal: true, CreatedAt: t.now, Version: 1,
			}
			if err := t.insertShow(&sh, c.cmd.By); err != nil {
				return err
			}
			items, err := shelf(t, planned.ID, true)
			if err != nil {
				return err
			}
			for _, it := range items {
				it.Reserved, it.Sold, it.Returned = 0, 0, 0
				if err := t.putItem(&sh, it, live.Item{}, false, c.cmd.By, c.cmd.At); err != nil {
					return err
				}
			}
			c.show = &sh
		}
		return t.goLive(c)
	}
}

// goLive starts the show of a scene.
func (t *tx) goLive(c *scene) error {
	c.show.State, c.show.StartedAt = live.ShowStateLive, t.now
	data := showData(c.show)
	data["version"] = c.show.Version + 1 // as it will be saved
	if err := c.emit(t, live.ShowStarted, data); err != nil {
		return err
	}
	if c.show.Rehearsal {
		if _, err := t.announceChange(c.show, live.RehearsalStarted, c.cmd.By, c.cmd.At, map[string]any{"show_id": c.show.ID}); err != nil {
			return err
		}
		if c.cmd.Name == live.Rehearse {
			c.id = t.lastEvent
		}
	}
	if c.cmd.By.Role == live.RoleHost {
		return t.beginShift(c.show, c.cmd.By.Subject, c.cmd.By)
	}
	return nil
}
