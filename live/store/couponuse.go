package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"showrunner/live"
)

func findCoupon(q querier, m live.MerchantID, id string) (c live.Coupon, ok bool, err error) {
	c, err = scanCoupon(q.row(`SELECT `+couponColumns+` FROM coupons WHERE coupon_id = ? AND merchant_id = ?`, id, string(m)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read coupon: %w", err)
	}
	return c, true, nil
}

// takeOff puts what a coupon is worth on the lines of an order, or refuses it.
func (c *till) takeOff(sh *live.Show, w *live.PlaceOrder, f *live.OrderFact, row *orderRow) error {
	coupon, ok, err := findCoupon(c.t, sh.Merchant, w.Coupon)
	if err != nil {
		return err
	}
	// Somebody else's does not exist.
	if !ok || coupon.Person != f.Person {
		return live.CouponRefused("unknown", "you have no such coupon", nil)
	}
	b, err := findBatch(c.t, coupon.Merchant, coupon.Batch)
	if err != nil {
		return err
	}
	switch {
	case b.Voided || coupon.State == live.CouponVoidedState:
		return live.CouponRefused("voided", "the coupon was voided", nil)
	case coupon.State == live.CouponHeldState || c.held[coupon.ID]:
		return live.CouponRefused("held", "the coupon is in an order that is not paid", map[string]any{"order_id": string(coupon.Order)})
	case coupon.State == live.CouponRedeemedState:
		return live.CouponRefused("redeemed", "the coupon was used", map[string]any{"order_id": string(coupon.Order)})
	case coupon.State == live.CouponExpiredState || !coupon.ExpiresAt.IsZero() && !coupon.ExpiresAt.After(c.t.now):
		return live.CouponRefused("expired", "the coupon is good no longer", nil)
	case b.StartsAt.After(c.t.now):
		return live.CouponRefused("not_yet", "the coupon is not good yet", map[string]any{"valid_from": stamp(b.StartsAt)})
	case b.Currency != sh.Currency:
		return live.CouponRefused("currency", "the coupon is in "+string(b.Currency), nil)
	case coupon.Rehearsal != sh.Rehearsal:
		return live.CouponRefused("rehearsal", "coupons of rehearsals and of shows are not good for each other", nil)
	}
	shares, err := b.Split(f.Lines)
	if err != nil {
		return err
	}
	row.coupon = coupon.ID
	for i, share := range shares {
		f.Lines[i].Discount = share
		row.couponMinor += share
		row.total -= share
	}
	return nil
}

// holdCoupon binds a coupon to an order that nothing refuses.
func (c *till) holdCoupon(row *orderRow) error {
	n, err := c.t.changed(`UPDATE coupons SET state = 'held', order_id = ?, discount_minor = ? WHERE coupon_id = ? AND state = 'claimed'`,
		string(row.ID), row.couponMinor, row.coupon)
	if err != nil {
		return fmt.Errorf("hold coupon: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("hold coupon: %s is not there any more", row.coupon)
	}
	c.held[row.coupon] = true
	return nil
}

// settleCoupon follows an order with its coupon: paid, the coupon is redeemed;
// cancelled, or refunded in full, it comes back to its owner. What came back is
// bound to the order no longer, whatever is heard of that.
func (t *tx) settleCoupon(row *orderRow) error {
	c, ok, err := findCoupon(t, row.Merchant, row.coupon)
	if err != nil || !ok || c.Order != row.ID {
		return err
	}
	sh := live.Show{Merchant: row.Merchant, Room: row.Room, ID: row.Show, Rehearsal: c.Rehearsal}
	if !row.PaidAt.IsZero() && c.State == live.CouponHeldState {
		c.State = live.CouponRedeemedState
		if err := t.moveCoupon(&c, `redeemed = redeemed + 1`); err != nil {
			return err
		}
		if err := t.tellCoupon(&sh, live.CouponRedeemed, &c, map[string]any{"currency": row.Currency, "paid_minor": live.TotalOf(&row.Order).PaidMinor}); err != nil {
			return err
		}
	}
	var why string
	switch row.State {
	case live.OrderStateCanceled:
		why = string(row.Cancel)
	case live.OrderRefunded:
		why = "refunded"
	default:
		return nil
	}
	// Told with the order and the sum it came back from.
	if err := t.tellCoupon(&sh, live.CouponReturned, &c, map[string]any{
		"reason": why, "currency": row.Currency, "redeemed": c.State == live.CouponRedeemedState,
	}); err != nil {
		return err
	}
	c.State, c.Order, c.Discount = live.CouponClaimedState, "", 0
	if err := t.moveCoupon(&c, `returned = returned + 1`); err != nil {
		return err
	}
	b, err := findBatch(t, c.Merchant, c.Batch)
	if err != nil {
		return err
	}
	return t.ageCoupon(&sh, &c, &b)
}

// ageCoupon voids a coupon of a voided batch and expires one whose time is over.
func (t *tx) ageCoupon(sh *live.Show, c *live.Coupon, b *live.CouponBatch) error {
	var kind live.Kind
	switch {
	case b.Voided:
		c.State, kind = live.CouponVoidedState, live.CouponVoided
	case !c.ExpiresAt.IsZero() && !c.ExpiresAt.After(t.now):
		c.State, kind = live.CouponExpiredState, live.CouponExpired
	default:
		return nil
	}
	if err := t.moveCoupon(c, ""); err != nil {
		return err
	}
	return t.tellCoupon(sh, kind, c, nil)
}

// moveCoupon writes where a coupon stands, and counts it for its batch.
func (t *tx) moveCoupon(c *live.Coupon, count string) error {
	if _, err := t.exec(`UPDATE coupons SET state = ?, order_id = ?, discount_minor = ? WHERE coupon_id = ?`,
		string(c.State), string(c.Order), c.Discount, c.ID); err != nil {
		return fmt.Errorf("write coupon: %w", err)
	}
	if count == "" {
		return nil
	}
	if _, err := t.exec(`UPDATE coupon_batches SET `+count+` WHERE merchant_id = ? AND batch_id = ?`, string(c.Merchant), c.Batch); err != nil {
		return fmt.Errorf("count coupon: %w", err)
	}
	return nil
}

func (t *tx) tellCoupon(sh *live.Show, kind live.Kind, c *live.Coupon, more map[string]any) error {
	data := map[string]any{"coupon_id": c.ID, "batch_id": c.Batch}
	if c.Order != "" {
		data["order_id"], data["discount_minor"] = c.Order, c.Discount
	}
	maps.Copy(data, more)
	return t.announceTo(sh, kind, c.Person, itself, data)
}

// endBenefits ends what runs in a show that ends.
func (t *tx) endBenefits(sh *live.Show, by live.Principal) error {
	if err := t.endDropOf(sh, live.DropShowEnded, by); err != nil {
		return err
	}
	if err := t.endPacketOf(sh, by); err != nil {
		return err
	}
	return t.endDrawOf(sh, by)
}

// turnBenefits does what time does to benefits.
func (s *Store) turnBenefits(ctx context.Context) error {
	for _, turn := range []func(context.Context) error{s.flushWatch, s.turnDrops, s.ageCoupons, s.turnPackets, s.turnDraws, s.forfeitPrizes} {
		if err := turn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ageCoupons expires and voids coupons that nobody holds in an order, some at a
// time.
func (s *Store) ageCoupons(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.Coupon, error) {
		rows, err := q.query(`SELECT `+couponColumns+` FROM coupons WHERE state = 'claimed' AND expires_at > 0 AND expires_at <= ? ORDER BY expires_at, coupon_id LIMIT ?`,
			ms(now), expiryBatch)
		list, err := collect(rows, err, scanCoupon)
		if err != nil || len(list) == expiryBatch {
			return list, err
		}
		rows, err = q.query(`SELECT `+couponColumns+` FROM coupons WHERE state = 'claimed'
			AND NOT (expires_at > 0 AND expires_at <= ?) AND (merchant_id, batch_id) IN (SELECT merchant_id, batch_id FROM coupon_batches WHERE voided = 1) ORDER BY coupon_id LIMIT ?`, ms(now), expiryBatch)
		voided, err := collect(rows, err, scanCoupon)
		return append(list, voided...), err
	}
	_, err := turn(ctx, s, "expire coupons", due, func(t *tx, c *live.Coupon) error {
		b, err := findBatch(t, c.Merchant, c.Batch)
		if err != nil {
			return err
		}
		sh := live.Show{Merchant: c.Merchant, Room: c.Room, ID: c.Show, Rehearsal: c.Rehearsal}
		return t.ageCoupon(&sh, c, &b)
	})
	return err
}
