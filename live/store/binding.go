package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

const bindingColumns = `merchant_id, person_id, n, referrer_id, token, rule, bound_at, expires_at, reason`

func scanBinding(r scanner) (live.Binding, error) {
	var b live.Binding
	var bound, expires int64
	err := r.Scan(&b.Merchant, &b.Person, &b.N, &b.Referrer, &b.Token, &b.Rule, &bound, &expires, &b.Reason)
	b.BoundAt, b.ExpiresAt = at(bound), at(expires)
	return b, err
}

// latestBinding is the last entry of a person up to an instant; nil for none.
func latestBinding(q querier, m live.MerchantID, p live.PersonID, until time.Time) (*live.Binding, error) {
	b, err := scanBinding(q.row(`SELECT `+bindingColumns+` FROM referral_bindings WHERE merchant_id = ? AND person_id = ? AND bound_at <= ? ORDER BY n DESC LIMIT 1`,
		string(m), string(p), ms(until)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read binding: %w", err)
	}
	return &b, nil
}

// Bind binds a person to whose link they followed, if the merchant's rule lets
// it. The same link again returns the binding that holds. Codes: "invalid_field",
// "link_not_found", "own_link", "referral_loop", "not_new", "already_bound".
func (s *Store) Bind(ctx context.Context, m live.MerchantID, token string, person live.PersonID) (live.Binding, error) {
	if !live.ValidID(string(person)) {
		return live.Binding{}, badID("person_id")
	}
	var b live.Binding
	err := s.write(ctx, func(t *tx) error {
		link, err := scanToken(t.row(`SELECT `+tokenColumns+` FROM share_tokens WHERE token = ? AND merchant_id = ?`, token, string(m)))
		if errors.Is(err, sql.ErrNoRows) {
			return live.NotFound("link_not_found", "there is no such link")
		}
		if err != nil {
			return fmt.Errorf("read share token: %w", err)
		}
		rule, err := referralRule(t, m)
		if err != nil {
			return err
		}
		c := live.ReferralCase{Person: person, Referrer: link.Person, Token: token, At: t.now}
		if c.Latest, err = latestBinding(t, m, c.Person, t.now); err != nil {
			return err
		}
		if c.Upline, err = latestBinding(t, m, c.Referrer, t.now); err != nil {
			return err
		}
		var orders int64
		if err := t.row(`SELECT COUNT(*) FROM orders WHERE merchant_id = ? AND person_id = ? AND created_at > 0`, string(m), string(c.Person)).Scan(&orders); err != nil {
			return fmt.Errorf("count orders: %w", err)
		}
		c.Ordered = orders > 0
		if b, err = rule.Bind(c); err != nil || b.Replay {
			return err
		}
		return t.addBinding(&b, live.ReferralBound)
	})
	if err != nil {
		return live.Binding{}, err
	}
	return b, nil
}

// Unbind ends the binding of a person, such as one that was made by fraud. The
// history keeps both. Codes: "not_bound".
func (s *Store) Unbind(ctx context.Context, m live.MerchantID, person live.PersonID, reason string, by live.Actor) error {
	return s.write(ctx, func(t *tx) error {
		held, err := latestBinding(t, m, person, t.now)
		if err != nil {
			return err
		}
		if !held.Holds(t.now) {
			return live.Conflict("not_bound", "they are bound to nobody")
		}
		end := live.Binding{Merchant: m, Person: person, N: held.N + 1, Rule: held.Rule, BoundAt: t.now, Reason: reason[:min(len(reason), maxReason)]}
		if err := t.addBinding(&end, live.ReferralUnbound); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: m, Actor: by, Action: "referral.unbind", Detail: fmt.Sprintf(`{"person_id":%q,"referrer":%q}`, person, held.Referrer)})
	})
}

func (t *tx) addBinding(b *live.Binding, kind live.Kind) error {
	if _, err := t.exec(`INSERT INTO referral_bindings (`+bindingColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(b.Merchant), string(b.Person), b.N, string(b.Referrer), b.Token, b.Rule, ms(b.BoundAt), ms(b.ExpiresAt), b.Reason); err != nil {
		return fmt.Errorf("write binding: %w", err)
	}
	data := map[string]any{"rule_version": b.Rule}
	if b.Referrer != "" {
		data["referrer"] = b.Referrer
	}
	if !b.ExpiresAt.IsZero() {
		data["expires_at"] = stamp(b.ExpiresAt)
	}
	if b.Reason != "" {
		data["reason"] = b.Reason
	}
	return t.tellReferral(kind, b.Merchant, b.Person, data)
}

// BindingAt is whom a person belonged to at an instant; ok is false for nobody.
func (s *Store) BindingAt(ctx context.Context, m live.MerchantID, p live.PersonID, when time.Time) (live.Binding, bool, error) {
	b, err := latestBinding(s.reader(ctx), m, p, when)
	if err != nil || !b.Holds(when) {
		return live.Binding{}, false, err
	}
	return *b, true, nil
}

// Bindings is the whole history of a person, ascending.
func (s *Store) Bindings(ctx context.Context, m live.MerchantID, p live.PersonID) ([]live.Binding, error) {
	rows, err := s.reader(ctx).query(`SELECT `+bindingColumns+` FROM referral_bindings WHERE merchant_id = ? AND person_id = ? ORDER BY n`, string(m), string(p))
	list, err := collect(rows, err, scanBinding)
	if err != nil {
		return nil, fmt.Errorf("list bindings: %w", err)
	}
	return list, nil
}

// Referrals adds up, for every referrer and currency, the paid orders of the
// people who were bound to them when the order was made, in [from, until) by
// that time. What attribution says of these orders is another matter.
func (s *Store) Referrals(ctx context.Context, m live.MerchantID, from, until time.Time) ([]live.ReferralTally, error) {
	rows, err := s.reader(ctx).query(`SELECT b.referrer_id, o.currency, COUNT(DISTINCT o.person_id),
			COUNT(DISTINCT CASE WHEN NOT EXISTS (SELECT 1 FROM orders e WHERE e.merchant_id = o.merchant_id AND e.person_id = o.person_id
				AND e.paid_at > 0 AND (e.created_at < o.created_at OR e.created_at = o.created_at AND e.order_id < o.order_id)) THEN o.person_id END),
			COUNT(*), COALESCE(SUM(l.paid), 0), COALESCE(SUM(l.net), 0)
		FROM orders o
		JOIN referral_bindings b ON b.merchant_id = o.merchant_id AND b.person_id = o.person_id AND b.bound_at <= o.created_at
			AND b.referrer_id <> '' AND (b.expires_at = 0 OR b.expires_at > o.created_at)
			AND NOT EXISTS (SELECT 1 FROM referral_bindings later WHERE later.merchant_id = b.merchant_id AND later.person_id = b.person_id
				AND later.n > b.n AND later.bound_at <= o.created_at)
		JOIN (SELECT merchant_id, order_id, SUM(paid_minor) AS paid, SUM(paid_minor - refund_goods_minor - refund_ship_minor - cancelled_paid_minor) AS net
			FROM order_lines WHERE merchant_id = ? GROUP BY merchant_id, order_id) l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
		WHERE o.merchant_id = ? AND o.paid_at > 0 AND o.created_at >= ? AND o.created_at < ?
		GROUP BY b.referrer_id, o.currency ORDER BY b.referrer_id, o.currency`, string(m), string(m), ms(from), ms(until))
	list, err := collect(rows, err, func(r scanner) (live.ReferralTally, error) {
		var x live.ReferralTally
		return x, r.Scan(&x.Referrer, &x.Currency, &x.People, &x.New, &x.Orders, &x.Paid, &x.Net)
	})
	if err != nil {
		return nil, fmt.Errorf("add up referrals: %w", err)
	}
	return list, nil
}
