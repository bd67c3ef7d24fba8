package guard

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Store is where the guard keeps its tables; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
	Snapshot(ctx context.Context, fn func(store.Querier) error) error
}

// Guard decides on touches. Make it with [New]; it is safe for concurrent use.
type Guard struct {
	store Store
	newID func() string
}

// New makes a guard. newID makes names that nothing else has, in ascending order.
func New(s Store, newID func() string) *Guard { return &Guard{store: s, newID: newID} }

// Send decides on a touch and records what was decided: it is sent, which the
// caller does at once, or suppressed, and Holds say by which rules. With plan it
// is planned instead, and [Guard.Settle] says what became of it. Codes:
// "invalid_field".
func (g *Guard) Send(ctx context.Context, t Touch, plan bool) (Touch, error) {
	// Chance stays out of the transaction, which may run more than once.
	t.ID = "tch_" + g.newID()
	var out Touch
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		out = t
		rules, err := decide(tx.Querier, &out, tx.Now())
		if err != nil {
			return err
		}
		kind := live.TouchSent
		switch {
		case len(out.Holds) > 0:
			out.State, kind = Suppressed, live.TouchSuppressed
		case plan:
			out.State, kind = Planned, live.TouchPlanned
			out.ExpiresAt = tx.Now().Add(time.Duration(rules.PlanMinutes) * time.Minute)
		default:
			out.State, out.SettledAt = Sent, tx.Now()
		}
		if err := out.insert(tx); err != nil {
			return err
		}
		if err := trim(tx, out.Merchant); err != nil {
			return err
		}
		return out.tell(tx, kind, out.By)
	})
	return out, err
}

// Check decides as [Guard.Send] would at now, and records nothing.
func (g *Guard) Check(ctx context.Context, t Touch, now time.Time) (Touch, error) {
	err := g.store.Snapshot(ctx, func(q store.Querier) error {
		if _, err := decide(q, &t, now); err != nil {
			return err
		}
		if t.State = Sent; len(t.Holds) > 0 {
			t.State = Suppressed
		}
		return nil
	})
	return t, err
}

// tell puts the fact of a touch into the outbox. That of a sent one has the
// touch's own name, so that it is stated once.
func (t *Touch) tell(tx *store.Tx, kind live.Kind, by live.Actor) error {
	e, data := t.event(kind, by, tx.Now()), t.data()
	switch kind {
	case live.TouchSent:
		e.ID = live.EventID(t.ID)
	case live.TouchSuppressed:
		e.ID = live.EventID(t.ID)
		h := t.Holds[0]
		data["rule"], data["rule_version"] = h.Rule, t.Rules
		if !h.Until.IsZero() {
			data["until"] = h.Until.UTC().Format(time.RFC3339Nano)
		}
		if h.Hours > 0 {
			data["window_hours"], data["at_most"] = h.Hours, h.Most
		}
	case live.TouchPlanned:
		data["expires_at"] = t.ExpiresAt.UTC().Format(time.RFC3339Nano)
	}
	_, err := tx.Emit(e, data)
	return err
}

// decide fills Holds, At and Rules of a touch.
func decide(q store.Querier, t *Touch, now time.Time) (*TouchRules, error) {
	kept, err := readRules(q, t.Merchant)
	if err != nil {
		return nil, err
	}
	rules := &kept.Rules
	if err := t.Check(rules); err != nil {
		return nil, err
	}
	t.At, t.Rules, t.Holds = now, kept.Version, nil
	if t.Transactional {
		return rules, nil
	}
	c, err := caseOf(q, t, rules, now)
	if err != nil {
		return nil, err
	}
	t.Holds = rules.Holds(c)
	return rules, nil
}

// Settle says what became of a planned touch, or that one which was sent had
// reached nobody or was refused. Said twice it counts once. A touch that was sent
// though its place had expired is recorded as it happened, and late. Codes:
// "touch_not_found", "touch_settled", "invalid_field".
func (g *Guard) Settle(ctx context.Context, m live.MerchantID, id string, to State, reason string, by live.Actor, mine string) (Touch, error) {
	kind := map[State]live.Kind{Sent: live.TouchSent, Failed: live.TouchFailed, Rejected: live.TouchRejected}[to]
	if kind == "" {
		return Touch{}, live.Invalid("invalid_field", "state", "must be one of sent, failed, rejected")
	}
	var out Touch
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		t, err := readTouch(tx.Querier, m, id)
		if err != nil {
			return err
		}
		if mine != "" && t.Agent != mine {
			return touchNotFound()
		}
		if t.State == to {
			out = t
			return nil
		}
		if t.State != Planned && (t.State != Sent || t.Outside) {
			e := live.Conflict("touch_settled", "the touch is %s already", t.State)
			e.Data = map[string]any{"state": t.State}
			return e
		}
		before := t
		if t.State == Planned {
			t.Late, t.At = !tx.Now().Before(t.ExpiresAt), tx.Now()
		}
		t.State, t.SettledAt, t.Reason = to, tx.Now(), reason
		if err := before.room(tx, -1); err != nil {
			return err
		}
		if err := t.update(tx); err != nil {
			return err
		}
		if err := t.room(tx, 1); err != nil {
			return err
		}
		if to == Rejected && t.Person != "" {
			if err := putSignal(tx, m, t.Person, t.Channel, SaidRejected, tx.Now()); err != nil {
				return err
			}
		}
		out = t
		return t.tell(tx, kind, by)
	})
	return out, err
}

func touchNotFound() error { return live.NotFound("touch_not_found", "there is no such touch") }

func readTouch(q store.Querier, m live.MerchantID, id string) (Touch, error) {
	t, err := scanTouch(q.Row(`SELECT `+touchColumns+` FROM guard_touches WHERE merchant_id = ? AND touch_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return Touch{}, touchNotFound()
	}
	if err != nil {
		return Touch{}, fmt.Errorf("read a touch: %w", err)
	}
	return t, nil
}

// KeptRules are a merchant's rules; Version 0: the default.
type KeptRules struct {
	Rules   TouchRules
	Version int64
	SetAt   time.Time
	By      live.Actor
}

// SetRules gives a merchant new rules. Code: "invalid_rules".
func (g *Guard) SetRules(ctx context.Context, m live.MerchantID, r TouchRules, by live.Actor) (KeptRules, error) {
	if err := r.Check(); err != nil {
		return KeptRules{}, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return KeptRules{}, fmt.Errorf("encode rules: %w", err)
	}
	var out KeptRules
	err = g.store.Change(ctx, func(tx *store.Tx) error {
		before, err := readRules(tx.Querier, m)
		if err != nil {
			return err
		}
		out = KeptRules{Rules: r, Version: before.Version + 1, SetAt: tx.Now(), By: by}
		if err := out.locate(tx.Querier, m); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO guard_rules (merchant_id, version, rules, set_by, set_by_role, set_at) VALUES (?, ?, ?, ?, ?, ?)`,
			string(m), out.Version, string(body), by.ID, string(by.Role), store.Millis(out.SetAt)); err != nil {
			return fmt.Errorf("set rules of touches: %w", err)
		}
		return tx.Audit(store.AuditRow{Merchant: m, Actor: by, Action: "touch.rules", Detail: fmt.Sprintf(`{"version":%d}`, out.Version)})
	})
	return out, err
}

// Rules are a merchant's rules of now.
func (g *Guard) Rules(ctx context.Context, m live.MerchantID) (KeptRules, error) {
	return readRules(g.store.View(ctx), m)
}

// RulesAt are the rules that a merchant had at an instant.
func (g *Guard) RulesAt(ctx context.Context, m live.MerchantID, at time.Time) (KeptRules, error) {
	return readRulesAt(g.store.View(ctx), m, store.Millis(at))
}

func readRules(q store.Querier, m live.MerchantID) (KeptRules, error) {
	return readRulesAt(q, m, math.MaxInt64)
}

func readRulesAt(q store.Querier, m live.MerchantID, at int64) (KeptRules, error) {
	k := KeptRules{Rules: DefaultRules()}
	var body string
	var set int64
	err := q.Row(`SELECT version, rules, set_by, set_by_role, set_at FROM guard_rules WHERE merchant_id = ? AND set_at <= ? ORDER BY version DESC LIMIT 1`, string(m), at).
		Scan(&k.Version, &body, &k.By.ID, &k.By.Role, &set)
	if errors.Is(err, sql.ErrNoRows) {
		return k, k.locate(q, m)
	}
	if err != nil {
		return KeptRules{}, fmt.Errorf("read rules of touches: %w", err)
	}
	k.Rules, k.SetAt = TouchRules{}, store.Time(set)
	if err := json.Unmarshal([]byte(body), &k.Rules); err != nil {
		return KeptRules{}, fmt.Errorf("decode rules of touches: %w", err)
	}
	return k, k.locate(q, m)
}

// locate finds the zone of rules that name none: that of most of the merchant's
// rooms, as the calendar of its groups has it. It is not kept, so that it follows
// the rooms.
func (k *KeptRules) locate(q store.Querier, m live.MerchantID) (err error) {
	if k.Rules.TimeZone == "" {
		k.Rules.TimeZone, err = store.RoomZone(q, m)
	}
	return err
}
