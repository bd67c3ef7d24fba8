package store

import (
	"fmt"

	"showrunner/live"
)

func readPinComment(a *args) effect {
	p := live.PinnedComment{
		ID: a.id("comment_id", true), Text: a.text("text", true, 1, live.MaxCommentRunes),
		Person: live.PersonID(a.id("viewer_id", false)), Name: a.text("name", false, 0, live.MaxTitleRunes),
	}
	return func(t *tx, c *scene) error {
		was, err := pinnedComment(t, c.room.ID)
		if err != nil {
			return err
		}
		if was != nil && was.ID == p.ID {
			return live.Conflict("already_pinned", "this comment is pinned")
		}
		if _, err := t.exec(`INSERT INTO pinned_comments (room_id, comment_id, text, person_id, name) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (room_id) DO UPDATE SET comment_id = excluded.comment_id, text = excluded.text, person_id = excluded.person_id, name = excluded.name`,
			string(c.room.ID), p.ID, p.Text, string(p.Person), p.Name); err != nil {
			return fmt.Errorf("pin comment: %w", err)
		}
		data := map[string]any{"comment_id": p.ID, "text": p.Text}
		if p.Person != "" {
			data["viewer_id"] = p.Person
		}
		if p.Name != "" {
			data["name"] = p.Name
		}
		return c.emit(t, live.CommentPinned, data)
	}
}

func readUnpinComment(a *args) effect {
	comment := a.id("comment_id", false)
	return func(t *tx, c *scene) error {
		done, err := c.unpin(t, func(p *live.PinnedComment) bool { return comment == "" || p.ID == comment })
		if err == nil && !done {
			err = live.Conflict("not_pinned", "that comment is not pinned")
		}
		return err
	}
}

// unpin takes the pinned comment down if it is one that is meant.
func (c *scene) unpin(t *tx, meant func(*live.PinnedComment) bool) (bool, error) {
	p, err := pinnedComment(t, c.room.ID)
	if err != nil || p == nil || !meant(p) {
		return false, err
	}
	if _, err := t.exec(`DELETE FROM pinned_comments WHERE room_id = ?`, string(c.room.ID)); err != nil {
		return false, fmt.Errorf("unpin comment: %w", err)
	}
	return true, c.emit(t, live.CommentUnpinned, map[string]any{"comment_id": p.ID})
}

// unpinOf takes down what a viewer wrote: their words are out of sight now.
func (c *scene) unpinOf(t *tx, viewer live.PersonID) error {
	_, err := c.unpin(t, func(p *live.PinnedComment) bool { return p.Person == viewer })
	return err
}

func readHideComment(a *args) effect {
	comment := a.id("comment_id", true)
	return func(t *tx, c *scene) error {
		if err := c.emit(t, live.CommentHidden, map[string]any{"comment_id": comment}); err != nil {
			return err
		}
		_, err := c.unpin(t, func(p *live.PinnedComment) bool { return p.ID == comment })
		return err
	}
}

func readRestoreComment(a *args) effect {
	comment := a.id("comment_id", true)
	return func(t *tx, c *scene) error {
		return c.emit(t, live.CommentRestored, map[string]any{"comment_id": comment})
	}
}
