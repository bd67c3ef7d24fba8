package incubation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"showrunner/live"
	"showrunner/live/store"
)

// Track is a way from agent to host.
type Track struct {
	ID     string  `json:"track_id"`
	ZH     string  `json:"label_zh"`
	EN     string  `json:"label_en"`
	Stages []Stage `json:"stages"` // in order; everybody begins in the first
	Drill  Drilled `json:"drill"`
}

// Stage is one step of a track.
type Stage struct {
	Key   string        `json:"stage"`
	ZH    string        `json:"label_zh"`
	EN    string        `json:"label_en"`
	Role  live.Role     `json:"role"`  // of the token that who stands in it may have
	Needs []Requirement `json:"needs"` // to enter it
}

// Kind is what a requirement asks for.
type Kind string

// The kinds of requirements.
const (
	NeedSkill   Kind = "skill"   // Skill is proved
	NeedScore   Kind = "score"   // Figure of the scorecard over the last Days
	NeedDrills  Kind = "drills"  // Count drills passed
	NeedShadows Kind = "shadows" // Count real shows watched for Minutes each, with a coach's note
	NeedShows   Kind = "shows"   // Count real shows hosted for Minutes each, over now
)

// Requirement is one thing that has to be met. Which members are set is the
// kind's, see [Kind].
type Requirement struct {
	Kind    Kind   `json:"kind"`
	Skill   string `json:"skill,omitempty"`
	Figure  string `json:"figure,omitempty"`
	AtLeast *int64 `json:"at_least,omitempty"` // basis points, of times milliseconds
	AtMost  *int64 `json:"at_most,omitempty"`
	Sample  int64  `json:"least_sample,omitempty"` // the least denominator that says anything
	Days    int64  `json:"days,omitempty"`
	Count   int64  `json:"count,omitempty"`
	Minutes int64  `json:"minutes,omitempty"`
}

// Drilled is by what drills of a track are judged: the marks of the rubric must
// sum to Pass, and what the rehearsal's own facts say must be within the rest.
type Drilled struct {
	Rubric   []Criterion `json:"rubric"`
	Pass     int64       `json:"pass_points"`
	Minutes  int64       `json:"least_minutes"`      // on as the host
	Mistakes *int64      `json:"most_mistakes"`      // commands refused; nil: any
	PromptMS *int64      `json:"most_prompt_ms"`     // median until a command follows a prompt; nil: any
	Answered *int64      `json:"least_answered_bps"` // comments answered, basis points of all; nil: any
}

// Criterion is a line of a rubric.
type Criterion struct {
	Key    string `json:"criterion"`
	ZH     string `json:"label_zh"`
	EN     string `json:"label_en"`
	Points int64  `json:"points"` // at most
}

// Limits of a track.
const (
	MaxTracks       = 20
	MaxStages       = 12
	MaxRequirements = 20
	MaxCriteria     = 20
	MaxPoints       = 100
)

// stageRoles are what tokens of stages may carry.
var stageRoles = []live.Role{live.RoleAgent, live.RoleTrainee, live.RoleHost}

// skills are the skills that stages of the track ask for.
func (x *Track) skills() (list []string) {
	for _, s := range x.Stages {
		for _, n := range s.Needs {
			if n.Kind == NeedSkill {
				list = append(list, n.Skill)
			}
		}
	}
	return list
}

// index is the place of a stage in the track, -1 for none.
func (x *Track) index(stage string) int {
	return slices.IndexFunc(x.Stages, func(s Stage) bool { return s.Key == stage })
}

// next is the stage after one; nil: it is the last.
func (x *Track) next(stage string) *Stage {
	if i := x.index(stage); i >= 0 && i+1 < len(x.Stages) {
		return &x.Stages[i+1]
	}
	return nil
}

// SetTrack declares a track, in place of the one of its name. What is asked for
// may change while candidates are on it; a stage they stand in stays. Codes:
// "invalid_field", "too_many_tracks", "stage_in_use" (data: stage).
func (b *Book) SetTrack(ctx context.Context, m live.MerchantID, x Track, by live.Principal) error {
	if err := x.check(); err != nil {
		return err
	}
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode track: %w", err)
	}
	return b.store.Change(ctx, func(t *store.Tx) error {
		skills, err := skillsOf(t.Querier, m)
		if err != nil {
			return err
		}
		for _, want := range x.skills() {
			if !slices.ContainsFunc(skills, func(s Skill) bool { return s.Key == want }) {
				return live.Invalid("invalid_field", "stages", "the skill %s is not declared", want)
			}
		}
		rows, err := t.Query(`SELECT DISTINCT stage FROM incubation_candidates WHERE merchant_id = ? AND track_id = ? AND left_at = 0 ORDER BY stage`, string(m), x.ID)
		stood, err := store.Collect(rows, err, func(r store.Scanner) (s string, err error) { return s, r.Scan(&s) })
		if err != nil {
			return fmt.Errorf("read who stands where: %w", err)
		}
		for _, s := range stood {
			if x.index(s) < 0 {
				no := live.Conflict("stage_in_use", "somebody stands in the stage %s", s)
				no.Data = map[string]any{"stage": s}
				return no
			}
		}
		if _, err := t.Exec(`INSERT INTO incubation_tracks (merchant_id, track_id, body, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (merchant_id, track_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at`, string(m), x.ID, string(body), store.Millis(t.Now())); err != nil {
			return fmt.Errorf("write track: %w", err)
		}
		var n int64
		if err := t.Row(`SELECT COUNT(*) FROM incubation_tracks WHERE merchant_id = ?`, string(m)).Scan(&n); err != nil {
			return fmt.Errorf("count tracks: %w", err)
		}
		if n > MaxTracks {
			return live.Conflict("too_many_tracks", "a merchant has at most %d tracks", MaxTracks)
		}
		return audit(t, m, "incubation.track", place{}, by.Actor(), map[string]any{"track": x})
	})
}

// Withdraw takes a track back. Nobody may be on it; who left it stays on record.
// Codes: "track_not_found", "track_in_use" (data: agent_id of one who is on it).
func (b *Book) Withdraw(ctx context.Context, m live.MerchantID, id string, by live.Principal) error {
	return b.store.Change(ctx, func(t *store.Tx) error {
		x, err := trackOf(t.Querier, m, id)
		if err != nil {
			return err
		}
		var agent string
		err = t.Row(`SELECT agent_id FROM incubation_candidates WHERE merchant_id = ? AND track_id = ? AND left_at = 0 ORDER BY agent_id LIMIT 1`, string(m), id).Scan(&agent)
		switch {
		case err == nil:
			no := live.Conflict("track_in_use", "%s is on the track", agent)
			no.Data = map[string]any{"agent_id": agent}
			return no
		case !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("read who is on the track: %w", err)
		}
		if _, err := t.Exec(`DELETE FROM incubation_tracks WHERE merchant_id = ? AND track_id = ?`, string(m), id); err != nil {
			return fmt.Errorf("delete track: %w", err)
		}
		return audit(t, m, "incubation.track_withdrawn", place{}, by.Actor(), map[string]any{"track": x})
	})
}

// Tracks are those of a merchant, by name.
func (b *Book) Tracks(ctx context.Context, m live.MerchantID) ([]Track, error) {
	return tracksOf(b.store.View(ctx), m)
}

func tracksOf(q store.Querier, m live.MerchantID) ([]Track, error) {
	rows, err := q.Query(`SELECT body FROM incubation_tracks WHERE merchant_id = ? ORDER BY track_id`, string(m))
	list, err := store.Collect(rows, err, func(r store.Scanner) (x Track, err error) {
		var body string
		if err := r.Scan(&body); err != nil {
			return x, err
		}
		return x, json.Unmarshal([]byte(body), &x)
	})
	if err != nil {
		return nil, fmt.Errorf("read tracks: %w", err)
	}
	return list, nil
}

func trackOf(q store.Querier, m live.MerchantID, id string) (*Track, error) {
	list, err := tracksOf(q, m)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
	}
	return nil, live.NotFound("track_not_found", "there is no such track")
}
