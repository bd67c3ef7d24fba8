package alert

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

// KeptRules are a merchant's rules; Version 0: the default.
type KeptRules struct {
	Rules   Rules
	Version int64
	SetAt   time.Time
	By      live.Actor
}

// SetRules gives a merchant new rules; the next look goes by them. Code: "invalid_rules".
func (b *Book) SetRules(ctx context.Context, m live.MerchantID, r Rules, by live.Actor) (KeptRules, error) {
	if err := r.Check(); err != nil {
		return KeptRules{}, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return KeptRules{}, fmt.Errorf("encode rules of alerts: %w", err)
	}
	var out KeptRules
	err = b.store.Change(ctx, func(t *store.Tx) error {
		before, err := readRules(t.Querier, m)
		if err != nil {
			return err
		}
		out = KeptRules{Rules: r, Version: before.Version + 1, SetAt: t.Now(), By: live.Actor{ID: by.ID, Role: by.Role}}
		if _, err := t.Exec(`INSERT INTO alert_rules (merchant_id, version, rules, set_by, set_by_role, set_at) VALUES (?, ?, ?, ?, ?, ?)`,
			string(m), out.Version, string(body), by.ID, string(by.Role), store.Millis(out.SetAt)); err != nil {
			return fmt.Errorf("set rules of alerts: %w", err)
		}
		return t.Audit(store.AuditRow{Merchant: m, Actor: by, Action: "alerts.rules", Detail: fmt.Sprintf(`{"version":%d}`, out.Version)})
	})
	return out, err
}

// Rules are a merchant's rules of now.
func (b *Book) Rules(ctx context.Context, m live.MerchantID) (KeptRules, error) {
	return readRules(b.store.View(ctx), m)
}

func readRules(q store.Querier, m live.MerchantID) (KeptRules, error) {
	k := KeptRules{Rules: DefaultRules()}
	var body string
	var set int64
	err := q.Row(`SELECT version, rules, set_by, set_by_role, set_at FROM alert_rules WHERE merchant_id = ? ORDER BY version DESC LIMIT 1`, string(m)).
		Scan(&k.Version, &body, &k.By.ID, &k.By.Role, &set)
	if errors.Is(err, sql.ErrNoRows) {
		return k, nil
	}
	if err != nil {
		return KeptRules{}, fmt.Errorf("read rules of alerts: %w", err)
	}
	k.Rules, k.SetAt = Rules{}, store.Time(set)
	if err := json.Unmarshal([]byte(body), &k.Rules); err != nil {
		return KeptRules{}, fmt.Errorf("decode rules of alerts: %w", err)
	}
	return k, nil
}
