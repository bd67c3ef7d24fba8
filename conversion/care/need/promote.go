package need

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// Promotion is how a common need is shipped.
type Promotion struct {
	Title string // of the entry
	Type  string // of the entry, as the desk has them
	Scope string
}

// Promote makes a need common and ships it as a fixed entry. It needs
// [MinValidated] validated needs. Codes: "invalid_field", "cluster_not_found",
// "wrong_state" (data: state), "not_validated" (data: have, need).
func (l *Loop) Promote(ctx context.Context, m live.MerchantID, id string, p Promotion, by live.Principal) (Cluster, error) {
	if n := utf8.RuneCountInString(p.Title); n == 0 || n > 100 {
		return Cluster{}, live.Invalid("invalid_field", "title", "must have 1 to 100 characters")
	}
	ready := func(c *Cluster) error {
		if c.State != Alike {
			return wrongState(c)
		}
		if c.Validated < MinValidated {
			no := live.Conflict("not_validated", "%d needs of it are validated, %d are needed", c.Validated, MinValidated)
			no.Data = map[string]any{"have": c.Validated, "need": MinValidated}
			return no
		}
		return nil
	}
	c, err := l.Cluster(ctx, m, id)
	if err != nil {
		return c, err
	}
	if err := ready(&c); err != nil {
		return c, err
	}
	// The entry is made first: made of the same need again it is the same entry, so
	// that a promotion that was cut off here is taken up again.
	entry, err := l.entries.Ship(ctx, NewEntry{Merchant: m, Type: p.Type, Title: p.Title, Scope: p.Scope, FromNeed: id}, by)
	if err != nil {
		return c, err
	}
	return l.change(ctx, m, id, by, func(t *store.Tx, c *Cluster) (turn, error) {
		if err := ready(c); err != nil {
			return turn{}, err
		}
		c.State, c.Entry, c.Title, c.PromotedAt = Common, entry, p.Title, t.Now()
		return turn{
			"promote", fmt.Sprintf("entry %s out of %d needs, %d validated", entry, c.Needs, c.Validated), live.NeedPromoted,
			map[string]any{"cluster_id": c.ID, "entry_id": entry, "needs": c.Needs, "validated": c.Validated},
		}, nil
	})
}

// Measure asks what became of a common need's entry, and suggests to retire it
// when its opens have not grown for [UnusedDays]. Codes: "cluster_not_found",
// "wrong_state" (data: state).
func (l *Loop) Measure(ctx context.Context, m live.MerchantID, id string, by live.Principal) (Cluster, error) {
	c, err := l.Cluster(ctx, m, id)
	if err != nil {
		return c, err
	}
	if c.State != Common {
		return c, wrongState(&c)
	}
	u, err := l.entries.Usage(ctx, m, c.Entry, by)
	if err != nil {
		return c, err
	}
	return l.change(ctx, m, id, by, func(t *store.Tx, c *Cluster) (turn, error) {
		if c.State != Common {
			return turn{}, wrongState(c)
		}
		v := &Measure{At: t.Now(), Usage: u, UnusedSince: t.Now()}
		switch {
		case c.Measured == nil && u.Opened == 0:
			v.UnusedSince = c.PromotedAt
		case c.Measured != nil && c.Measured.Opened == u.Opened:
			v.UnusedSince = c.Measured.UnusedSince
		}
		v.SuggestRetiring = !v.UnusedSince.Add(UnusedDays * 24 * time.Hour).After(t.Now())
		c.Measured = v
		return turn{
			"measure", fmt.Sprintf("exposed %d, opened %d, resolved %d", u.Exposed, u.Opened, u.Resolved), live.NeedMeasured,
			map[string]any{"cluster_id": c.ID, "entry_id": c.Entry, "exposed": u.Exposed, "opened": u.Opened, "resolved": u.Resolved, "suggest_retiring": v.SuggestRetiring},
		}, nil
	})
}

// Retire takes a common need's entry away, with the reason. Codes:
// "invalid_field", "cluster_not_found", "wrong_state" (data: state).
func (l *Loop) Retire(ctx context.Context, m live.MerchantID, id, reason string, by live.Principal) (Cluster, error) {
	if n := utf8.RuneCountInString(reason); n == 0 || n > MaxText {
		return Cluster{}, live.Invalid("invalid_field", "reason", "must have 1 to %d characters", MaxText)
	}
	c, err := l.Cluster(ctx, m, id)
	if err != nil {
		return c, err
	}
	if c.State != Common {
		return c, wrongState(&c)
	}
	if err := l.entries.Retire(ctx, m, c.Entry, by); err != nil {
		return c, err
	}
	return l.change(ctx, m, id, by, func(_ *store.Tx, c *Cluster) (turn, error) {
		if c.State != Common {
			return turn{}, wrongState(c)
		}
		c.State = Retired
		return turn{"retire", reason, live.NeedRetired, map[string]any{"cluster_id": c.ID, "entry_id": c.Entry, "reason": reason}}, nil
	})
}

func wrongState(c *Cluster) error {
	no := live.Conflict("wrong_state", "the cluster is %s", string(c.State))
	no.Data = map[string]any{"state": string(c.State)}
	return no
}

// turn is what a step of a cluster leaves behind.
type turn struct {
	step, evidence string
	fact           live.Kind
	data           map[string]any
}

func (l *Loop) change(ctx context.Context, m live.MerchantID, id string, by live.Principal, step func(*store.Tx, *Cluster) (turn, error)) (c Cluster, err error) {
	err = l.store.Change(ctx, func(t *store.Tx) error {
		if c, err = findCluster(t.Querier, m, id); err != nil {
			return err
		}
		v, err := step(t, &c)
		if err != nil {
			return err
		}
		measured := ""
		if c.Measured != nil {
			raw, err := json.Marshal(c.Measured)
			if err != nil {
				return fmt.Errorf("encode measure: %w", err)
			}
			measured = string(raw)
		}
		if _, err := t.Exec(`UPDATE care_need_clusters SET title = ?, state = ?, entry_id = ?, measured = ?, promoted_at = ?, steps = steps + 1 WHERE merchant_id = ? AND cluster_id = ?`,
			c.Title, string(c.State), c.Entry, measured, store.Millis(c.PromotedAt), string(m), id); err != nil {
			return fmt.Errorf("write cluster: %w", err)
		}
		var n int64
		if err := t.Row(`SELECT steps FROM care_need_clusters WHERE merchant_id = ? AND cluster_id = ?`, string(m), id).Scan(&n); err != nil {
			return fmt.Errorf("count steps of a cluster: %w", err)
		}
		if err := note(t, m, id, n, v.step, string(c.State), v.evidence, by.Actor()); err != nil {
			return err
		}
		if _, err := t.Emit(live.Event{Kind: v.fact, Merchant: m, Actor: by.Actor(), OccurredAt: t.Now()}, v.data); err != nil {
			return err
		}
		detail, err := json.Marshal(map[string]any{"cluster_id": id, "entry_id": c.Entry, "state": c.State})
		if err != nil {
			return fmt.Errorf("encode cluster: %w", err)
		}
		return t.Audit(store.AuditRow{Merchant: m, Actor: by.Actor(), Action: "need." + v.step, Detail: string(detail)})
	})
	return c, err
}
