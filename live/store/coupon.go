package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

const batchColumns = `batch_id, merchant_id, title, kind, off_minor, off_bps, cap_minor, threshold_minor, currency, total, per_person,
	starts_at, ends_at, valid_ms, products, skus, claimed, redeemed, returned, voided, created_at`

func scanBatch(r scanner) (live.CouponBatch, error) {
	var b live.CouponBatch
	var starts, ends, valid, voided, created int64
	var products, skus string
	err := r.Scan(&b.ID, &b.Merchant, &b.Title, &b.Kind, &b.Off, &b.OffBPS, &b.Cap, &b.Threshold, &b.Currency, &b.Total, &b.PerPerson,
		&starts, &ends, &valid, &products, &skus, &b.Claimed, &b.Redeemed, &b.Returned, &voided, &created)
	if err != nil {
		return b, err
	}
	b.StartsAt, b.EndsAt, b.CreatedAt = at(starts), at(ends), at(created)
	b.ValidFor, b.Voided = time.Duration(valid)*time.Millisecond, voided != 0
	return b, errors.Join(json.Unmarshal([]byte(products), &b.Products), json.Unmarshal([]byte(skus), &b.SKUs))
}

func batchNotFound() error { return live.NotFound("coupon_batch_not_found", "there is no such batch") }

func findBatch(q querier, m live.MerchantID, id string) (live.CouponBatch, error) {
	b, err := scanBatch(q.row(`SELECT `+batchColumns+` FROM coupon_batches WHERE merchant_id = ? AND batch_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return b, batchNotFound()
	}
	if err != nil {
		return b, fmt.Errorf("read coupon batch: %w", err)
	}
	return b, nil
}

// PutCouponBatch makes a batch or changes one. Once a coupon of it was claimed
// its terms stay, and only title, total and per_person may change; a total below
// what was claimed is refused.
//
// Codes: those of [live.CouponBatch.Validate], "forbidden", "coupon_in_use",
// "coupon_voided".
func (s *Store) PutCouponBatch(ctx context.Context, b live.CouponBatch, by live.Principal) (live.CouponBatch, error) {
	if err := mayWrite(by, live.ActCouponWrite, b.Merchant, ""); err != nil {
		return live.CouponBatch{}, err
	}
	b.StartsAt, b.EndsAt = whole(b.StartsAt), whole(b.EndsAt)
	if err := b.Validate(); err != nil {
		return live.CouponBatch{}, err
	}
	err := s.write(ctx, func(t *tx) error {
		was, err := findBatch(t, b.Merchant, b.ID)
		switch {
		case errors.Is(err, batchNotFound()):
			b.CreatedAt = t.now
		case err != nil:
			return err
		case was.Voided:
			return live.Conflict("coupon_voided", "the batch was voided")
		case was.Claimed > 0 && !b.SameTerms(&was):
			return live.Conflict("coupon_in_use", "%d coupons were claimed on the terms as they are", was.Claimed)
		case b.Total < was.Claimed:
			return live.Conflict("coupon_in_use", "%d coupons were claimed, the total cannot be below", was.Claimed)
		default:
			b.CreatedAt, b.Claimed, b.Redeemed, b.Returned = was.CreatedAt, was.Claimed, was.Redeemed, was.Returned
		}
		if err := t.saveBatch(&b); err != nil {
			return err
		}
		return t.auditBatch(&b, "coupon.put", by)
	})
	if err != nil {
		return live.CouponBatch{}, err
	}
	return b, nil
}

func (t *tx) saveBatch(b *live.CouponBatch) error {
	products, err := idList(b.Products)
	if err != nil {
		return err
	}
	skus, err := idList(b.SKUs)
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO coupon_batches (`+batchColumns+`) VALUES (`+marks(21)+`)
		ON CONFLICT (merchant_id, batch_id) DO UPDATE SET title = excluded.title, kind = excluded.kind, off_minor = excluded.off_minor,
		off_bps = excluded.off_bps, cap_minor = excluded.cap_minor, threshold_minor = excluded.threshold_minor, currency = excluded.currency,
		total = excluded.total, per_person = excluded.per_person, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
		valid_ms = excluded.valid_ms, products = excluded.products, skus = excluded.skus`,
		b.ID, string(b.Merchant), b.Title, string(b.Kind), b.Off, b.OffBPS, b.Cap, b.Threshold, string(b.Currency), b.Total, b.PerPerson,
		ms(b.StartsAt), ms(b.EndsAt), b.ValidFor.Milliseconds(), products, skus, b.Claimed, b.Redeemed, b.Returned, bit(b.Voided), ms(b.CreatedAt)); err != nil {
		return fmt.Errorf("write coupon batch: %w", err)
	}
	return nil
}

func idList[T ~string](ids []T) (string, error) {
	if ids == nil {
		ids = []T{}
	}
	raw, err := json.Marshal(ids)
	if err != nil {
		return "", fmt.Errorf("encode ids: %w", err)
	}
	return string(raw), nil
}

// auditBatch records who set money to be given away, and on what terms.
func (t *tx) auditBatch(b *live.CouponBatch, action string, by live.Principal) error {
	detail, err := json.Marshal(map[string]any{
		"batch_id": b.ID, "kind": b.Kind, "off_minor": b.Off, "off_bps": b.OffBPS, "cap_minor": b.Cap, "threshold_minor": b.Threshold,
		"currency": b.Currency, "total": b.Total, "per_person": b.PerPerson,
	})
	if err != nil {
		return fmt.Errorf("encode coupon batch: %w", err)
	}
	return t.audited(AuditRow{Merchant: b.Merchant, Actor: by.Actor(), Action: action, Detail: string(detail)})
}

// CouponBatch finds a batch; "coupon_batch_not_found" if there is none.
func (s *Store) CouponBatch(ctx context.Context, m live.MerchantID, id string) (live.CouponBatch, error) {
	return findBatch(s.reader(ctx), m, id)
}

// CouponFilter selects batches, or coupons, of one merchant.
type CouponFilter struct {
	Merchant live.MerchantID // required
	Person   live.PersonID   // coupons of one person
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// CouponBatches lists batches, newest first, with the cursor of the next page.
func (s *Store) CouponBatches(ctx context.Context, f CouponFilter) ([]live.CouponBatch, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("merchant_id = ?", string(f.Merchant))
	w.after(c, "created_at", "batch_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+batchColumns+` FROM coupon_batches`+w.sql()+` ORDER BY created_at DESC, batch_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanBatch)
	if err != nil {
		return nil, "", fmt.Errorf("list coupon batches: %w", err)
	}
	list, next := page(list, most, func(b live.CouponBatch) cursor { return cursor{ms(b.CreatedAt), b.ID} })
	return list, next, nil
}

// VoidCouponBatch takes a batch back: its drop ends, no coupon of it is claimed
// or taken any more, and those not in an order are voided one after the other.
// Doing it once more changes nothing.
func (s *Store) VoidCouponBatch(ctx context.Context, m live.MerchantID, id string, by live.Principal) (live.CouponBatch, error) {
	if err := mayWrite(by, live.ActCouponWrite, m, ""); err != nil {
		return live.CouponBatch{}, err
	}
	var b live.CouponBatch
	err := s.write(ctx, func(t *tx) (err error) {
		if b, err = findBatch(t, m, id); err != nil || b.Voided {
			return err
		}
		b.Voided = true
		if _, err := t.exec(`UPDATE coupon_batches SET voided = 1 WHERE merchant_id = ? AND batch_id = ?`, string(m), id); err != nil {
			return fmt.Errorf("void coupon batch: %w", err)
		}
		if err := t.endDropsOf(&b, by); err != nil {
			return err
		}
		return t.auditBatch(&b, "coupon.void", by)
	})
	if err != nil {
		return live.CouponBatch{}, err
	}
	return b, nil
}
