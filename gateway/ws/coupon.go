package ws

import (
	"time"

	"showrunner/live"
)

// couponJSON is the batch that can be claimed now.
type couponJSON struct {
	DropID    string           `json:"drop_id"`
	BatchID   string           `json:"batch_id"`
	Title     string           `json:"title"`
	Kind      live.CouponKind  `json:"kind"`
	Off       int64            `json:"off_minor,omitempty"`
	OffBPS    int64            `json:"off_bps,omitempty"`
	Cap       int64            `json:"cap_minor,omitempty"`
	Threshold int64            `json:"threshold_minor"`
	Currency  live.Currency    `json:"currency"`
	Total     int64            `json:"total"`
	Left      int64            `json:"left"`
	PerPerson int64            `json:"per_person"`
	Task      live.Task        `json:"task"`
	Minutes   int64            `json:"task_minutes,omitempty"`
	Window    live.DropWindow  `json:"window"`
	Products  []live.ProductID `json:"product_ids,omitempty"`
	SKUs      []live.SKUID     `json:"sku_ids,omitempty"`
	EndsAt    string           `json:"ends_at,omitempty"`
}

func couponOf(d *live.CouponDrop) *couponJSON {
	if d == nil {
		return nil
	}
	b := &d.Batch
	return &couponJSON{
		DropID: d.ID, BatchID: b.ID, Title: b.Title, Kind: b.Kind, Off: b.Off, OffBPS: b.OffBPS, Cap: b.Cap, Threshold: b.Threshold,
		Currency: b.Currency, Total: b.Total, Left: b.Total - b.Claimed, PerPerson: d.PerPerson, Task: d.Task,
		Minutes: int64(d.TaskTime / time.Minute), Window: d.Window, Products: b.Products, SKUs: b.SKUs, EndsAt: optional(d.EndsAt),
	}
}

// optional is a time, or nothing.
func optional(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// benefit reports whether a frame asks for a benefit, which the store decides.
func benefit(kind string) bool {
	return kind == string(live.CouponClaimed) || kind == string(live.RedPacketClaimed) || kind == string(live.LuckyDrawEntered)
}

// benefit gives a viewer what they ask for. It does not go the way of other
// facts: the store decides it and states it.
func (c *conn) benefit(q request) (any, error) {
	if !c.who.May(live.ActBenefit) {
		return nil, live.Forbidden("forbidden", "this role takes no benefits")
	}
	switch live.Kind(q.Type) {
	case live.RedPacketClaimed:
		return c.claimPacket(q)
	case live.LuckyDrawEntered:
		return c.enterDraw(q)
	}
	return c.claimCoupon(q)
}

type claimJSON struct {
	CouponID  string `json:"coupon_id"`
	BatchID   string `json:"batch_id"`
	ExpiresAt string `json:"expires_at,omitempty"`
	Replay    bool   `json:"replay"`
}

// claimCoupon takes a coupon of the drop that runs; the frame's event_id makes
// it idempotent.
func (c *conn) claimCoupon(q request) (any, error) {
	var d struct {
		Batch string `json:"batch_id"`
	}
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	if err := named("batch_id", d.Batch); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	got, err := c.srv.deps.Store.ClaimCoupon(ctx, live.ClaimCoupon{
		Room: c.room.ID, Batch: d.Batch, By: c.who, Claim: string(q.EventID), Channel: c.channel, Campaign: c.campaign,
	})
	if err != nil {
		return nil, err
	}
	return claimJSON{CouponID: got.ID, BatchID: got.Batch, ExpiresAt: optional(got.ExpiresAt), Replay: got.Replay}, nil
}
