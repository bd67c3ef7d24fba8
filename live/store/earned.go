package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// earning is what one fact of an order changed of its commission in one currency.
type earning struct {
	kind     live.Kind
	fact     string // its name within the order and kind
	at       time.Time
	currency live.Currency
	minor    int64
}

// earnedOrder is an order of which somebody may earn.
type earnedOrder struct {
	order  live.OrderID
	earned []earning // by the facts that are being taken in; they are in the ledger already
}

// earn notes what a fact changed of an order's commission, and whether it may
// have changed who earns it.
func (b *book) earn(o *bookOrder, f *live.OrderFact, before *live.Order, deltas []live.Delta) error {
	after := &o.row.Order
	sums := len(o.earned)
	for i := range deltas {
		d := &deltas[i]
		minor := d.Commission - d.CommissionBack
		if minor == 0 {
			continue
		}
		show, err := b.show(d.Show)
		if err != nil {
			return err
		}
		if show.rehearsal {
			continue
		}
		n := sums
		for n < len(o.earned) && o.earned[n].currency != d.Currency {
			n++
		}
		if n == len(o.earned) {
			o.earned = append(o.earned, earning{f.Kind, f.ID, f.At, d.Currency, 0})
		}
		o.earned[n].minor += minor
	}
	o.whose = o.whose || len(o.earned) > sums || !after.PaidAt.IsZero() && (before.PaidAt.IsZero() || before.Person != after.Person ||
		before.Show != after.Show || !before.CreatedAt.Equal(after.CreatedAt))
	return nil
}

// tellEarned tells what the facts of the book changed for referrers, once the
// orders and the ledger are written.
func (b *book) tellEarned() error {
	var list []earnedOrder
	for _, o := range b.opened {
		if o.whose {
			list = append(list, earnedOrder{o.row.ID, o.earned})
		}
		o.whose, o.earned = false, nil
	}
	return b.t.tellEarned(b.merchant, list)
}

// tellEarned tells who earns of orders: what the ledger books, to whom their
// buyer was bound when they were made. Where that turns out to be somebody else
// than was told before, all that was told is taken back and told to them.
func (t *tx) tellEarned(m live.MerchantID, orders []earnedOrder) error {
	if len(orders) == 0 {
		return nil
	}
	var one int64
	err := t.row(`SELECT 1 FROM referral_bindings WHERE merchant_id = ? LIMIT 1`, string(m)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // Nobody is bound, and nobody ever was.
	}
	if err != nil {
		return fmt.Errorf("look for bindings: %w", err)
	}
	for i := range orders {
		if err := t.tellEarnedOf(m, &orders[i]); err != nil {
			return fmt.Errorf("tell who earns of order %s: %w", orders[i].order, err)
		}
	}
	return nil
}

// tellParted tells anew who earns of the orders of which one of these people
// was told to, who were one person and are no longer.
func (t *tx) tellParted(m live.MerchantID, names []live.PersonID) error {
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "referrer_id", names)
	rows, err := t.query(`SELECT order_id FROM order_referrers`+w.sql()+` ORDER BY order_id`, w.args...)
	orders, err := collect(rows, err, func(r scanner) (o earnedOrder, err error) { return o, r.Scan(&o.order) })
	if err != nil {
		return fmt.Errorf("list the orders of referrers: %w", err)
	}
	return t.tellEarned(m, orders)
}

// earner is an order with who was told to earn of it.
type earner struct {
	live.Event // what the facts about it have in common
	order      live.OrderID
	told       live.PersonID // empty: nobody
	currency   live.Currency
	created    int64
	paid       int64
	turned     int64 // when referral_converted was told; 0: not so far
}

func (t *tx) earnerOf(m live.MerchantID, id live.OrderID) (e earner, err error) {
	var rehearsal int64
	e.order = id
	e.Event = live.Event{Source: SourceSystem, Merchant: m, Actor: itself.Actor()}
	if err := t.row(`SELECT o.room_id, o.show_id, o.person_id, o.currency, o.created_at, o.paid_at, COALESCE(w.referrer_id, ''), COALESCE(w.converted_at, 0),
			COALESCE((SELECT s.rehearsal FROM shows s WHERE s.show_id = o.show_id AND s.merchant_id = o.merchant_id), 0)
		FROM orders o LEFT JOIN order_referrers w ON w.merchant_id = o.merchant_id AND w.order_id = o.order_id
		WHERE o.merchant_id = ? AND o.order_id = ?`, string(m), string(id)).
		Scan(&e.Room, &e.Show, &e.Person, &e.currency, &e.created, &e.paid, &e.told, &e.turned, &rehearsal); err != nil {
		return e, err
	}
	e.Rehearsal = rehearsal != 0
	return e, nil
}

// boundWhen is to whom a person was bound when they ordered, as boundThen says;
// ok is false for nobody.
func (t *tx) boundWhen(m live.MerchantID, buyer live.PersonID, ordered int64) (b live.Binding, ok bool, err error) {
	var bound, expires int64
	err = t.row(`SELECT COALESCE(u.canonical, r.referrer_id), r.rule, r.bound_at, r.expires_at FROM referral_bindings r
			LEFT JOIN person_links u ON u.merchant_id = r.merchant_id AND u.person_id = r.referrer_id
		WHERE r.merchant_id = ? AND r.bound_at <= ?
			AND r.person_id IN (SELECT CAST(? AS TEXT) UNION ALL SELECT person_id FROM person_links WHERE merchant_id = ? AND canonical = ?)
			AND NOT EXISTS (SELECT 1 FROM person_links p WHERE p.merchant_id = r.merchant_id AND p.person_id = r.person_id AND p.canonical <> ?)
		ORDER BY r.bound_at DESC, r.n DESC, r.person_id LIMIT 1`, string(m), ordered, string(buyer), string(m), string(buyer), string(buyer)).
		Scan(&b.Referrer, &b.Rule, &bound, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, fmt.Errorf("read binding: %w", err)
	}
	b.BoundAt, b.ExpiresAt = at(bound), at(expires)
	return b, b.Holds(at(ordered)) && b.Referrer != buyer, nil
}

func (t *tx) tellEarnedOf(m live.MerchantID, o *earnedOrder) error {
	e, err := t.earnerOf(m, o.order)
	if err != nil {
		return err
	}
	var b live.Binding
	if !e.Rehearsal {
		held, ok, err := t.boundWhen(m, e.Person, e.created)
		if err != nil {
			return err
		}
		if ok {
			b = held
		}
	}
	if e.told != "" {
		was, err := canonical(t, m, e.told)
		if err != nil {
			return err
		}
		if was == b.Referrer { // Another name of the same person: what was told stands.
			b.Referrer = e.told
		}
	}
	if b.Referrer == "" && e.told == "" {
		return nil
	}
	changed := b.Referrer != e.told
	if changed {
		if err := t.tellAnother(&e, b.Referrer, o.earned); err != nil {
			return err
		}
	}
	for _, x := range o.earned {
		if b.Referrer == "" {
			break
		}
		if err := t.tellCommission(&e, b.Referrer, x); err != nil {
			return err
		}
	}
	convert := b.Referrer != "" && e.paid != 0 && (e.turned == 0 || changed)
	if convert {
		if err := t.tellConverted(&e, &b); err != nil {
			return err
		}
		e.turned = ms(t.now)
	}
	if !changed && !convert {
		return nil
	}
	_, err = t.exec(`INSERT INTO order_referrers (merchant_id, order_id, referrer_id, converted_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (merchant_id, order_id) DO UPDATE SET referrer_id = excluded.referrer_id, converted_at = excluded.converted_at`,
		string(m), string(o.order), string(b.Referrer), e.turned)
	return err
}

// tellAnother takes back what was told of an order, and tells to somebody else
// what the ledger held of it before the facts that are being taken in.
func (t *tx) tellAnother(e *earner, to live.PersonID, earned []earning) error {
	rows, err := t.query(`SELECT currency, SUM(amount_minor) FROM ledger_entries WHERE merchant_id = ? AND order_id = ? AND account = 'commission'
		AND show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1) GROUP BY currency ORDER BY currency`,
		string(e.Merchant), string(e.order), string(e.Merchant))
	before, err := collect(rows, err, func(r scanner) (x earning, err error) { return x, r.Scan(&x.currency, &x.minor) })
	if err != nil {
		return fmt.Errorf("sum the ledger: %w", err)
	}
	for _, x := range before {
		x.at = t.now
		for _, y := range earned { // They are booked, and were not told.
			if y.currency == x.currency {
				x.minor -= y.minor
			}
		}
		if to != "" {
			if err := t.tellCommission(e, to, x); err != nil {
				return err
			}
		}
		x.minor = -x.minor
		if e.told != "" {
			if err := t.tellCommission(e, e.told, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellCommission tells that an order earns a referrer more, or less. Without a
// fact of the order it is because it turned out whose the buyer is.
func (t *tx) tellCommission(e *earner, to live.PersonID, x earning) error {
	data := map[string]any{"order_id": e.order, "referrer": to, "currency": x.currency, "commission_minor": max(x.minor, -x.minor)}
	kind := live.CommissionAccrued
	switch {
	case x.minor == 0:
		return nil
	case x.minor < 0:
		kind = live.CommissionReversed
	}
	if x.kind == "" {
		data["reason"] = "referrer_changed"
	} else {
		data["cause"] = x.kind
	}
	if x.fact != "" {
		data["fact_id"] = x.fact
	}
	if x.kind == live.RefundSucceeded {
		data["refund_id"] = x.fact
	}
	return t.tellOf(e, kind, x.at, data)
}

func (t *tx) tellConverted(e *earner, b *live.Binding) error {
	var paid int64
	if err := t.row(`SELECT COALESCE(SUM(paid_minor), 0) FROM order_lines WHERE merchant_id = ? AND order_id = ?`, string(e.Merchant), string(e.order)).Scan(&paid); err != nil {
		return fmt.Errorf("sum an order: %w", err)
	}
	data := map[string]any{
		"order_id": e.order, "referrer": b.Referrer, "currency": e.currency, "paid_minor": paid, "bound_at": stamp(b.BoundAt), "rule_version": b.Rule,
	}
	if e.turned != 0 && e.told != "" {
		data["instead_of"] = e.told
	}
	return t.tellOf(e, live.ReferralConverted, at(e.paid), data)
}

func (t *tx) tellOf(e *earner, kind live.Kind, when time.Time, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	x := e.Event
	x.ID, x.Kind, x.OccurredAt, x.Data = live.EventID(t.w.store.ids.next(t.now)), kind, when, raw
	return t.emit(x)
}
