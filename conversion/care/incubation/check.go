package incubation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care/desk"
	"showrunner/live"
	"showrunner/live/store"
)

// Verdict is how a candidate stands to one requirement.
type Verdict string

// Verdicts. Only [Met] lets somebody pass.
const (
	Met      Verdict = "met"
	NotMet   Verdict = "not_met"
	TooSmall Verdict = "sample_too_small" // the figure stands on less than the requirement wants
)

// Check is a requirement and what is known of it.
type Check struct {
	Requirement
	Verdict Verdict `json:"verdict"`
	// Have is how many there are, of skills 0 or 1; of a figure its numerator.
	Have int64 `json:"have"`
	// Of is the denominator of a figure.
	Of int64 `json:"of,omitempty"`
	// Shows are those that were counted: rehearsals, shadow shows or shows hosted.
	Shows []live.ShowID `json:"shows,omitempty"`
	// Evidence is what a skill was proved by.
	Evidence string `json:"evidence,omitempty"`
}

// Progress is how far a candidate is.
type Progress struct {
	Candidate
	Role    live.Role // of the stage they stand in
	Next    string    // the stage after; empty: they are through
	Checks  []Check   // what it asks for
	Pending *Promotion
}

// Ready reports whether everything that was checked is met.
func Ready(list []Check) bool {
	return !slices.ContainsFunc(list, func(c Check) bool { return c.Verdict != Met })
}

// checks answers how a candidate stands to what a stage asks for, from what q
// reads: inside a change that is the last word.
func checks(q store.Querier, c *Candidate, s *Stage, now time.Time) ([]Check, error) {
	x := checker{q: q, c: c, now: now}
	list := make([]Check, len(s.Needs))
	for i, need := range s.Needs {
		list[i] = Check{Requirement: need, Verdict: NotMet}
		if err := x.check(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

type checker struct {
	q   store.Querier
	c   *Candidate
	now time.Time
}

func (x *checker) check(k *Check) (err error) {
	switch k.Kind {
	case NeedScore:
		return x.score(k)
	case NeedSkill:
		proofs, err := proofsOf(x.q, x.c)
		if err != nil {
			return err
		}
		for _, p := range proofs {
			if p.Skill == k.Skill {
				k.Have, k.Evidence, k.Verdict = 1, p.Evidence, Met
			}
		}
		return nil
	case NeedDrills:
		drills, err := drillsOf(x.q, x.c)
		if err != nil {
			return err
		}
		for i := range drills {
			if drills[i].State == DrillPassed {
				k.Shows = append(k.Shows, drills[i].Show)
			}
		}
	case NeedShadows:
		shadows, err := shadowsOf(x.q, x.c)
		if err != nil {
			return err
		}
		for i := range shadows {
			if shadows[i].Counts(k.Minutes) {
				k.Shows = append(k.Shows, shadows[i].Show)
			}
		}
	case NeedShows:
		if k.Shows, err = hosted(x.q, x.c, k.Minutes); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a requirement of the unknown kind %q", k.Kind)
	}
	if k.Have = int64(len(k.Shows)); k.Have >= k.Count {
		k.Verdict = Met
	}
	return nil
}

// score holds a figure of the scorecard over the last days against its bound.
func (x *checker) score(k *Check) error {
	list, err := desk.ScoresIn(x.q, desk.FigureFilter{
		Merchant: x.c.Merchant, Agent: x.c.Agent, From: x.now.Add(-time.Duration(k.Days) * 24 * time.Hour), Until: x.now.Add(time.Millisecond),
	})
	if err != nil {
		return err
	}
	for i := range list {
		for _, r := range list[i].Rates() {
			if r.Key == k.Figure {
				k.Have, k.Of = r.Num, r.Den
			}
		}
	}
	k.Verdict = k.judge(k.Have, k.Of)
	return nil
}

// judge holds num/den against the bound of a figure, without dividing.
func (r *Requirement) judge(num, den int64) Verdict {
	if den < r.Sample {
		return TooSmall
	}
	if !slices.Contains(timed, r.Figure) {
		num *= 10_000
	}
	if r.AtLeast != nil && num >= *r.AtLeast*den || r.AtMost != nil && num <= *r.AtMost*den {
		return Met
	}
	return NotMet
}

// hosted are the real shows that are over which a candidate hosted for so many
// minutes since they joined, the newest first.
func hosted(q store.Querier, c *Candidate, minutes int64) ([]live.ShowID, error) {
	rows, err := q.Query(`SELECT h.show_id FROM host_shifts h INNER JOIN shows s ON s.show_id = h.show_id
		WHERE h.host_id = ? AND h.started_at >= ? AND h.ended_at > 0 AND s.merchant_id = ? AND s.rehearsal = 0 AND s.state IN ('ended', 'settled')
		GROUP BY h.show_id HAVING SUM(h.ended_at - h.started_at) >= ? ORDER BY MAX(h.started_at) DESC, h.show_id LIMIT ?`,
		c.Agent, store.Millis(c.JoinedAt), string(c.Merchant), minutes*60_000, maxCount)
	list, err := store.Collect(rows, err, func(r store.Scanner) (id live.ShowID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("read shows that somebody hosted: %w", err)
	}
	return list, nil
}

// progress is how far a candidate is, from what q reads.
func (b *Book) progress(q store.Querier, c *Candidate, now time.Time) (p Progress, err error) {
	p.Candidate = *c
	x, err := trackOf(q, c.Merchant, c.Track)
	if errors.Is(err, live.NotFound("track_not_found", "")) && !c.LeftAt.IsZero() {
		p.Role = live.RoleAgent // the track was withdrawn: what they are without one
		return p, nil
	}
	if err != nil {
		return p, err
	}
	if i := x.index(c.Stage); i >= 0 {
		p.Role = x.Stages[i].Role
	}
	open, ok, err := pending(q, c.Merchant, c.Agent)
	if err != nil {
		return p, err
	}
	if ok {
		p.Pending = &open
	}
	next := x.next(c.Stage)
	if next == nil || !c.LeftAt.IsZero() {
		return p, nil
	}
	p.Next = next.Key
	p.Checks, err = checks(q, c, next, now)
	return p, err
}

// Record is everything that is known of a candidate.
type Record struct {
	Progress
	Proofs     []Proof
	Drills     []Drill
	Shadows    []Shadow
	Promotions []Promotion // the newest first
}

// Candidate reads one with all that is known of them. Code: "candidate_not_found".
func (b *Book) Candidate(ctx context.Context, r Reach, agent string, now time.Time) (out Record, err error) {
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		c, err := find(q, r, agent)
		if err != nil {
			return err
		}
		if out.Progress, err = b.progress(q, &c, now); err != nil {
			return err
		}
		if out.Proofs, err = proofsOf(q, &c); err != nil {
			return err
		}
		if out.Drills, err = drillsOf(q, &c); err != nil {
			return err
		}
		if out.Shadows, err = shadowsOf(q, &c); err != nil {
			return err
		}
		out.Promotions, err = promotionsOf(q, &c)
		return err
	})
	return out, err
}
