package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"showrunner/live"
)

// SetLadderRules makes a new version of a merchant's rules, whose text was
// checked. Everybody is judged anew by them; moves that they do not know are
// withdrawn and stay on record.
func (s *Store) SetLadderRules(ctx context.Context, r live.LadderRules) (live.LadderRules, error) {
	if !live.ValidID(string(r.Merchant)) {
		return live.LadderRules{}, badID("merchant_id")
	}
	err := s.write(ctx, func(t *tx) error {
		last, err := ladderRules(t, r.Merchant)
		if err != nil {
			return err
		}
		if last.Version > 0 && last.Text == r.Text {
			r = last // The very same again changes nothing.
			return nil
		}
		r.Version, r.SetAt = last.Version+1, t.now
		if _, err := t.exec(`INSERT INTO ladder_rules (merchant_id, version, rules, set_by, set_by_name, set_by_role, set_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			string(r.Merchant), r.Version, r.Text, r.By.ID, r.By.Name, string(r.By.Role), ms(r.SetAt)); err != nil {
			return fmt.Errorf("set ladder rules: %w", err)
		}
		return t.audited(AuditRow{Merchant: r.Merchant, Actor: r.By, Action: "ladder.rules", Detail: fmt.Sprintf(`{"version":%d}`, r.Version)})
	})
	if err != nil {
		return live.LadderRules{}, err
	}
	return r, nil
}

// LadderRules are a merchant's rules of now; Version 0 if they have set none.
func (s *Store) LadderRules(ctx context.Context, m live.MerchantID) (live.LadderRules, error) {
	return ladderRules(s.reader(ctx), m)
}

func ladderRules(q querier, m live.MerchantID) (live.LadderRules, error) {
	r := live.LadderRules{Merchant: m}
	var set int64
	err := q.row(`SELECT version, rules, set_by, set_by_name, set_by_role, set_at FROM ladder_rules WHERE merchant_id = ? ORDER BY version DESC LIMIT 1`, string(m)).
		Scan(&r.Version, &r.Text, &r.By.ID, &r.By.Name, &r.By.Role, &set)
	if errors.Is(err, sql.ErrNoRows) {
		return r, nil
	}
	if err != nil {
		return live.LadderRules{}, fmt.Errorf("read ladder rules: %w", err)
	}
	r.SetAt = at(set)
	return r, nil
}
