package incubation

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Proof is that a candidate showed a skill.
type Proof struct {
	Skill    string
	Evidence string
	By       string
	At       time.Time
}

// Prove notes that a candidate showed a skill, and by what that is known; said
// again the newer word stands. Codes: "invalid_field", "candidate_not_found",
// "candidate_left", "own_case".
func (b *Book) Prove(ctx context.Context, r Reach, agent, skill, evidence string, by live.Principal) error {
	if err := checkWords("evidence", evidence, 1); err != nil {
		return err
	}
	return b.store.Change(ctx, func(t *store.Tx) error {
		c, err := coached(t.Querier, r, agent, by)
		if err != nil {
			return err
		}
		var known int64
		if err := t.Row(`SELECT COUNT(*) FROM incubation_skills WHERE merchant_id = ? AND skill = ?`, string(c.Merchant), skill).Scan(&known); err != nil {
			return fmt.Errorf("look for a skill: %w", err)
		}
		if known == 0 {
			return live.NotFound("skill_not_found", "there is no such skill")
		}
		if _, err := t.Exec(`INSERT INTO incubation_proofs (merchant_id, agent_id, skill, evidence, proved_by, proved_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (merchant_id, agent_id, skill) DO UPDATE SET evidence = excluded.evidence, proved_by = excluded.proved_by, proved_at = excluded.proved_at`,
			string(c.Merchant), agent, skill, evidence, by.Subject, store.Millis(t.Now())); err != nil {
			return fmt.Errorf("write proof: %w", err)
		}
		return tell(t, c.Merchant, live.SkillProved, place{}, by.Actor(), map[string]any{"agent_id": agent, "skill": skill, "evidence": evidence})
	})
}

// coached reads a candidate whom the caller may judge.
func coached(q store.Querier, r Reach, agent string, by live.Principal) (Candidate, error) {
	c, err := active(q, r, agent)
	if err != nil {
		return c, err
	}
	return c, notOneself(agent, by)
}

func proofsOf(q store.Querier, c *Candidate) ([]Proof, error) {
	rows, err := q.Query(`SELECT skill, evidence, proved_by, proved_at FROM incubation_proofs WHERE merchant_id = ? AND agent_id = ? ORDER BY skill`, string(c.Merchant), c.Agent)
	list, err := store.Collect(rows, err, func(r store.Scanner) (p Proof, err error) {
		var at int64
		err = r.Scan(&p.Skill, &p.Evidence, &p.By, &at)
		p.At = store.Time(at)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read proofs: %w", err)
	}
	return list, nil
}
