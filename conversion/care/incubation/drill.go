package incubation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// DrillState is what became of a drill.
type DrillState string

// The states of a drill.
const (
	DrillBooked DrillState = "booked"
	DrillPassed DrillState = "passed"
	DrillFailed DrillState = "failed"
)

// Drill is a rehearsal that a candidate hosts to be judged.
type Drill struct {
	Show     live.ShowID
	Coach    string
	State    DrillState
	Points   int64 // sum of Marks
	Marks    []Mark
	Evidence *Evidence // nil until it is judged
	Misses   []Miss    // what it failed by
	Note     string
	BookedAt time.Time
	JudgedAt time.Time
}

// Mark is what a coach gave for one criterion of the rubric.
type Mark struct {
	Criterion string `json:"criterion"`
	Points    int64  `json:"points"`
}

// judged is a verdict as it is kept.
type judged struct {
	Evidence *Evidence `json:"evidence,omitempty"`
	Misses   []Miss    `json:"misses,omitempty"`
}

const drillColumns = `show_id, coach_id, state, points, marks, evidence, note, booked_at, judged_at`

func scanDrill(r store.Scanner) (d Drill, err error) {
	var marks, evidence string
	var booked, judgedAt int64
	if err := r.Scan(&d.Show, &d.Coach, &d.State, &d.Points, &marks, &evidence, &d.Note, &booked, &judgedAt); err != nil {
		return d, err
	}
	d.BookedAt, d.JudgedAt = store.Time(booked), store.Time(judgedAt)
	var v judged
	if err := errors.Join(json.Unmarshal([]byte(marks), &d.Marks), json.Unmarshal([]byte(evidence), &v)); err != nil {
		return d, fmt.Errorf("read drill in %s: %w", d.Show, err)
	}
	d.Evidence, d.Misses = v.Evidence, v.Misses
	return d, nil
}

// Rehearsal says that a rehearsal is a candidate's drill. Said again it changes
// nothing. Codes: "candidate_not_found", "candidate_left", "own_case",
// "show_not_found", "not_a_rehearsal".
func (b *Book) Rehearsal(ctx context.Context, r Reach, agent string, show live.ShowID, by live.Principal) (d Drill, err error) {
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := coached(t.Querier, r, agent, by)
		if err != nil {
			return err
		}
		s, err := showOf(t.Querier, c.Merchant, show)
		if err != nil {
			return err
		}
		if !s.rehearsal {
			return live.Conflict("not_a_rehearsal", "a drill is a rehearsal, and this show is not one")
		}
		n, err := t.Exec(`INSERT INTO incubation_drills (merchant_id, agent_id, show_id, coach_id, state, points, marks, evidence, note, booked_at, judged_at)
			VALUES (?, ?, ?, ?, 'booked', 0, '[]', '{}', '', ?, 0) ON CONFLICT (merchant_id, agent_id, show_id) DO NOTHING`,
			string(c.Merchant), agent, string(show), by.Subject, store.Millis(t.Now()))
		if err != nil {
			return fmt.Errorf("book drill: %w", err)
		}
		if d, err = drillOf(t.Querier, &c, show); err != nil || n == 0 {
			return err
		}
		return tell(t, c.Merchant, live.DrillBooked, place{s.room, show}, by.Actor(), map[string]any{"agent_id": agent, "show_id": show})
	})
	return d, err
}

// Judge marks a drill by the rubric of the candidate's track. Whether it is passed
// the bounds of the track say, over the points and over what the facts of the
// rehearsal say: a coach gives points, no verdict. It is judged once. Codes:
// "invalid_field", "candidate_not_found", "candidate_left", "own_case",
// "drill_not_found", "drill_judged", "rehearsal_running", "evidence_behind" (what
// was said in the rehearsal is still on its way; the same again goes through).
func (b *Book) Judge(ctx context.Context, r Reach, agent string, show live.ShowID, marks []Mark, note string, by live.Principal) (d Drill, err error) {
	if err := checkWords("note", note, 0); err != nil {
		return d, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := coached(t.Querier, r, agent, by)
		if err != nil {
			return err
		}
		if d, err = drillOf(t.Querier, &c, show); err != nil {
			return err
		}
		if d.State != DrillBooked {
			return live.Conflict("drill_judged", "the drill is %s", string(d.State))
		}
		s, err := showOf(t.Querier, c.Merchant, show)
		if err != nil {
			return err
		}
		if !s.state.Over() {
			return live.Conflict("rehearsal_running", "the rehearsal is %s", string(s.state))
		}
		var heard int64
		if err := t.Row(`SELECT COUNT(*) FROM incubation_rehearsals WHERE merchant_id = ? AND show_id = ?`, string(c.Merchant), string(show)).Scan(&heard); err != nil {
			return fmt.Errorf("look for the end of a rehearsal: %w", err)
		}
		if heard == 0 {
			return live.Unavailable("evidence_behind", time.Second, "what was said in the rehearsal is still on its way")
		}
		x, err := trackOf(t.Querier, c.Merchant, c.Track)
		if err != nil {
			return err
		}
		if d.Points, err = x.Drill.sum(marks); err != nil {
			return err
		}
		e, err := evidenceOf(t.Querier, c.Merchant, show, agent)
		if err != nil {
			return err
		}
		d.Coach, d.Marks, d.Note, d.Evidence, d.Misses = by.Subject, marks, note, &e, x.Drill.misses(&e, d.Points)
		d.State, d.JudgedAt = DrillPassed, t.Now()
		if len(d.Misses) > 0 {
			d.State = DrillFailed
		}
		if err := d.write(t, &c); err != nil {
			return err
		}
		return tell(t, c.Merchant, live.DrillJudged, place{s.room, show}, by.Actor(), map[string]any{
			"agent_id": agent, "show_id": show, "state": d.State, "points": d.Points, "marks": d.Marks, "evidence": d.Evidence, "misses": d.Misses,
		})
	})
	return d, err
}

// sum holds marks against the rubric, each criterion once.
func (d *Drilled) sum(marks []Mark) (points int64, err error) {
	given := map[string]int64{}
	for i, k := range marks {
		if _, twice := given[k.Criterion]; twice {
			return 0, live.Invalid("invalid_field", fmt.Sprintf("marks[%d].criterion", i), "stands twice")
		}
		given[k.Criterion] = k.Points
	}
	for _, c := range d.Rubric {
		n, ok := given[c.Key]
		if !ok || n < 0 || n > c.Points {
			return 0, live.Invalid("invalid_field", "marks", "must give 0 to %d points for %s", c.Points, c.Key)
		}
		points += n
	}
	if len(given) != len(d.Rubric) {
		return 0, live.Invalid("invalid_field", "marks", "must name the criteria of the rubric and no other")
	}
	return points, nil
}

func (d *Drill) write(t *store.Tx, c *Candidate) error {
	marks, err := json.Marshal(d.Marks)
	if err != nil {
		return fmt.Errorf("encode marks: %w", err)
	}
	evidence, err := json.Marshal(judged{d.Evidence, d.Misses})
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	if _, err := t.Exec(`UPDATE incubation_drills SET coach_id = ?, state = ?, points = ?, marks = ?, evidence = ?, note = ?, judged_at = ? WHERE merchant_id = ? AND agent_id = ? AND show_id = ?`,
		d.Coach, string(d.State), d.Points, string(marks), string(evidence), d.Note, store.Millis(d.JudgedAt), string(c.Merchant), c.Agent, string(d.Show)); err != nil {
		return fmt.Errorf("write drill: %w", err)
	}
	return nil
}

func drillOf(q store.Querier, c *Candidate, show live.ShowID) (Drill, error) {
	d, err := scanDrill(q.Row(`SELECT `+drillColumns+` FROM incubation_drills WHERE merchant_id = ? AND agent_id = ? AND show_id = ?`, string(c.Merchant), c.Agent, string(show)))
	if errors.Is(err, sql.ErrNoRows) {
		return d, live.NotFound("drill_not_found", "this show is no drill of the candidate")
	}
	if err != nil {
		return d, fmt.Errorf("read drill: %w", err)
	}
	return d, nil
}

// drillsOf are the drills of a candidate since they joined, the newest first.
func drillsOf(q store.Querier, c *Candidate) ([]Drill, error) {
	rows, err := q.Query(`SELECT `+drillColumns+` FROM incubation_drills WHERE merchant_id = ? AND agent_id = ? AND booked_at >= ? ORDER BY booked_at DESC, show_id DESC LIMIT ?`,
		string(c.Merchant), c.Agent, store.Millis(c.JoinedAt), maxCount)
	list, err := store.Collect(rows, err, scanDrill)
	if err != nil {
		return nil, fmt.Errorf("read drills: %w", err)
	}
	return list, nil
}

// played is what is to be known of a show.
type played struct {
	room      live.RoomID
	state     live.ShowState
	rehearsal bool
}

func showOf(q store.Querier, m live.MerchantID, show live.ShowID) (p played, err error) {
	var rehearsal int64
	err = q.Row(`SELECT room_id, state, rehearsal FROM shows WHERE merchant_id = ? AND show_id = ?`, string(m), string(show)).Scan(&p.room, &p.state, &rehearsal)
	if errors.Is(err, sql.ErrNoRows) {
		return p, live.NotFound("show_not_found", "there is no such show")
	}
	if err != nil {
		return p, fmt.Errorf("read show: %w", err)
	}
	p.rehearsal = rehearsal != 0
	return p, nil
}
