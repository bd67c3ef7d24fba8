package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"showrunner/live"
)

const couponColumns = `coupon_id, merchant_id, batch_id, person_id, show_id, room_id, rehearsal, state, order_id, discount_minor, claimed_at, expires_at`

func scanCoupon(r scanner) (live.Coupon, error) {
	var c live.Coupon
	var rehearsal, claimed, expires int64
	err := r.Scan(&c.ID, &c.Merchant, &c.Batch, &c.Person, &c.Show, &c.Room, &rehearsal, &c.State, &c.Order, &c.Discount, &claimed, &expires)
	c.Rehearsal, c.ClaimedAt, c.ExpiresAt = rehearsal != 0, at(claimed), at(expires)
	return c, err
}

// ClaimCoupon gives a viewer a coupon of the drop that runs in a room. Total
// and limit are held exactly: writers take turns, and the total stands as a
// constraint in the database.
//
// Codes: "invalid_field", "forbidden", "show_not_found",
// "show_not_live", "coupon_not_dropped", "coupon_exhausted", "coupon_limit"
// (data: limit, have, coupon_ids), "task_unmet" (data: task, and needed_ms and
// watched_ms of watch_n).
func (s *Store) ClaimCoupon(ctx context.Context, want live.ClaimCoupon) (live.Coupon, error) {
	if err := benefitCaller(want.By, "batch_id", want.Batch); err != nil {
		return live.Coupon{}, err
	}
	if want.Claim != "" && !live.ValidID(want.Claim) {
		return live.Coupon{}, badID("event_id")
	}
	if err := s.flushWatch(ctx); err != nil {
		return live.Coupon{}, err
	}
	var got live.Coupon
	err := s.write(ctx, func(t *tx) (err error) {
		// First of all: a retry may come when the show is over.
		var again bool
		if got, again, err = t.claimedBefore(&want); err != nil || again {
			return err
		}
		sh, err := t.benefitShow(want.Show, want.Room, want.By)
		if err != nil {
			return err
		}
		got, err = t.claimCoupon(&sh, &want)
		return err
	})
	if err != nil {
		return live.Coupon{}, err
	}
	return got, nil
}

// claimedBefore is the coupon of an earlier claim of the same name.
func (t *tx) claimedBefore(want *live.ClaimCoupon) (c live.Coupon, ok bool, err error) {
	if want.Claim == "" {
		return c, false, nil
	}
	c, err = scanCoupon(t.row(`SELECT `+couponColumns+` FROM coupons WHERE merchant_id = ? AND batch_id = ? AND person_id = ? AND claim_id = ?`,
		string(want.By.Merchant), want.Batch, want.By.Subject, want.Claim))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Coupon{}, false, nil
	}
	if err != nil {
		return live.Coupon{}, false, fmt.Errorf("read coupon: %w", err)
	}
	c.Replay = true
	return c, true, nil
}

func (t *tx) claimCoupon(sh *live.Show, want *live.ClaimCoupon) (live.Coupon, error) {
	person := live.PersonID(want.By.Subject)
	if !sh.State.OnAir() {
		return live.Coupon{}, notLive(sh.State)
	}
	d, err := t.openDrop(sh)
	if err != nil {
		return live.Coupon{}, err
	}
	if d == nil || d.Batch.ID != want.Batch {
		return live.Coupon{}, noDrop()
	}
	if err := t.withinCoupons(d, person); err != nil {
		return live.Coupon{}, err
	}
	if err := t.taskMet(sh, d.ID, d.Task, d.TaskTime, d.StartsAt, person); err != nil {
		return live.Coupon{}, err
	}
	if d.Batch.Claimed >= d.Batch.Total {
		return live.Coupon{}, live.Conflict("coupon_exhausted", "all %d coupons were claimed", d.Batch.Total)
	}
	c := live.Coupon{
		ID: "c_" + t.w.store.ids.next(t.now), Merchant: sh.Merchant, Batch: d.Batch.ID, Person: person, Show: sh.ID, Room: sh.Room,
		Rehearsal: sh.Rehearsal, State: live.CouponClaimedState, ClaimedAt: t.now, ExpiresAt: d.Batch.ExpiresAt(t.now),
	}
	return c, t.giveCoupon(sh, d, &c, want)
}

// withinCoupons refuses a person who has as many coupons of the batch as they
// may have, whatever became of them.
func (t *tx) withinCoupons(d *live.CouponDrop, person live.PersonID) error {
	rows, err := t.query(`SELECT coupon_id FROM coupons WHERE merchant_id = ? AND batch_id = ? AND person_id = ? ORDER BY claimed_at, coupon_id`,
		string(d.Batch.Merchant), d.Batch.ID, string(person))
	have, err := collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return fmt.Errorf("count coupons of a person: %w", err)
	}
	if int64(len(have)) < d.PerPerson {
		return nil
	}
	no := live.Conflict("coupon_limit", "one person may claim %d; you have claimed %d", d.PerPerson, len(have))
	no.Data = map[string]any{"limit": d.PerPerson, "have": len(have), "coupon_ids": have}
	return no
}

// giveCoupon writes a coupon and counts it.
func (t *tx) giveCoupon(sh *live.Show, d *live.CouponDrop, c *live.Coupon, want *live.ClaimCoupon) error {
	var claim any // NULL when the client gave no name
	if want.Claim != "" {
		claim = want.Claim
	}
	if _, err := t.exec(`INSERT INTO coupons (`+couponColumns+`, claim_id) VALUES (`+marks(13)+`)`,
		c.ID, string(c.Merchant), c.Batch, string(c.Person), string(c.Show), string(c.Room), bit(c.Rehearsal), string(c.State), "", 0,
		ms(c.ClaimedAt), ms(c.ExpiresAt), claim); err != nil {
		return fmt.Errorf("write coupon: %w", err)
	}
	if _, err := t.exec(`UPDATE coupon_batches SET claimed = claimed + 1 WHERE merchant_id = ? AND batch_id = ?`, string(c.Merchant), c.Batch); err != nil {
		return fmt.Errorf("count coupon: %w", err)
	}
	if _, err := t.exec(`UPDATE coupon_drops SET claimed = claimed + 1 WHERE drop_id = ?`, d.ID); err != nil {
		return fmt.Errorf("count coupon: %w", err)
	}
	d.Batch.Claimed++
	d.Claimed++
	data := map[string]any{"coupon_id": c.ID, "batch_id": c.Batch, "drop_id": d.ID, "task": d.Task, "claimed": d.Batch.Claimed, "total": d.Batch.Total}
	if !c.ExpiresAt.IsZero() {
		data["expires_at"] = stamp(c.ExpiresAt)
	}
	if err := t.takenBenefit(sh, live.CouponClaimed, want.By, want.Channel, want.Campaign, data); err != nil {
		return err
	}
	if d.Batch.Claimed == d.Batch.Total && d.Window != live.WindowStopped {
		return t.endDrop(sh, d, live.DropExhausted, itself, t.now)
	}
	return nil
}

// takenBenefit states that a viewer took a benefit: a fact of theirs, decided
// here.
func (t *tx) takenBenefit(sh *live.Show, kind live.Kind, by live.Principal, channel, campaign string, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	return t.emit(live.Event{
		ID: live.EventID(t.w.store.ids.next(t.now)), Kind: kind, Source: SourceSystem, Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID,
		Actor: by.Actor(), Person: live.PersonID(by.Subject), Channel: channel, Campaign: campaign, Rehearsal: sh.Rehearsal, OccurredAt: t.now, Data: raw,
	})
}

// Coupons lists one person's coupons, newest first, with the cursor of the next
// page.
func (s *Store) Coupons(ctx context.Context, f CouponFilter) ([]live.Coupon, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("merchant_id = ?", string(f.Merchant))
	w.add("person_id = ?", string(f.Person))
	w.after(c, "claimed_at", "coupon_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+couponColumns+` FROM coupons`+w.sql()+` ORDER BY claimed_at DESC, coupon_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanCoupon)
	if err != nil {
		return nil, "", fmt.Errorf("list coupons: %w", err)
	}
	list, next := page(list, most, func(c live.Coupon) cursor { return cursor{ms(c.ClaimedAt), c.ID} })
	return list, next, nil
}
