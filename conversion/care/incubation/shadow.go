package incubation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Shadow is a real show that a candidate watched to learn.
type Shadow struct {
	Show     live.ShowID
	Attended int64  // ms with the panel visible while the show was on
	Note     string // a coach's; empty: none so far
	Coach    string
	NotedAt  time.Time
}

// Counts reports whether the show is one that was watched for so many minutes and
// that a coach has spoken about.
func (s *Shadow) Counts(minutes int64) bool { return s.Note != "" && s.Attended >= minutes*60_000 }

const shadowColumns = `show_id, attended_ms, note, coach_id, noted_at`

func scanShadow(r store.Scanner) (s Shadow, err error) {
	var at int64
	err = r.Scan(&s.Show, &s.Attended, &s.Note, &s.Coach, &at)
	s.NotedAt = store.Time(at)
	return s, err
}

// Review notes what a coach says of a show that a candidate watched; said again
// the newer word stands. Codes: "invalid_field", "candidate_not_found",
// "candidate_left", "own_case", "show_not_found", "not_attended".
func (b *Book) Review(ctx context.Context, r Reach, agent string, show live.ShowID, note string, by live.Principal) (s Shadow, err error) {
	if err := checkWords("note", note, 1); err != nil {
		return s, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := coached(t.Querier, r, agent, by)
		if err != nil {
			return err
		}
		p, err := showOf(t.Querier, c.Merchant, show)
		if err != nil {
			return err
		}
		s, err = scanShadow(t.Row(`SELECT `+shadowColumns+` FROM incubation_shadows WHERE merchant_id = ? AND agent_id = ? AND show_id = ?`, string(c.Merchant), agent, string(show)))
		if errors.Is(err, sql.ErrNoRows) {
			return live.Conflict("not_attended", "the candidate did not watch this show")
		}
		if err != nil {
			return fmt.Errorf("read shadow show: %w", err)
		}
		s.Note, s.Coach, s.NotedAt = note, by.Subject, t.Now()
		if _, err := t.Exec(`UPDATE incubation_shadows SET note = ?, coach_id = ?, noted_at = ? WHERE merchant_id = ? AND agent_id = ? AND show_id = ?`,
			s.Note, s.Coach, store.Millis(s.NotedAt), string(c.Merchant), agent, string(show)); err != nil {
			return fmt.Errorf("write note of a shadow show: %w", err)
		}
		return tell(t, c.Merchant, live.ShadowReviewed, place{p.room, show}, by.Actor(), map[string]any{"agent_id": agent, "show_id": show, "attended_ms": s.Attended, "note": note})
	})
	return s, err
}

// shadowsOf are the shows a candidate watched since they joined, the newest first.
func shadowsOf(q store.Querier, c *Candidate) ([]Shadow, error) {
	rows, err := q.Query(`SELECT `+shadowColumns+` FROM incubation_shadows WHERE merchant_id = ? AND agent_id = ? AND seen_until >= ? ORDER BY seen_until DESC, show_id DESC LIMIT ?`,
		string(c.Merchant), c.Agent, store.Millis(c.JoinedAt), maxCount)
	list, err := store.Collect(rows, err, scanShadow)
	if err != nil {
		return nil, fmt.Errorf("read shadow shows: %w", err)
	}
	return list, nil
}
