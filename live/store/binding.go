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

// aliases are every name of the person of one name, itself included.
func aliases(q querier, m live.MerchantID, p live.PersonID) ([]live.PersonID, error) {
	names, err := group(q, m, p)
	if err != nil || len(names) == 0 {
		return []live.PersonID{p}, err
	}
	return people(names), nil
}

// latestBinding is the last entry of a person up to an instant, under any of
// their names, with the name that stands for the referrer now; nil for none.
func latestBinding(q querier, m live.MerchantID, p live.PersonID, until time.Time) (*live.Binding, error) {
	names, err := aliases(q, m, p)
	if err != nil {
		return nil, err
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	w.add("bound_at <= ?", ms(until))
	in(&w, "person_id", names)
	b, err := scanBinding(q.row(`SELECT `+bindingColumns+` FROM referral_bindings`+w.sql()+` ORDER BY bound_at DESC, n DESC, person_id LIMIT 1`, w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil && b.Referrer != "" {
		b.Referrer, err = canonical(q, m, b.Referrer)
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
		c := live.ReferralCase{Token: token, At: t.now}
		if c.Person, err = canonical(t, m, person); err != nil {
			return err
		}
		if c.Referrer, err = canonical(t, m, link.Person); err != nil {
			return err
		}
		if c.Latest, err = latestBinding(t, m, c.Person, t.now); err != nil {
			return err
		}
		if c.Upline, err = latestBinding(t, m, c.Referrer, t.now); err != nil {
			return err
		}
		if c.Ordered, err = t.hasOrdered(m, c.Person); err != nil {
			return err
		}
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

func (t *tx) hasOrdered(m live.MerchantID, p live.PersonID) (bool, error) {
	names, err := aliases(t, m, p)
	if err != nil {
		return false, err
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	w.add("created_at > ?", int64(0))
	in(&w, "person_id", names)
	var orders int64
	if err := t.row(`SELECT COUNT(*) FROM orders`+w.sql(), w.args...).Scan(&orders); err != nil {
		return false, fmt.Errorf("count orders: %w", err)
	}
	return orders > 0, nil
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
		end := live.Binding{Merchant: m, Person: held.Person, Rule: held.Rule, BoundAt: t.now, Reason: reason[:min(len(reason), maxReason)]}
		if err := t.addBinding(&end, live.ReferralUnbound); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: m, Actor: by, Action: "referral.unbind", Detail: fmt.Sprintf(`{"person_id":%q,"referrer":%q}`, person, held.Referrer)})
	})
}

// addBinding writes an entry after the last one of the name it is of.
func (t *tx) addBinding(b *live.Binding, kind live.Kind) error {
	if err := t.row(`SELECT COALESCE(MAX(n), 0) + 1 FROM referral_bindings WHERE merchant_id = ? AND person_id = ?`, string(b.Merchant), string(b.Person)).Scan(&b.N); err != nil {
		return fmt.Errorf("number a binding: %w", err)
	}
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

// Bindings is the whole history of a person under all their names, ascending.
func (s *Store) Bindings(ctx context.Context, m live.MerchantID, p live.PersonID) ([]live.Binding, error) {
	q := s.reader(ctx)
	names, err := aliases(q, m, p)
	if err != nil {
		return nil, err
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	rows, err := q.query(`SELECT `+bindingColumns+` FROM referral_bindings`+w.sql()+` ORDER BY bound_at, n, person_id`, w.args...)
	list, err := collect(rows, err, scanBinding)
	if err != nil {
		return nil, fmt.Errorf("list bindings: %w", err)
	}
	return list, nil
}

// named are the entries of a merchant's bindings under the names that stand for
// their people now, as orders are.
const named = `SELECT r.merchant_id, r.n, r.person_id AS name, r.bound_at, r.expires_at, COALESCE(p.canonical, r.person_id) AS person_id,
			COALESCE(u.canonical, r.referrer_id) AS referrer_id
		FROM referral_bindings r
		LEFT JOIN person_links p ON p.merchant_id = r.merchant_id AND p.person_id = r.person_id
		LEFT JOIN person_links u ON u.merchant_id = r.merchant_id AND u.person_id = r.referrer_id
		WHERE r.merchant_id = ?`

// boundThen joins an order o with the binding b that its buyer had when it was
// made. It takes the merchant twice.
const boundThen = `(` + named + `) b ON b.person_id = o.person_id AND b.bound_at <= o.created_at
			AND b.referrer_id <> '' AND b.referrer_id <> o.person_id AND (b.expires_at = 0 OR b.expires_at > o.created_at)
			AND NOT EXISTS (SELECT 1 FROM (` + named + `) later WHERE later.person_id = b.person_id AND later.bound_at <= o.created_at
				AND (later.bound_at > b.bound_at OR later.bound_at = b.bound_at AND (later.n > b.n OR later.n = b.n AND later.name < b.name)))`

// Referrals adds up, for every referrer and currency, the paid orders of the
// people who were bound to them when the order was made, in [from, until) by
// that time. What attribution says of these orders is another matter.
func (s *Store) Referrals(ctx context.Context, m live.MerchantID, from, until time.Time) ([]live.ReferralTally, error) {
	rows, err := s.reader(ctx).query(`SELECT b.referrer_id, o.currency, COUNT(DISTINCT o.person_id),
			COUNT(DISTINCT CASE WHEN NOT EXISTS (SELECT 1 FROM orders e WHERE e.merchant_id = o.merchant_id AND e.person_id = o.person_id
				AND e.paid_at > 0 AND (e.created_at < o.created_at OR e.created_at = o.created_at AND e.order_id < o.order_id)) THEN o.person_id END),
			COUNT(*), COALESCE(SUM(l.paid), 0), COALESCE(SUM(l.net), 0)
		FROM orders o
		JOIN `+boundThen+`
		JOIN (SELECT merchant_id, order_id, SUM(paid_minor) AS paid, SUM(paid_minor - refund_goods_minor - refund_ship_minor - cancelled_paid_minor) AS net
			FROM order_lines WHERE merchant_id = ? GROUP BY merchant_id, order_id) l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
		WHERE o.merchant_id = ? AND o.paid_at > 0 AND o.created_at >= ? AND o.created_at < ?
		GROUP BY b.referrer_id, o.currency ORDER BY b.referrer_id, o.currency`,
		string(m), string(m), string(m), string(m), ms(from), ms(until))
	list, err := collect(rows, err, func(r scanner) (live.ReferralTally, error) {
		var x live.ReferralTally
		return x, r.Scan(&x.Referrer, &x.Currency, &x.People, &x.New, &x.Orders, &x.Paid, &x.Net)
	})
	if err != nil {
		return nil, fmt.Errorf("add up referrals: %w", err)
	}
	return list, nil
}
