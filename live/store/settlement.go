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

// abandonedAfter is when an upload that never came to its end is cleared away.
const abandonedAfter = time.Hour

// PutSettlement keeps a settlement file under its upload id and returns it with
// its count and time. The rows are read once and stored in portions, between
// which others write; nobody sees the file before its last row is stored, and
// an error leaves nothing. An order that stands in the file twice is refused
// with its line.
func (s *Store) PutSettlement(ctx context.Context, in live.Settlement, rows iter.Seq2[live.SettlementRow, error]) (out live.Settlement, err error) {
	if err := s.write(ctx, func(t *tx) error { return t.openSettlement(&in) }); err != nil {
		return in, fmt.Errorf("begin settlement: %w", err)
	}
	defer func() {
		if err != nil {
			// The caller may be gone; what they left must go all the same.
			err = errors.Join(err, s.write(context.WithoutCancel(ctx), func(t *tx) error { return t.dropSettlement(in.Merchant, in.ID) }))
		}
	}()
	portion := make([]live.SettlementRow, 0, orderPage)
	flush := func() error {
		err := s.write(ctx, func(t *tx) error { return t.addSettlement(&in, portion) })
		in.Rows += int64(len(portion))
		portion = portion[:0]
		return err
	}
	for r, err := range rows {
		if err != nil {
			return in, err
		}
		if portion = append(portion, r); len(portion) == orderPage {
			if err := flush(); err != nil {
				return in, err
			}
		}
	}
	if err := flush(); err != nil {
		return in, err
	}
	err = s.write(ctx, func(t *tx) error {
		in.UploadedAt = t.now
		_, err := t.exec(`UPDATE settlements SET complete = 1, row_count = ?, uploaded_at = ? WHERE merchant_id = ? AND upload_id = ?`,
			in.Rows, ms(t.now), string(in.Merchant), in.ID)
		return err
	})
	return in, err
}

func (t *tx) openSettlement(in *live.Settlement) error {
	rows, err := t.query(`SELECT merchant_id, upload_id FROM settlements WHERE complete = 0 AND uploaded_at < ?`, ms(t.now.Add(-abandonedAfter)))
	left, err := collect(rows, err, func(r scanner) (x live.Settlement, err error) { return x, r.Scan(&x.Merchant, &x.ID) })
	if err != nil {
		return err
	}
	for _, x := range left {
		if err := t.dropSettlement(x.Merchant, x.ID); err != nil {
			return err
		}
	}
	_, err = t.exec(`INSERT INTO settlements (merchant_id, upload_id, show_id, uploaded_by, row_count, uploaded_at, complete) VALUES (?, ?, ?, ?, 0, ?, 0)`,
		string(in.Merchant), in.ID, string(in.Show), in.By, ms(t.now))
	return err
}

func (t *tx) addSettlement(in *live.Settlement, rows []live.SettlementRow) error {
	for i := range rows {
		r := &rows[i]
		n, err := t.changed(`INSERT INTO settlement_rows (merchant_id, upload_id, order_id, line, currency, paid_minor, refunded_minor, settled_minor, fee_minor)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (merchant_id, upload_id, order_id) DO NOTHING`,
			string(in.Merchant), in.ID, string(r.Order), r.Line, string(r.Currency), r.Paid, nullable(r.Refunded), nullable(r.Settled), nullable(r.Fee))
		if err != nil {
			return fmt.Errorf("write settlement row: %w", err)
		}
		if n == 0 {
			e := live.Invalid("settlement_invalid", "order_id", "line %d: %s stands in the file twice", r.Line, r.Order)
			e.Data = map[string]any{"errors": []map[string]any{{"line": r.Line, "reason": "the order stands in the file twice"}}, "count": 1}
			return e
		}
	}
	return nil
}

func (t *tx) dropSettlement(m live.MerchantID, id string) error {
	for _, sql := range []string{
		`DELETE FROM settlement_rows WHERE merchant_id = ? AND upload_id = ?`, `DELETE FROM settlements WHERE merchant_id = ? AND upload_id = ?`,
	} {
		if _, err := t.exec(sql, string(m), id); err != nil {
			return fmt.Errorf("clear settlement: %w", err)
		}
	}
	return nil
}

// Settlement finds a complete settlement of a show: the one uploaded last, or
// the one named; "settlement_not_found" if there is none.
func (s *Store) Settlement(ctx context.Context, m live.MerchantID, show live.ShowID, id string) (live.Settlement, error) {
	var w where
	w.add("merchant_id = ?", string(m))
	w.add("show_id = ?", string(show))
	w.add("complete = 1")
	if id != "" {
		w.add("upload_id = ?", id)
	}
	out := live.Settlement{Merchant: m, Show: show}
	var uploaded int64
	err := s.reader(ctx).row(`SELECT upload_id, uploaded_by, row_count, uploaded_at FROM settlements`+w.sql()+` ORDER BY uploaded_at DESC, upload_id DESC LIMIT 1`, w.args...).
		Scan(&out.ID, &out.By, &out.Rows, &uploaded)
	if errors.Is(err, sql.ErrNoRows) {
		return out, live.NotFound("settlement_not_found", "the show has no such settlement")
	}
	if err != nil {
		return out, fmt.Errorf("find settlement: %w", err)
	}
	out.UploadedAt = at(uploaded)
	return out, nil
}

// SettlementRows tells the rows of a settlement in ascending byte order of
// their orders.
func (s *Store) SettlementRows(ctx context.Context, m live.MerchantID, id string) iter.Seq2[live.SettlementRow, error] {
	return func(yield func(live.SettlementRow, error) bool) {
		for last := ""; ; {
			rows, err := s.reader(ctx).query(`SELECT order_id, line, currency, paid_minor, refunded_minor, settled_minor, fee_minor FROM settlement_rows
				WHERE merchant_id = ? AND upload_id = ? AND order_id`+s.dialect.bytewise+` > ? ORDER BY order_id`+s.dialect.bytewise+` LIMIT ?`,
				string(m), id, last, orderPage)
			list, err := collect(rows, err, func(r scanner) (live.SettlementRow, error) {
				var x live.SettlementRow
				var refunded, settled, fee sql.NullInt64
				err := r.Scan(&x.Order, &x.Line, &x.Currency, &x.Paid, &refunded, &settled, &fee)
				x.Refunded, x.Settled, x.Fee = given(refunded), given(settled), given(fee)
				return x, err
			})
			if err != nil {
				yield(live.SettlementRow{}, fmt.Errorf("read settlement: %w", err))
				return
			}
			for _, x := range list {
				if !yield(x, nil) {
					return
				}
			}
			if len(list) < orderPage {
				return
			}
			last = string(list[len(list)-1].Order)
		}
	}
}

func nullable(n *int64) sql.NullInt64 {
	if n == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: *n, Valid: true}
}

func given(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}
