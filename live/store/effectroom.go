package store

import (
	"fmt"
	"time"

	"showrunner/live"
)

func readAnnounce(a *args) effect {
	text := a.text("text", true, 1, live.MaxCommentRunes)
	return func(t *tx, c *scene) error {
		if err := c.emit(t, live.AnnouncementPublished, map[string]any{"text": text}); err != nil {
			return err
		}
		var show live.ShowID
		if c.show != nil {
			show = c.show.ID
		}
		if _, err := t.exec(`INSERT INTO announcements (event_id, room_id, show_id, at, text) VALUES (?, ?, ?, ?, ?)`,
			string(c.id), string(c.room.ID), string(show), ms(t.now), text); err != nil {
			return fmt.Errorf("keep announcement: %w", err)
		}
		return nil
	}
}

func readHideComment(a *args) effect {
	comment := a.id("comment_id", true)
	return func(t *tx, c *scene) error {
		return c.emit(t, live.CommentHidden, map[string]any{"comment_id": comment})
	}
}

func readMuteViewer(a *args) effect {
	viewer := live.PersonID(a.id("viewer_id", true))
	seconds := a.integer("duration_s", true, 1, 86_400)
	return func(t *tx, c *scene) error {
		until := t.now.Add(time.Duration(seconds) * time.Second)
		if _, err := t.exec(`INSERT INTO mutes (room_id, person_id, until) VALUES (?, ?, ?)
			ON CONFLICT (room_id, person_id) DO UPDATE SET until = excluded.until`, string(c.room.ID), string(viewer), ms(until)); err != nil {
			return fmt.Errorf("mute viewer: %w", err)
		}
		key := muteKey{c.room.ID, viewer}
		t.remember(func(c *cache) { c.mute(key, until) })
		return c.emit(t, live.ViewerMuted, map[string]any{"viewer_id": viewer, "duration_s": seconds, "until": stamp(until)})
	}
}

func readSendPrompt(a *args) effect {
	text := a.text("text", true, 1, live.MaxCommentRunes)
	to := a.id("to", false)
	return func(t *tx, c *scene) error {
		data := map[string]any{"text": text}
		if to != "" {
			data["to"] = to
		}
		return c.emit(t, live.PromptSent, data)
	}
}
