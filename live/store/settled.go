package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"showrunner/live"
)

// SettledShows lists the shows of a merchant, rehearsals left out, that have a
// settlement file and either an order first paid in [from, until) or began
// then, each with the upload that counts, the last. An empty room means every room.
func (s *Store) SettledShows(ctx context.Context, m live.MerchantID, room live.RoomID, from, until time.Time) (map[live.ShowID]string, error) {
	var w where
	w.add("s.merchant_id = ?", string(m))
	w.add("s.complete = 1")
	w.add("h.rehearsal = 0")
	if room != "" {
		w.add("h.room_id = ?", string(room))
	}
	w.add(`(h.started_at >= ? AND h.started_at < ? OR s.show_id IN (SELECT show_id FROM orders WHERE merchant_id = ? AND paid_at <> 0 AND paid_at >= ? AND paid_at < ?))`,
		ms(from), ms(until), string(m), ms(from), ms(until))
	rows, err := s.reader(ctx).query(`SELECT s.show_id, s.upload_id FROM settlements s JOIN shows h ON h.show_id = s.show_id AND h.merchant_id = s.merchant_id`+
		w.sql()+` ORDER BY s.uploaded_at, s.upload_id`, w.args...)
	out := map[live.ShowID]string{}
	_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
		var show live.ShowID
		var upload string
		if err := r.Scan(&show, &upload); err != nil {
			return none, err
		}
		out[show] = upload // The last one stays.
		return none, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list settlements: %w", err)
	}
	return out, nil
}

// SettledRows tells the rows of some uploads that are filed under an instant in
// [from, until), in ascending byte order of their orders and then of their
// shows. An error is the last thing told.
func (s *Store) SettledRows(ctx context.Context, m live.MerchantID, uploads []string, from, until time.Time) iter.Seq2[live.SettledRow, error] {
	return func(yield func(live.SettledRow, error) bool) {
		if len(uploads) == 0 {
			return
		}
		const filed = `CASE WHEN o.show_id = s.show_id AND o.paid_at <> 0 THEN o.paid_at ELSE h.started_at END`
		var w where
		w.add("s.merchant_id = ?", string(m))
		in(&w, "s.upload_id", uploads)
		w.add(filed+" >= ?", ms(from))
		w.add(filed+" < ?", ms(until))
		rows, err := s.reader(ctx).query(`SELECT r.order_id, r.line, r.currency, r.paid_minor, r.refunded_minor, r.settled_minor, r.fee_minor, s.show_id, `+filed+`
			FROM settlements s JOIN settlement_rows r ON r.merchant_id = s.merchant_id AND r.upload_id = s.upload_id
			JOIN shows h ON h.show_id = s.show_id LEFT JOIN orders o ON o.merchant_id = r.merchant_id AND o.order_id = r.order_id`+
			w.sql()+` ORDER BY r.order_id`+s.dialect.bytewise+`, s.show_id`+s.dialect.bytewise, w.args...)
		_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
			var x live.SettledRow
			var refunded, settled, fee sql.NullInt64
			var filed int64
			if err := r.Scan(&x.Order, &x.Line, &x.Currency, &x.Paid, &refunded, &settled, &fee, &x.Show, &filed); err != nil {
				return none, err
			}
			x.Refunded, x.Settled, x.Fee, x.At = given(refunded), given(settled), given(fee), at(filed)
			if !yield(x, nil) {
				return none, errEnough
			}
			return none, nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(live.SettledRow{}, fmt.Errorf("read settlements: %w", err))
		}
	}
}
