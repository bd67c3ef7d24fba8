package store

import (
	"fmt"
	"time"

	"showrunner/live"
)

// tellOf emits what was done to a viewer; the event is about them.
func (c *scene) tellOf(t *tx, kind live.Kind, viewer live.PersonID, data map[string]any) error {
	sh := live.Show{Merchant: c.room.Merchant, Room: c.room.ID}
	if c.show != nil {
		sh = *c.show
	}
	data["viewer_id"] = viewer
	id, err := t.announce(&sh, kind, viewer, c.cmd.By, c.cmd.At, data)
	if c.id == "" {
		c.id = id
	}
	return err
}

func readMuteViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	seconds, timed := a.optional("duration_s", 1, int64(live.MaxMute/time.Second))
	return func(t *tx, c *scene) error {
		m := mute{until: t.now.Add(time.Duration(seconds) * time.Second)}
		data := map[string]any{"duration_s": seconds, "until": stamp(m.until)}
		if !timed {
			if c.show == nil {
				return live.Conflict("no_show", "a mute without duration_s lasts until the show ends, and there is none")
			}
			if err := notOver(c.show); err != nil {
				return err
			}
			m = mute{show: c.show.ID}
			data = map[string]any{"until_show_ends": c.show.ID}
		}
		if _, err := t.exec(`INSERT INTO mutes (room_id, person_id, until, show_id) VALUES (?, ?, ?, ?)
			ON CONFLICT (room_id, person_id) DO UPDATE SET until = excluded.until, show_id = excluded.show_id`,
			string(c.room.ID), string(viewer), ms(m.until), string(m.show)); err != nil {
			return fmt.Errorf("mute viewer: %w", err)
		}
		key := muteKey{c.room.ID, viewer}
		t.remember(func(c *cache) { c.mute(key, m) })
		if err := c.tellOf(t, live.ViewerMuted, viewer, data); err != nil {
			return err
		}
		return c.unpinOf(t, viewer)
	}
}

func readUnmuteViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	return func(t *tx, c *scene) error {
		n, err := t.changed(`DELETE FROM mutes WHERE room_id = ? AND person_id = ? AND (show_id <> '' OR until > ?)`, string(c.room.ID), string(viewer), ms(t.now))
		if err != nil {
			return fmt.Errorf("unmute viewer: %w", err)
		}
		if n == 0 {
			return live.Conflict("not_muted", "the viewer is not muted in this room")
		}
		key := muteKey{c.room.ID, viewer}
		t.remember(func(c *cache) { c.mute(key, mute{}) })
		return c.tellOf(t, live.ViewerUnmuted, viewer, map[string]any{})
	}
}

func readKickViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	return func(t *tx, c *scene) error {
		n, err := t.changed(`INSERT INTO kicks (room_id, person_id, show_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (room_id, person_id) DO NOTHING`,
			string(c.room.ID), string(viewer), string(c.show.ID), ms(t.now))
		if err != nil {
			return fmt.Errorf("kick viewer: %w", err)
		}
		if n == 0 {
			return live.Conflict("already_kicked", "the viewer is out until the show ends")
		}
		key, show := muteKey{c.room.ID, viewer}, c.show.ID
		t.remember(func(c *cache) { c.kick(key, show) })
		if err := c.tellOf(t, live.ViewerKicked, viewer, map[string]any{"until_show_ends": show}); err != nil {
			return err
		}
		return c.unpinOf(t, viewer)
	}
}

func readBlockViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	return func(t *tx, c *scene) error {
		n, err := t.changed(`INSERT INTO blocks (merchant_id, person_id, at) VALUES (?, ?, ?) ON CONFLICT (merchant_id, person_id) DO NOTHING`,
			string(c.room.Merchant), string(viewer), ms(t.now))
		if err != nil {
			return fmt.Errorf("block viewer: %w", err)
		}
		if n == 0 {
			return live.Conflict("already_blocked", "the merchant has blocked this viewer already")
		}
		if err := c.tellOf(t, live.ViewerBlocked, viewer, map[string]any{}); err != nil {
			return err
		}
		return c.unpinOf(t, viewer)
	}
}

func readUnblockViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	return func(t *tx, c *scene) error {
		n, err := t.changed(`DELETE FROM blocks WHERE merchant_id = ? AND person_id = ?`, string(c.room.Merchant), string(viewer))
		if err != nil {
			return fmt.Errorf("unblock viewer: %w", err)
		}
		if n == 0 {
			return live.Conflict("not_blocked", "the merchant has not blocked this viewer")
		}
		return c.tellOf(t, live.ViewerUnblocked, viewer, map[string]any{})
	}
}
