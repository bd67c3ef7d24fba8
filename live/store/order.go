package store

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
)

// OrderFilter selects orders of one merchant. Other zero members do not restrict.
type OrderFilter struct {
	Merchant live.MerchantID // required
	Show     live.ShowID
	Person   live.PersonID
	State    live.OrderState
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

func orderNotFound() error { return live.NotFound("order_not_found", "there is no such order") }

// Order finds an order and the facts it is made of, in the order of
// live.CompareFacts; "order_not_found" if there is none.
func (s *Store) Order(ctx context.Context, m live.MerchantID, id live.OrderID) (live.Order, []live.OrderFact, error) {
	var row orderRow
	var facts []live.OrderFact
	err := s.snapshot(ctx, func(q querier) (err error) {
		var ok bool
		if row, ok, err = findOrder(q, m, id); err != nil {
			return err
		}
		if !ok {
			return orderNotFound()
		}
		rows, err := q.query(`SELECT body FROM order_facts WHERE merchant_id = ? AND order_id = ? ORDER BY received_at, kind, fact_id, hash`, string(m), string(id))
		facts, err = collect(rows, err, factReader)
		return err
	})
	if err != nil {
		return live.Order{}, nil, err
	}
	// What only a reader of one order asks for is not kept in rows.
	whole := live.FoldOrder(m, id, facts)
	row.Aftersales, row.Failures = whole.Aftersales, whole.Failures
	return row.public(), facts, nil
}

// Orders lists orders, those heard of last first, with the cursor of the next page.
func (s *Store) Orders(ctx context.Context, f OrderFilter) ([]live.Order, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("merchant_id = ?", string(f.Merchant))
	if f.Show != "" {
		w.add("show_id = ?", string(f.Show))
	}
	if f.Person != "" {
		w.add("person_id = ?", string(f.Person))
	}
	if f.State != "" {
		w.add("state = ?", string(f.State))
	}
	w.after(c, "seen_at", "order_id")
	most := limit(f.Limit)
	var list []orderRow
	var next string
	err = s.snapshot(ctx, func(q querier) error {
		rows, err := q.query(`SELECT `+orderColumns+` FROM orders`+w.sql()+` ORDER BY seen_at DESC, order_id DESC LIMIT ?`, append(w.args, most+1)...)
		if list, err = collect(rows, err, scanOrder); err != nil {
			return err
		}
		list, next = page(list, most, func(o orderRow) cursor { return cursor{ms(o.seenAt), string(o.ID)} })
		return addLines(q, f.Merchant, list)
	})
	if err != nil {
		return nil, "", fmt.Errorf("list orders: %w", err)
	}
	out := make([]live.Order, len(list))
	for i := range list {
		out[i] = list[i].public()
	}
	return out, next, nil
}

// CancelOrder lets a buyer take back an order that is not paid: its stock is
// free again. Cancelling it once more changes nothing. An order of somebody
// else is not found; one in another state is a conflict with code "wrong_state".
func (s *Store) CancelOrder(ctx context.Context, m live.MerchantID, id live.OrderID, by live.Principal, when time.Time) (live.Order, error) {
	var out live.Order
	err := s.write(ctx, func(t *tx) error {
		row, ok, err := findOrder(t, m, id)
		if err != nil {
			return err
		}
		if !ok || !row.own || row.buyer != by.Subject || !by.SeesMerchant(m) {
			return orderNotFound()
		}
		if row.Cancel == live.CancelUser {
			out = row.public()
			return nil
		}
		if row.State != live.OrderUnpaid {
			err := live.Conflict("wrong_state", "the order is %s", row.State)
			err.Data = map[string]any{"state": string(row.State)}
			return err
		}
		after, err := t.cancel(m, id, live.CancelUser, whole(when), by.Actor())
		if err != nil {
			return err
		}
		out = after.public()
		return nil
	})
	if err != nil {
		return live.Order{}, err
	}
	return out, nil
}

// cancel states a cancellation of our own.
func (t *tx) cancel(m live.MerchantID, id live.OrderID, why live.CancelType, when time.Time, by live.Actor) (*orderRow, error) {
	if when.IsZero() || when.After(t.now) {
		when = t.now
	}
	f := live.OrderFact{Kind: live.OrderCancelled, Source: live.SourceOwn, At: when, CancelType: why}
	_, row, err := t.applyFact(m, Fact{id, f}, by)
	return row, err
}
