package store

import (
	"fmt"

	"showrunner/live"
)

// readSwitch reads a command that turns one mode on, or off with on:false.
func readSwitch(of func(*live.Modes) *bool) func(*args) effect {
	return func(a *args) effect {
		on := a.on("on")
		return func(t *tx, c *scene) error {
			return c.setModes(t, func(m *live.Modes) { *of(m) = on })
		}
	}
}

func readSlowMode(a *args) effect {
	seconds := a.integer("seconds", true, 0, live.MaxSlowSeconds)
	return func(t *tx, c *scene) error {
		return c.setModes(t, func(m *live.Modes) { m.SlowSeconds = seconds })
	}
}

func (c *scene) setModes(t *tx, change func(*live.Modes)) error {
	m, err := modesOf(t, c.room.ID)
	if err != nil {
		return err
	}
	change(&m)
	if _, err := t.exec(`INSERT INTO room_modes (room_id, mute_all, comments_off, followers_only, slow_seconds) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (room_id) DO UPDATE SET mute_all = excluded.mute_all, comments_off = excluded.comments_off,
			followers_only = excluded.followers_only, slow_seconds = excluded.slow_seconds`,
		string(c.room.ID), bit(m.MuteAll), bit(m.CommentsOff), bit(m.FollowersOnly), m.SlowSeconds); err != nil {
		return fmt.Errorf("set modes: %w", err)
	}
	if err := t.reruled(c.room.ID); err != nil {
		return err
	}
	return c.emit(t, live.RoomModeChanged, map[string]any{
		"mute_all": m.MuteAll, "comments_off": m.CommentsOff, "followers_only": m.FollowersOnly, "slow_mode_s": m.SlowSeconds,
	})
}

// keyword reads a keyword in the form in which it is kept.
func (a *args) keyword(name string) string {
	word, ok := live.Keyword(a.text(name, true, 1, live.MaxKeywordRunes))
	if !ok {
		a.fail(name, "must hold a letter or a digit")
	}
	return word
}

func readBlockKeyword(a *args) effect {
	word := a.keyword("word")
	return func(t *tx, c *scene) error {
		var n int64
		if err := t.row(`SELECT COUNT(*) FROM keywords WHERE room_id = ?`, string(c.room.ID)).Scan(&n); err != nil {
			return fmt.Errorf("count keywords: %w", err)
		}
		if n >= live.MaxKeywords {
			return live.Conflict("too_many_keywords", "a room blocks at most %d keywords", live.MaxKeywords)
		}
		added, err := t.changed(`INSERT INTO keywords (room_id, word, at) VALUES (?, ?, ?) ON CONFLICT (room_id, word) DO NOTHING`, string(c.room.ID), word, ms(t.now))
		if err != nil {
			return fmt.Errorf("block keyword: %w", err)
		}
		if added == 0 {
			return live.Conflict("already_blocked", "the keyword is blocked already")
		}
		if err := t.reruled(c.room.ID); err != nil {
			return err
		}
		return c.emit(t, live.KeywordBlocked, map[string]any{"word": word})
	}
}

func readUnblockKeyword(a *args) effect {
	word := a.keyword("word")
	return func(t *tx, c *scene) error {
		n, err := t.changed(`DELETE FROM keywords WHERE room_id = ? AND word = ?`, string(c.room.ID), word)
		if err != nil {
			return fmt.Errorf("unblock keyword: %w", err)
		}
		if n == 0 {
			return live.Conflict("not_blocked", "the keyword is not blocked")
		}
		if err := t.reruled(c.room.ID); err != nil {
			return err
		}
		return c.emit(t, live.KeywordUnblocked, map[string]any{"word": word})
	}
}

// readSetAutoreply sets what a keyword is answered with, or with no text takes
// the answer away.
func readSetAutoreply(a *args) effect {
	word := a.keyword("keyword")
	text := a.text("text", false, 0, live.MaxCommentRunes)
	return func(t *tx, c *scene) error {
		if text == "" {
			n, err := t.changed(`DELETE FROM autoreplies WHERE room_id = ? AND word = ?`, string(c.room.ID), word)
			if err != nil {
				return fmt.Errorf("drop auto-reply: %w", err)
			}
			if n == 0 {
				return live.Conflict("no_autoreply", "the keyword is answered with nothing")
			}
		} else {
			var n int64
			if err := t.row(`SELECT COUNT(*) FROM autoreplies WHERE room_id = ? AND word <> ?`, string(c.room.ID), word).Scan(&n); err != nil {
				return fmt.Errorf("count auto-replies: %w", err)
			}
			if n >= live.MaxAutoReplies {
				return live.Conflict("too_many_keywords", "a room answers at most %d keywords", live.MaxAutoReplies)
			}
			if _, err := t.exec(`INSERT INTO autoreplies (room_id, word, text, at) VALUES (?, ?, ?, ?)
				ON CONFLICT (room_id, word) DO UPDATE SET text = excluded.text, at = excluded.at`, string(c.room.ID), word, text, ms(t.now)); err != nil {
				return fmt.Errorf("set auto-reply: %w", err)
			}
		}
		if err := t.reruled(c.room.ID); err != nil {
			return err
		}
		return c.emit(t, live.AutoreplySet, map[string]any{"keyword": word, "text": text})
	}
}
