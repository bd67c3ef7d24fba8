package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// CreditedOrders are some orders of a merchant with what was said of their
// credit. Unknown ones are left out; those of rehearsals count as not paid.
func (s *Store) CreditedOrders(ctx context.Context, m live.MerchantID, orders []live.OrderID) (map[live.OrderID]live.CreditedOrder, error) {
	out := make(map[live.OrderID]live.CreditedOrder, len(orders))
	for some := range slices.Chunk(orders, maxCreditBatch) {
		list, err := creditedOrders(s.reader(ctx), m, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, list)
	}
	return out, nil
}

func creditedOrders(q querier, m live.MerchantID, orders []live.OrderID) (map[live.OrderID]live.CreditedOrder, error) {
	out := make(map[live.OrderID]live.CreditedOrder, len(orders))
	ids := make([]any, len(orders))
	for i, id := range orders {
		ids[i] = string(id)
	}
	err := inPieces(ids, func(piece []any) error {
		among := ` WHERE o.merchant_id = ? AND o.order_id IN (` + marks(len(piece)) + `)`
		args := append([]any{string(m)}, piece...)
		rows, err := q.query(`SELECT o.order_id, o.show_id, o.room_id, o.person_id, o.currency, o.paid_at,
			CAST(COALESCE((SELECT SUM(l.paid_minor - l.refund_goods_minor - l.refund_ship_minor - l.cancelled_paid_minor)
				FROM order_lines l WHERE l.merchant_id = o.merchant_id AND l.order_id = o.order_id), 0) AS BIGINT), COALESCE(h.rehearsal, 0)
			FROM orders o LEFT JOIN shows h ON h.show_id = o.show_id AND h.merchant_id = o.merchant_id`+among, args...)
		list, err := collect(rows, err, func(r scanner) (o live.CreditedOrder, err error) {
			var paid, rehearsal int64
			err = r.Scan(&o.Order, &o.Show, &o.Room, &o.Person, &o.Currency, &paid, &o.Value, &rehearsal)
			if o.Merchant, o.PaidAt = m, at(paid); paid == 0 || rehearsal != 0 {
				o.PaidAt, o.Value = time.Time{}, 0
			}
			return o, err
		})
		if err != nil {
			return err
		}
		for _, o := range list {
			out[o.Order] = o
		}
		rows, err = q.query(`SELECT o.order_id, o.show_id, o.room_id, o.currency, o.person_id, o.paid_at, o.value_minor, o.version,
			o.model, o.model_version, o.window_ms, o.rules, o.body FROM order_credits o`+among, args...)
		said, err := collect(rows, err, scanCredit)
		for i := range said {
			if o, ok := out[said[i].Order]; ok {
				o.Credited = &said[i]
				out[o.Order] = o
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the credit of orders: %w", err)
	}
	return out, nil
}

func scanCredit(r scanner) (c live.CreditSaid, err error) {
	var paid, window, ver int64
	var text string
	if err := r.Scan(&c.Order, &c.Show, &c.Room, &c.Currency, &c.Person, &paid, &c.Value, &c.Version, &c.Model, &ver, &window, &c.Rules, &text); err != nil {
		return c, err
	}
	var body creditBody
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return c, fmt.Errorf("decode the credit of order %s: %w", c.Order, err)
	}
	c.PaidAt, c.Ver, c.Window = at(paid), int(ver), time.Duration(window)*time.Millisecond
	c.Parts, c.Of, c.Weights, c.LeftOut = body.Parts, body.Of, body.Weights, body.LeftOut
	return c, nil
}

// CreditedOf lists the orders of some persons whose credit was said and that
// were paid at an instant or later.
func (s *Store) CreditedOf(ctx context.Context, m live.MerchantID, persons []live.PersonID, since time.Time) ([]live.OrderID, error) {
	var out []live.OrderID
	for some := range slices.Chunk(persons, maxCreditBatch) {
		args := []any{string(m), ms(since)}
		for _, p := range some {
			args = append(args, string(p))
		}
		rows, err := s.reader(ctx).query(`SELECT order_id FROM order_credits WHERE merchant_id = ? AND paid_at >= ? AND person_id IN (`+marks(len(some))+`)`, args...)
		list, err := collect(rows, err, func(r scanner) (id live.OrderID, err error) { return id, r.Scan(&id) })
		if err != nil {
			return nil, fmt.Errorf("list the orders of persons: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// ShowCredits is the money of a show's orders by the stage that earned it, one
// row for each currency, ascending.
func (s *Store) ShowCredits(ctx context.Context, m live.MerchantID, show live.ShowID) ([]live.ShowCredit, error) {
	rows, err := s.reader(ctx).query(`SELECT currency, orders, value_minor, lead_minor, nurture_minor, convert_minor, retain_minor, unattributed_minor
		FROM show_credits WHERE merchant_id = ? AND show_id = ? ORDER BY currency`, string(m), string(show))
	list, err := collect(rows, err, func(r scanner) (c live.ShowCredit, err error) {
		return c, r.Scan(&c.Currency, &c.Orders, &c.Value, &c.Stages[0], &c.Stages[1], &c.Stages[2], &c.Stages[3], &c.Unattributed)
	})
	if err != nil {
		return nil, fmt.Errorf("read the credit of a show: %w", err)
	}
	return list, nil
}

// HostShift is when a host was on air; no end: still is.
type HostShift struct {
	Show        live.ShowID
	Host        string
	From, Until time.Time
}

// HostShifts are the shifts of some shows, by their beginning.
func (s *Store) HostShifts(ctx context.Context, shows []live.ShowID) ([]HostShift, error) {
	var out []HostShift
	for some := range slices.Chunk(shows, maxCreditBatch) {
		var args []any
		for _, id := range some {
			args = append(args, string(id))
		}
		rows, err := s.reader(ctx).query(`SELECT show_id, host_id, started_at, ended_at FROM host_shifts WHERE show_id IN (`+marks(len(some))+`) ORDER BY show_id, started_at`, args...)
		list, err := collect(rows, err, func(r scanner) (h HostShift, err error) {
			var from, until int64
			err = r.Scan(&h.Show, &h.Host, &from, &until)
			h.From, h.Until = at(from), at(until)
			return h, err
		})
		if err != nil {
			return nil, fmt.Errorf("read shifts of hosts: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}
