package incubation

import (
	"context"
	"encoding/json"
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// takeBatch bounds what one transaction takes in, so that orders do not wait.
const takeBatch = 64

// Take takes in what the log says of rehearsals and of shows that trainees watch.
// Facts that were taken before change nothing, so a reader may give them again.
func (b *Book) Take(ctx context.Context, entries []live.Entry) error {
	var batch []func(*store.Tx) error
	flush := func() error {
		steps := batch
		batch = nil
		if len(steps) == 0 {
			return nil
		}
		return b.store.Change(ctx, func(t *store.Tx) error {
			for _, step := range steps {
				if err := step(t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range entries {
		if step := heard(&entries[i].Event); step != nil {
			batch = append(batch, step)
		}
		if len(batch) == takeBatch {
			if err := flush(); err != nil {
				return fmt.Errorf("take in rehearsals and shadow shows: %w", err)
			}
		}
	}
	if err := flush(); err != nil {
		return fmt.Errorf("take in rehearsals and shadow shows: %w", err)
	}
	return nil
}

// heard is what a fact changes; nil: nothing.
func heard(e *live.Event) func(*store.Tx) error {
	switch {
	case e.Show == "":
		return nil
	case e.Kind == live.CommentSent && e.Rehearsal:
		var d struct {
			Comment string `json:"comment_id"`
			ReplyTo string `json:"reply_to"`
		}
		if json.Unmarshal(e.Data, &d) != nil || d.Comment == "" {
			return nil
		}
		x := remark{d.Comment, d.ReplyTo, e.Actor.ID, store.Millis(e.OccurredAt)}
		return func(t *store.Tx) error { return remarked(t, e.Merchant, e.Show, x) }
	case e.Kind == live.RehearsalEnded:
		return func(t *store.Tx) error { return ended(t, e.Merchant, e.Show, store.Millis(e.OccurredAt)) }
	case e.Kind == live.WatchHeartbeat && e.Actor.Role == live.RoleTrainee && !e.Rehearsal:
		var d struct {
			Watched int64 `json:"watched_ms"`
		}
		if json.Unmarshal(e.Data, &d) != nil || d.Watched <= 0 {
			return nil
		}
		until := store.Millis(e.OccurredAt)
		return func(t *store.Tx) error {
			return attended(t, e.Merchant, e.Show, e.Actor.ID, span{until - d.Watched, until})
		}
	default:
		return nil
	}
}

func remarked(t *store.Tx, m live.MerchantID, show live.ShowID, x remark) error {
	if _, err := t.Exec(`INSERT INTO incubation_comments (merchant_id, show_id, comment_id, reply_to, actor_id, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(m), string(show), x.id, x.replyTo, x.actor, x.at); err != nil {
		return fmt.Errorf("write comment of a rehearsal: %w", err)
	}
	return nil
}

// ended notes that everything that was said in a rehearsal has been heard.
func ended(t *store.Tx, m live.MerchantID, show live.ShowID, at int64) error {
	if _, err := t.Exec(`INSERT INTO incubation_rehearsals (merchant_id, show_id, ended_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, string(m), string(show), at); err != nil {
		return fmt.Errorf("note the end of a rehearsal: %w", err)
	}
	return nil
}

// attended adds a span of watching to what a candidate watched of a show before.
// Of two panels that are open at once, and of a fact that comes again, only what
// lies after the last instant seen is added.
func attended(t *store.Tx, m live.MerchantID, show live.ShowID, agent string, s span) error {
	if _, err := t.Exec(`INSERT INTO incubation_shadows (merchant_id, agent_id, show_id, attended_ms, seen_until, note, coach_id, noted_at)
		SELECT merchant_id, agent_id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), '', '', 0 FROM incubation_candidates WHERE merchant_id = ? AND agent_id = ? AND left_at = 0
		ON CONFLICT (merchant_id, agent_id, show_id) DO UPDATE SET
			attended_ms = incubation_shadows.attended_ms + CASE WHEN excluded.seen_until <= incubation_shadows.seen_until THEN 0
				WHEN excluded.seen_until - excluded.attended_ms < incubation_shadows.seen_until THEN excluded.seen_until - incubation_shadows.seen_until
				ELSE excluded.attended_ms END,
			seen_until = CASE WHEN excluded.seen_until > incubation_shadows.seen_until THEN excluded.seen_until ELSE incubation_shadows.seen_until END`,
		string(show), s.until-s.from, s.until, string(m), agent); err != nil {
		return fmt.Errorf("add to what a candidate watched: %w", err)
	}
	return nil
}
