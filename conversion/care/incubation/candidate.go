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

// Candidate is an agent on the way to become a host.
type Candidate struct {
	Merchant live.MerchantID
	Agent    string
	Track    string
	Stage    string
	Coach    string    // a host who judges them; empty: operators alone do
	JoinedAt time.Time // drills, shadow shows and shows count from then on
	StageAt  time.Time // since when they stand in the stage
	LeftAt   time.Time // zero: they did not
}

const candidateColumns = `merchant_id, agent_id, track_id, stage, coach_id, joined_at, stage_at, left_at`

func scanCandidate(r store.Scanner) (c Candidate, err error) {
	var joined, staged, left int64
	err = r.Scan(&c.Merchant, &c.Agent, &c.Track, &c.Stage, &c.Coach, &joined, &staged, &left)
	c.JoinedAt, c.StageAt, c.LeftAt = store.Time(joined), store.Time(staged), store.Time(left)
	return c, err
}

// find reads one whom the caller sees, whether they left or not.
func find(q store.Querier, r Reach, agent string) (Candidate, error) {
	var w store.Where
	r.within(&w)
	w.Add("agent_id = ?", agent)
	c, err := scanCandidate(q.Row(`SELECT `+candidateColumns+` FROM incubation_candidates`+w.SQL(), w.Args()...))
	if errors.Is(err, sql.ErrNoRows) {
		return c, live.NotFound("candidate_not_found", "there is no such candidate")
	}
	if err != nil {
		return c, fmt.Errorf("read candidate: %w", err)
	}
	return c, nil
}

// active is find of one who has not left.
func active(q store.Querier, r Reach, agent string) (Candidate, error) {
	c, err := find(q, r, agent)
	if err == nil && !c.LeftAt.IsZero() {
		return c, live.Conflict("candidate_left", "they have left the track")
	}
	return c, err
}

// Join puts an agent into the first stage of a track. Who is on it already gets
// another coach and nothing else changes; who had left begins anew, with the
// skills that were proved. Codes: "invalid_field", "track_not_found",
// "on_another_track" (data: track_id).
func (b *Book) Join(ctx context.Context, m live.MerchantID, agent, track, coach string, by live.Principal) (c Candidate, err error) {
	switch {
	case !live.ValidID(agent):
		return c, live.Invalid("invalid_field", "agent_id", "must be an identifier")
	case coach != "" && (!live.ValidID(coach) || coach == agent):
		return c, live.Invalid("invalid_field", "coach_id", "must be somebody else")
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		x, err := trackOf(t.Querier, m, track)
		if err != nil {
			return err
		}
		c, err = find(t.Querier, Reach{Merchant: m}, agent)
		known := err == nil
		if err != nil && !errors.Is(err, live.NotFound("candidate_not_found", "")) {
			return err
		}
		data := map[string]any{"agent_id": agent, "track_id": track, "coach_id": coach}
		if known && c.LeftAt.IsZero() {
			if c.Track != track {
				no := live.Conflict("on_another_track", "they are on the track %s", c.Track)
				no.Data = map[string]any{"track_id": c.Track}
				return no
			}
			c.Coach = coach
			if err := write(t, &c); err != nil {
				return err
			}
			return audit(t, m, "incubation.coach", place{}, by.Actor(), data)
		}
		c = Candidate{Merchant: m, Agent: agent, Track: track, Stage: x.Stages[0].Key, Coach: coach, JoinedAt: t.Now(), StageAt: t.Now()}
		if err := write(t, &c); err != nil {
			return err
		}
		data["stage"] = c.Stage
		return tell(t, m, live.IncubationJoined, place{}, by.Actor(), data)
	})
	return c, err
}

// write keeps a candidate as they are.
func write(t *store.Tx, c *Candidate) error {
	if _, err := t.Exec(`INSERT INTO incubation_candidates (`+candidateColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, agent_id) DO UPDATE SET track_id = excluded.track_id, stage = excluded.stage, coach_id = excluded.coach_id,
			joined_at = excluded.joined_at, stage_at = excluded.stage_at, left_at = excluded.left_at`,
		string(c.Merchant), c.Agent, c.Track, c.Stage, c.Coach, store.Millis(c.JoinedAt), store.Millis(c.StageAt), store.Millis(c.LeftAt)); err != nil {
		return fmt.Errorf("write candidate: %w", err)
	}
	return nil
}

// Leave takes a candidate off their track; a promotion they asked for is refused,
// and no token of a stage is given to them any more. Codes: "invalid_field",
// "candidate_not_found", "candidate_left".
func (b *Book) Leave(ctx context.Context, m live.MerchantID, agent, reason string, by live.Principal) (c Candidate, err error) {
	if err := checkWords("reason", reason, 1); err != nil {
		return c, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		if c, err = active(t.Querier, Reach{Merchant: m}, agent); err != nil {
			return err
		}
		c.LeftAt = t.Now()
		if err := write(t, &c); err != nil {
			return err
		}
		p, ok, err := pending(t.Querier, m, agent)
		if err != nil {
			return err
		}
		if ok {
			if err := decide(t, &p, Refused, reason, by); err != nil {
				return err
			}
		}
		return tell(t, m, live.IncubationLeft, place{}, by.Actor(), map[string]any{"agent_id": agent, "track_id": c.Track, "stage": c.Stage, "reason": reason})
	})
	return c, err
}

// Filter selects candidates. Zero members do not restrict.
type Filter struct {
	Reach  Reach
	Track  string
	Stage  string
	Left   bool // those who left too
	Now    time.Time
	Cursor string
	Limit  int
}

// Candidates lists candidates with how far they are, who joined last first, and
// gives the cursor of the next page.
func (b *Book) Candidates(ctx context.Context, f Filter) (list []Progress, next string, err error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	f.Reach.within(&w)
	if f.Track != "" {
		w.Add("track_id = ?", f.Track)
	}
	if f.Stage != "" {
		w.Add("stage = ?", f.Stage)
	}
	if !f.Left {
		w.Add("left_at = 0")
	}
	page.After(&w, "joined_at", "agent_id")
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		rows, err := q.Query(`SELECT `+candidateColumns+` FROM incubation_candidates`+w.SQL()+` ORDER BY joined_at DESC, agent_id DESC LIMIT ?`, w.Args(page.Limit())...)
		found, err := store.Collect(rows, err, scanCandidate)
		if err != nil {
			return fmt.Errorf("list candidates: %w", err)
		}
		found, next = store.Cut(page, found, func(c Candidate) (time.Time, string) { return c.JoinedAt, c.Agent })
		list = make([]Progress, len(found))
		for i := range found {
			if list[i], err = b.progress(q, &found[i], f.Now); err != nil {
				return err
			}
		}
		return nil
	})
	return list, next, err
}
