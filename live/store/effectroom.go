package store

import (
	"fmt"

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
