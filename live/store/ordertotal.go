package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"showrunner/live"
)

// orderPage is how many orders are held at once while all of them are read.
const orderPage = 500

// errEnough ends a walk whose reader wants no more.
var errEnough = errors.New("enough")

// OrderTotals sums the orders of a show one by one, in ascending byte order of
// their ids, all as of one instant. Few of them are in memory at a time. An
// error is the last thing told.
func (s *Store) OrderTotals(ctx context.Context, m live.MerchantID, show live.ShowID) iter.Seq2[live.OrderTotal, error] {
	var w where
	w.add("merchant_id = ?", string(m))
	w.add("show_id = ?", string(show))
	return s.totals(ctx, m, w)
}

// TotalsPaid sums the orders of a merchant that were first paid in
// [from, until), in or out of a show, but not those of rehearsals. An empty
// room means every room.
func (s *Store) TotalsPaid(ctx context.Context, m live.MerchantID, room live.RoomID, from, until time.Time) iter.Seq2[live.OrderTotal, error] {
	var w where
	w.add("merchant_id = ?", string(m))
	w.add("paid_at <> 0") // what the index is about
	w.add("paid_at >= ?", ms(from))
	w.add("paid_at < ?", ms(until))
	w.add("show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1)", string(m))
	if room != "" {
		w.add("room_id = ?", string(room))
	}
	return s.totals(ctx, m, w)
}

func (s *Store) totals(ctx context.Context, m live.MerchantID, w where) iter.Seq2[live.OrderTotal, error] {
	return func(yield func(live.OrderTotal, error) bool) {
		err := s.snapshot(ctx, func(q querier) error {
			last := ""
			for {
				page := where{terms: slices.Clone(w.terms), args: slices.Clone(w.args)}
				page.add("order_id"+s.dialect.bytewise+" > ?", last)
				rows, err := q.query(`SELECT `+orderColumns+` FROM orders`+page.sql()+` ORDER BY order_id`+s.dialect.bytewise+` LIMIT ?`, append(page.args, orderPage)...)
				list, err := collect(rows, err, scanOrder)
				if err != nil {
					return err
				}
				if err := addLines(q, m, list); err != nil {
					return err
				}
				for i := range list {
					if !yield(live.TotalOf(&list[i].Order), nil) {
						return errEnough
					}
				}
				if len(list) < orderPage {
					return nil
				}
				last = string(list[len(list)-1].ID)
			}
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(live.OrderTotal{}, fmt.Errorf("sum orders: %w", err))
		}
	}
}

// Histories tells the facts of every order of a merchant of which one was
// taken in within [from, until), those from before and after included, in
// ascending byte order of ids and all as of one instant.
func (s *Store) Histories(ctx context.Context, m live.MerchantID, from, until time.Time) iter.Seq2[live.OrderHistory, error] {
	return func(yield func(live.OrderHistory, error) bool) {
		err := s.snapshot(ctx, func(q querier) error {
			for last := ""; ; {
				rows, err := q.query(`SELECT DISTINCT order_id`+s.dialect.bytewise+` AS order_id FROM order_facts WHERE merchant_id = ? AND received_at >= ? AND received_at < ?
					AND order_id`+s.dialect.bytewise+` > ? ORDER BY order_id`+s.dialect.bytewise+` LIMIT ?`, string(m), ms(from), ms(until), last, orderPage)
				names, err := collect(rows, err, func(r scanner) (id live.OrderID, err error) { return id, r.Scan(&id) })
				if err != nil || len(names) == 0 {
					return err
				}
				list, err := s.histories(q, m, names)
				if err != nil {
					return err
				}
				for _, h := range list {
					if !yield(h, nil) {
						return errEnough
					}
				}
				last = string(names[len(names)-1])
			}
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(live.OrderHistory{}, fmt.Errorf("read the facts of orders: %w", err))
		}
	}
}

// histories reads the facts of some orders.
func (s *Store) histories(q querier, m live.MerchantID, names []live.OrderID) ([]live.OrderHistory, error) {
	var w where
	w.add("merchant_id = ?", string(m))
	in(&w, "order_id", names)
	var out []live.OrderHistory
	rows, err := q.query(`SELECT order_id, received_at, body FROM order_facts`+w.sql()+` ORDER BY order_id`+s.dialect.bytewise+`, received_at`, w.args...)
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id live.OrderID
		var received int64
		var body string
		if err := r.Scan(&id, &received, &body); err != nil {
			return struct{}{}, err
		}
		f, err := decodeFact(body)
		if err != nil {
			return struct{}{}, err
		}
		if len(out) == 0 || out[len(out)-1].Order != id {
			out = append(out, live.OrderHistory{Merchant: m, Order: id})
		}
		h := &out[len(out)-1]
		h.Facts = append(h.Facts, live.ReceivedFact{OrderFact: f, Received: at(received)})
		return struct{}{}, nil
	})
	return out, err
}

// Rehearsals lists the shows of a merchant that are rehearsals: their orders
// are kept and never counted.
func (s *Store) Rehearsals(ctx context.Context, m live.MerchantID) (map[live.ShowID]bool, error) {
	rows, err := s.reader(ctx).query(`SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1`, string(m))
	ids, err := collect(rows, err, func(r scanner) (id live.ShowID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("list rehearsals: %w", err)
	}
	out := make(map[live.ShowID]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}
