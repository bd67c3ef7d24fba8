package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// CommissionFilter selects commissions of one merchant, booked in [From, Until).
type CommissionFilter struct {
	Merchant    live.MerchantID // required
	Referrer    live.PersonID   // under any of their names; empty: everybody's
	From, Until time.Time
	Cursor      string
	Limit       int // 0 means 50, at most 500
}

// commissions are the entries of the double-entry ledger that say what is earned
// by whom: a refund or cancellation takes back what the payment had added.
const commissions = ` FROM ledger_entries e JOIN orders o ON o.merchant_id = e.merchant_id AND o.order_id = e.order_id
	LEFT JOIN ` + boundThen + `
	WHERE e.merchant_id = ? AND e.account = 'commission' AND e.recorded_at >= ? AND e.recorded_at < ?
		AND e.show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1)`

func (f *CommissionFilter) args() []any {
	m := string(f.Merchant)
	return []any{m, m, m, ms(f.From), ms(f.Until), m}
}

// Commissions lists what was earned and taken back, booked last first, one row
// for each fact of an order, with the cursor of the next page. Codes:
// "invalid_cursor".
func (s *Store) Commissions(ctx context.Context, f CommissionFilter) ([]live.Commission, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	q := s.reader(ctx)
	query, args := commissions+` AND e.seq < ?`, append(f.args(), c.at)
	if f.Referrer != "" {
		one, err := canonical(q, f.Merchant, f.Referrer)
		if err != nil {
			return nil, "", err
		}
		query, args = query+` AND b.referrer_id = ?`, append(args, string(one))
	}
	most := limit(f.Limit)
	rows, err := q.query(`SELECT e.seq, COALESCE(b.referrer_id, ''), e.order_id, e.currency, SUM(e.amount_minor), e.fact, e.fact_id, e.fact_at, e.recorded_at`+query+`
		GROUP BY e.seq, b.referrer_id, e.order_id, e.currency, e.fact, e.fact_id, e.fact_at, e.recorded_at HAVING SUM(e.amount_minor) <> 0
		ORDER BY e.seq DESC LIMIT ?`, append(args, most+1)...)
	list, err := collect(rows, err, func(r scanner) (x live.Commission, err error) {
		var fact, booked int64
		err = r.Scan(&x.Seq, &x.Referrer, &x.Order, &x.Currency, &x.Minor, &x.Fact, &x.FactID, &fact, &booked)
		x.FactAt, x.At = at(fact), at(booked)
		return x, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list commissions: %w", err)
	}
	list, next := page(list, most, func(x live.Commission) cursor { return cursor{at: x.Seq} })
	return list, next, nil
}

// CommissionTotals adds commissions up by referrer and currency. As in
// [Store.Commissions] a fact counts for what it changed: one that only moved an
// order to another name of its buyer books what it takes back, and changes
// nothing.
func (s *Store) CommissionTotals(ctx context.Context, f CommissionFilter) ([]live.CommissionTotal, error) {
	rows, err := s.reader(ctx).query(`SELECT referrer, currency, COUNT(DISTINCT order_id), COALESCE(SUM(CASE WHEN minor > 0 THEN minor END), 0),
			COALESCE(SUM(CASE WHEN minor < 0 THEN -minor END), 0)
		FROM (SELECT COALESCE(b.referrer_id, '') AS referrer, e.currency AS currency, e.order_id AS order_id, SUM(e.amount_minor) AS minor`+commissions+`
			GROUP BY e.seq, b.referrer_id, e.order_id, e.currency, e.fact, e.fact_id HAVING SUM(e.amount_minor) <> 0) x
		GROUP BY referrer, currency ORDER BY referrer, currency`, f.args()...)
	list, err := collect(rows, err, func(r scanner) (x live.CommissionTotal, err error) {
		return x, r.Scan(&x.Referrer, &x.Currency, &x.Orders, &x.Accrued, &x.Reversed)
	})
	if err != nil {
		return nil, fmt.Errorf("add up commissions: %w", err)
	}
	return list, nil
}

// Link finds a link by its token. Codes: "link_not_found".
func (s *Store) Link(ctx context.Context, m live.MerchantID, token string) (live.ShareToken, error) {
	k, err := scanToken(s.reader(ctx).row(`SELECT `+tokenColumns+` FROM share_tokens WHERE token = ? AND merchant_id = ?`, token, string(m)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.ShareToken{}, live.NotFound("link_not_found", "there is no such link")
	}
	if err != nil {
		return live.ShareToken{}, fmt.Errorf("read share token: %w", err)
	}
	return k, nil
}

// WordOfMouth counts how people brought each other in [from, until).
func (s *Store) WordOfMouth(ctx context.Context, m live.MerchantID, from, until time.Time) (w live.WordOfMouth, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		period := []any{string(m), ms(from), ms(until)}
		if err := q.row(`SELECT COUNT(DISTINCT COALESCE(l.canonical, f.person_id)) FROM person_facts f
			LEFT JOIN person_links l ON l.merchant_id = f.merchant_id AND l.person_id = f.person_id
			WHERE f.merchant_id = ? AND f.at >= ? AND f.at < ?`, period...).Scan(&w.Active); err != nil {
			return err
		}
		if err := q.row(`SELECT COUNT(DISTINCT sender), COUNT(*) FROM (SELECT DISTINCT COALESCE(l.canonical, f.person_id) AS person, COALESCE(u.canonical, f.referrer_id) AS sender
				FROM person_facts f
				LEFT JOIN person_links l ON l.merchant_id = f.merchant_id AND l.person_id = f.person_id
				LEFT JOIN person_links u ON u.merchant_id = f.merchant_id AND u.person_id = f.referrer_id
				WHERE f.merchant_id = ? AND f.at >= ? AND f.at < ? AND f.kind = 'referral_clicked' AND f.referrer_id <> '') x
			WHERE person <> sender`, period...).Scan(&w.Sharers, &w.Invites); err != nil {
			return err
		}
		return q.row(`SELECT COUNT(*) FROM referral_bindings WHERE merchant_id = ? AND bound_at >= ? AND bound_at < ? AND referrer_id <> ''`, period...).Scan(&w.Bound)
	})
	if err != nil {
		return live.WordOfMouth{}, fmt.Errorf("count word of mouth: %w", err)
	}
	return w, nil
}
