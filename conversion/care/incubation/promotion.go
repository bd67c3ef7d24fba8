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

// PromotionState is what became of a promotion.
type PromotionState string

// The states of a promotion.
const (
	Asked   PromotionState = "asked"
	Granted PromotionState = "granted"
	Refused PromotionState = "refused"
)

// Promotion is that somebody asked for the next stage, and what was decided.
type Promotion struct {
	Merchant  live.MerchantID
	ID        string
	Agent     string
	From, To  string // stages
	State     PromotionState
	Checks    []Check // as they stood when it was asked for, or decided on
	Reason    string
	AskedBy   string
	AskedAt   time.Time
	DecidedBy string
	DecidedAt time.Time
}

const promotionColumns = `merchant_id, promotion_id, agent_id, from_stage, to_stage, state, evidence, reason, asked_by, asked_at, decided_by, decided_at`

func scanPromotion(r store.Scanner) (p Promotion, err error) {
	var evidence string
	var asked, decided int64
	if err := r.Scan(&p.Merchant, &p.ID, &p.Agent, &p.From, &p.To, &p.State, &evidence, &p.Reason, &p.AskedBy, &asked, &p.DecidedBy, &decided); err != nil {
		return p, err
	}
	p.AskedAt, p.DecidedAt = store.Time(asked), store.Time(decided)
	if err := json.Unmarshal([]byte(evidence), &p.Checks); err != nil {
		return p, fmt.Errorf("read evidence of promotion %s: %w", p.ID, err)
	}
	return p, nil
}

// pending is the promotion that nobody has decided on.
func pending(q store.Querier, m live.MerchantID, agent string) (p Promotion, ok bool, err error) {
	p, err = scanPromotion(q.Row(`SELECT `+promotionColumns+` FROM incubation_promotions WHERE merchant_id = ? AND agent_id = ? AND state = 'asked'`, string(m), agent))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read promotion: %w", err)
	}
	return p, true, nil
}

func promotionsOf(q store.Querier, c *Candidate) ([]Promotion, error) {
	rows, err := q.Query(`SELECT `+promotionColumns+` FROM incubation_promotions WHERE merchant_id = ? AND agent_id = ? ORDER BY asked_at DESC, promotion_id DESC LIMIT ?`,
		string(c.Merchant), c.Agent, maxCount)
	list, err := store.Collect(rows, err, scanPromotion)
	if err != nil {
		return nil, fmt.Errorf("read promotions: %w", err)
	}
	return list, nil
}

// notReady refuses a promotion with what is missing.
func notReady(list []Check) error {
	missing := []Check{}
	for _, c := range list {
		if c.Verdict != Met {
			missing = append(missing, c)
		}
	}
	no := live.Conflict("not_ready", "%d of %d requirements are not met", len(missing), len(list))
	no.Data = map[string]any{"missing": missing}
	return no
}

// Ask asks for the next stage of a candidate. Everything it asks for must be met;
// somebody who is not the candidate decides. Codes: "candidate_not_found",
// "candidate_left", "last_stage", "already_asked" (data: promotion_id),
// "not_ready" (data: missing).
func (b *Book) Ask(ctx context.Context, r Reach, agent string, by live.Principal) (p Promotion, err error) {
	id := "pr-" + b.newID()
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := active(t.Querier, r, agent)
		if err != nil {
			return err
		}
		if open, ok, err := pending(t.Querier, c.Merchant, agent); err != nil {
			return err
		} else if ok {
			no := live.Conflict("already_asked", "the stage %s was asked for", open.To)
			no.Data = map[string]any{"promotion_id": open.ID}
			return no
		}
		next, list, err := ahead(t, &c)
		if err != nil {
			return err
		}
		if !Ready(list) {
			return notReady(list)
		}
		p = Promotion{
			Merchant: c.Merchant, ID: id, Agent: agent, From: c.Stage, To: next.Key, State: Asked, Checks: list, AskedBy: by.Subject, AskedAt: t.Now(),
		}
		evidence, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("encode evidence: %w", err)
		}
		if _, err := t.Exec(`INSERT INTO incubation_promotions (`+promotionColumns+`) VALUES (?, ?, ?, ?, ?, 'asked', ?, '', ?, ?, '', 0)`,
			string(p.Merchant), p.ID, p.Agent, p.From, p.To, string(evidence), p.AskedBy, store.Millis(p.AskedAt)); err != nil {
			return fmt.Errorf("write promotion: %w", err)
		}
		return tell(t, p.Merchant, live.PromotionAsked, place{}, by.Actor(), p.data())
	})
	return p, err
}

// ahead is the next stage of a candidate and how they stand to it.
func ahead(t *store.Tx, c *Candidate) (*Stage, []Check, error) {
	x, err := trackOf(t.Querier, c.Merchant, c.Track)
	if err != nil {
		return nil, nil, err
	}
	next := x.next(c.Stage)
	if next == nil {
		return nil, nil, live.Conflict("last_stage", "there is no stage after %s", c.Stage)
	}
	list, err := checks(t.Querier, c, next, t.Now())
	return next, list, err
}

// Decide grants or refuses the promotion that a candidate has asked for. What the
// stage asks for is looked at again in the same transaction: one that is not met
// any more cannot be granted, by nobody. Codes: "invalid_field",
// "candidate_not_found", "candidate_left", "own_case", "not_asked", "not_ready"
// (data: missing), "track_changed".
func (b *Book) Decide(ctx context.Context, m live.MerchantID, agent string, grant bool, reason string, by live.Principal) (p Promotion, err error) {
	if err := checkWords("reason", reason, 1); err != nil {
		return p, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := active(t.Querier, Reach{Merchant: m}, agent)
		if err != nil {
			return err
		}
		if err := notOneself(agent, by); err != nil {
			return err
		}
		var ok bool
		if p, ok, err = pending(t.Querier, m, agent); err != nil {
			return err
		}
		if !ok {
			return live.Conflict("not_asked", "no promotion of the candidate is open")
		}
		if !grant {
			return decide(t, &p, Refused, reason, by)
		}
		next, list, err := ahead(t, &c)
		if err != nil {
			return err
		}
		if p.From != c.Stage || p.To != next.Key {
			return live.Conflict("track_changed", "the stage after %s is %s now, and %s was asked for", c.Stage, next.Key, p.To)
		}
		if !Ready(list) {
			return notReady(list)
		}
		p.Checks = list
		c.Stage, c.StageAt = p.To, t.Now()
		if err := write(t, &c); err != nil {
			return err
		}
		return decide(t, &p, Granted, reason, by)
	})
	return p, err
}

// decide ends a promotion.
func decide(t *store.Tx, p *Promotion, state PromotionState, reason string, by live.Principal) error {
	p.State, p.Reason, p.DecidedBy, p.DecidedAt = state, reason, by.Subject, t.Now()
	evidence, err := json.Marshal(p.Checks)
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	if _, err := t.Exec(`UPDATE incubation_promotions SET state = ?, evidence = ?, reason = ?, decided_by = ?, decided_at = ? WHERE merchant_id = ? AND promotion_id = ?`,
		string(state), string(evidence), reason, p.DecidedBy, store.Millis(p.DecidedAt), string(p.Merchant), p.ID); err != nil {
		return fmt.Errorf("decide on promotion: %w", err)
	}
	kind := live.PromotionRefused
	if state == Granted {
		kind = live.PromotionGranted
	}
	return tell(t, p.Merchant, kind, place{}, by.Actor(), p.data())
}

// data is what facts say of a promotion.
func (p *Promotion) data() map[string]any {
	d := map[string]any{"promotion_id": p.ID, "agent_id": p.Agent, "from": p.From, "to": p.To, "evidence": p.Checks}
	if p.Reason != "" {
		d["reason"] = p.Reason
	}
	return d
}

// Pass says which role the token of a candidate may carry now, and notes that one
// is given out. Codes: "candidate_not_found", "candidate_left", "not_promoted"
// (their stage is still an agent's).
func (b *Book) Pass(ctx context.Context, r Reach, agent string, by live.Principal) (role live.Role, err error) {
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err := active(t.Querier, r, agent)
		if err != nil {
			return err
		}
		x, err := trackOf(t.Querier, c.Merchant, c.Track)
		if err != nil {
			return err
		}
		i := x.index(c.Stage)
		if i < 0 || x.Stages[i].Role == live.RoleAgent {
			return live.Conflict("not_promoted", "the stage %s has no token but an agent's", c.Stage)
		}
		role = x.Stages[i].Role
		return tell(t, c.Merchant, live.RoleTokenIssued, place{}, by.Actor(), map[string]any{"agent_id": agent, "stage": c.Stage, "role": role})
	})
	return role, err
}
