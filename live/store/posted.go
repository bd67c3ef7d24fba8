package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// OrderPostings sums the ledger's entries of a show by order and currency, in
// ascending byte order of the ids and then of the currencies. An error is the
// last thing told.
func (s *Store) OrderPostings(ctx context.Context, m live.MerchantID, show live.ShowID) iter.Seq2[live.PostedTotal, error] {
	var w where
	w.add("merchant_id = ?", string(m))
	w.add("show_id = ?", string(show))
	return s.posted(ctx, `0`, w)
}

// PostingsTaken sums by order, currency and instant the entries of a merchant
// that were recorded in [from, until), in or out of a show, but not those of
// rehearsals. An empty room means every room. The order is that of
// [Store.OrderPostings], then by time.
func (s *Store) PostingsTaken(ctx context.Context, m live.MerchantID, room live.RoomID, from, until time.Time) iter.Seq2[live.PostedTotal, error] {
	return s.posted(ctx, `recorded_at`, postedWithin(`recorded_at`, m, room, from, until))
}

// PostingsPaid is [Store.PostingsTaken] by the time at which an order was first
// paid, whenever its entries were recorded. Entries from before are left out.
func (s *Store) PostingsPaid(ctx context.Context, m live.MerchantID, room live.RoomID, from, until time.Time) iter.Seq2[live.PostedTotal, error] {
	w := postedWithin(`paid_at`, m, room, from, until)
	w.add("paid_at <> 0") // what the index is about
	return s.posted(ctx, `paid_at`, w)
}

func postedWithin(axis string, m live.MerchantID, room live.RoomID, from, until time.Time) (w where) {
	w.add("merchant_id = ?", string(m))
	w.add(axis+" >= ?", ms(from))
	w.add(axis+" < ?", ms(until))
	w.add("show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1)", string(m))
	if room != "" { // An order is in the room of its show.
		w.add("show_id IN (SELECT show_id FROM shows WHERE merchant_id = ? AND room_id = ?)", string(m), string(room))
	}
	return w
}

// posted tells the sums while the database tells the entries: no more than one
// order is held here.
func (s *Store) posted(ctx context.Context, axis string, w where) iter.Seq2[live.PostedTotal, error] {
	return func(yield func(live.PostedTotal, error) bool) {
		var order []live.PostedTotal // the sums of one
		tell := func() error {
			slices.SortFunc(order, func(a, b live.PostedTotal) int {
				return cmp.Or(strings.Compare(string(a.Currency), string(b.Currency)), a.At.Compare(b.At))
			})
			for _, sum := range order {
				if !yield(sum, nil) {
					return errEnough
				}
			}
			order = order[:0]
			return nil
		}
		rows, err := s.reader(ctx).query(`SELECT order_id, currency, `+axis+`, account, amount_minor FROM ledger_entries`+w.sql()+
			` ORDER BY order_id`+s.dialect.bytewise, w.args...)
		_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
			var id live.OrderID
			var b live.Balance
			var filed int64
			if err := r.Scan(&id, &b.Currency, &filed, &b.Account, &b.Minor); err != nil {
				return none, err
			}
			if len(order) > 0 && order[0].Order != id {
				if err := tell(); err != nil {
					return none, err
				}
			}
			i := slices.IndexFunc(order, func(x live.PostedTotal) bool { return x.Currency == b.Currency && ms(x.At) == filed })
			if i < 0 {
				i = len(order)
				order = append(order, live.PostedTotal{Order: id, At: at(filed), LedgerTotal: live.LedgerTotal{Currency: b.Currency}})
			}
			order[i].Post(b.Account, b.Minor)
			return none, nil
		})
		if err == nil {
			err = tell()
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(live.PostedTotal{}, fmt.Errorf("sum the ledger: %w", err))
		}
	}
}
