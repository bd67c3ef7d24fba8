package store

import (
	"context"
	"fmt"

	"showrunner/live"
)

// ReferredFollow grants the bonus of the merchant's rule to whom the person is
// bound, if they never earned anybody one before: following again after
// unfollowing pays nothing. ok tells whether it was granted now.
func (s *Store) ReferredFollow(ctx context.Context, m live.MerchantID, person live.PersonID) (bonus live.ReferralBonus, ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		bonus, ok = live.ReferralBonus{}, false
		held, err := latestBinding(t, m, person, t.now)
		if err != nil || !held.Holds(t.now) {
			return err
		}
		rule, err := referralRule(t, m)
		if err != nil || rule.Bonus == 0 {
			return err
		}
		// Under whatever name they followed before.
		entries, err := bonuses(t, m, person)
		if err != nil || len(entries) > 0 {
			return err
		}
		b := live.ReferralBonus{Merchant: m, Person: person, Referrer: held.Referrer, Minor: rule.Bonus, Currency: rule.Currency, At: t.now}
		if ok, err = t.addBonus("grant", live.ReferralBonusGranted, &b); err == nil && ok {
			bonus = b
		}
		return err
	})
	if err != nil {
		return live.ReferralBonus{}, false, err
	}
	return bonus, ok, nil
}

// ReferredUnfollow takes the bonus for a person back, once. ok tells whether it
// was taken back now.
func (s *Store) ReferredUnfollow(ctx context.Context, m live.MerchantID, person live.PersonID) (bonus live.ReferralBonus, ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		bonus, ok = live.ReferralBonus{}, false
		entries, err := bonuses(t, m, person)
		if err != nil || len(entries) != 1 { // none, or taken back before
			return err
		}
		b := entries[0]
		b.Minor, b.At = -b.Minor, t.now
		if ok, err = t.addBonus("void", live.ReferralBonusVoided, &b); err == nil && ok {
			bonus = b
		}
		return err
	})
	if err != nil {
		return live.ReferralBonus{}, false, err
	}
	return bonus, ok, nil
}

// ReferralBonuses is what a person earned who brought them, ascending: nothing,
// a grant, or a grant and its end.
func (s *Store) ReferralBonuses(ctx context.Context, m live.MerchantID, person live.PersonID) ([]live.ReferralBonus, error) {
	return bonuses(s.reader(ctx), m, person)
}

func bonuses(q querier, m live.MerchantID, person live.PersonID) ([]live.ReferralBonus, error) {
	names, err := aliases(q, m, person)
	if err != nil {
		return nil, err
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	rows, err := q.query(`SELECT merchant_id, person_id, referrer_id, minor, currency, at FROM referral_bonuses`+w.sql()+` ORDER BY kind`, w.args...)
	list, err := collect(rows, err, func(r scanner) (live.ReferralBonus, error) {
		var b live.ReferralBonus
		var when int64
		err := r.Scan(&b.Merchant, &b.Person, &b.Referrer, &b.Minor, &b.Currency, &when)
		b.At = at(when)
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("read referral bonuses: %w", err)
	}
	return list, nil
}

// addBonus writes an entry unless the person has one of the kind already.
func (t *tx) addBonus(kind string, event live.Kind, b *live.ReferralBonus) (bool, error) {
	n, err := t.changed(`INSERT INTO referral_bonuses (merchant_id, person_id, kind, referrer_id, minor, currency, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id, kind) DO NOTHING`,
		string(b.Merchant), string(b.Person), kind, string(b.Referrer), b.Minor, string(b.Currency), ms(b.At))
	if err != nil {
		return false, fmt.Errorf("write referral bonus: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	return true, t.tellReferral(event, b.Merchant, b.Person, map[string]any{"referrer": b.Referrer, "bonus_minor": b.Minor, "currency": b.Currency})
}
