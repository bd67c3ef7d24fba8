package api

import (
	"context"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// CouponBatch is a batch of coupons on the wire.
type CouponBatch struct {
	CouponTerms
	BatchID    string `json:"batch_id" example:"autumn-20"`
	MerchantID string `json:"merchant_id" example:"m1"`
	Claimed    int64  `json:"claimed"`
	Redeemed   int64  `json:"redeemed" doc:"Of orders that were paid."`
	Returned   int64  `json:"returned" doc:"Times a coupon came back from an order that was cancelled, expired, or refunded in full."`
	Voided     bool   `json:"voided"`
	CreatedAt  Time   `json:"created_at"`
}

// CouponTerms is what a merchant says of a batch.
type CouponTerms struct {
	Title          string   `json:"title" minLength:"1" maxLength:"120"`
	Kind           string   `json:"kind" enum:"amount,percent"`
	OffMinor       int64    `json:"off_minor,omitempty" minimum:"0" doc:"Of kind amount: what it takes off."`
	OffBPS         int64    `json:"off_bps,omitempty" minimum:"0" maximum:"10000" doc:"Of kind percent: hundredths of a per cent of the goods, rounded down to the minor unit."`
	CapMinor       int64    `json:"cap_minor,omitempty" minimum:"0" doc:"Of kind percent: the most it takes off; 0 is no cap."`
	ThresholdMinor int64    `json:"threshold_minor,omitempty" minimum:"0" doc:"What the goods it is for must come to."`
	Currency       string   `json:"currency" pattern:"^[A-Z]{3}$"`
	Total          int64    `json:"total" minimum:"1" maximum:"10000000" doc:"Coupons there are."`
	PerPerson      int64    `json:"per_person" minimum:"1" maximum:"1000" doc:"Coupons one person may claim; of a drop with the task follow it is 1."`
	StartsAt       Time     `json:"starts_at,omitzero" doc:"Good from; at once when left out."`
	EndsAt         Time     `json:"ends_at,omitzero" doc:"Good until; for ever when left out."`
	ValidForS      int64    `json:"valid_for_s,omitempty" minimum:"0" doc:"Seconds a coupon is good from its claim, within ends_at; 0 is until ends_at."`
	ProductIDs     []string `json:"product_ids,omitempty" maxItems:"200" doc:"What it is for; everything when neither products nor SKUs are named."`
	SKUIDs         []string `json:"sku_ids,omitempty" maxItems:"200"`
}

// NewCouponBatch is the body of PUT /v1/coupons/{batch_id}.
type NewCouponBatch struct {
	CouponTerms
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// Coupon is one's own coupon.
type Coupon struct {
	CouponID      string `json:"coupon_id"`
	BatchID       string `json:"batch_id"`
	State         string `json:"state" enum:"claimed,held,redeemed,expired,voided" doc:"held is in an order that is not paid."`
	OrderID       string `json:"order_id,omitempty"`
	DiscountMinor int64  `json:"discount_minor,omitempty" doc:"What it took off that order."`
	ShowID        string `json:"show_id" doc:"Where it was claimed."`
	ClaimedAt     Time   `json:"claimed_at"`
	ExpiresAt     Time   `json:"expires_at,omitzero"`
}

func batchOf(b live.CouponBatch) CouponBatch {
	return CouponBatch{
		CouponTerms: CouponTerms{
			Title: b.Title, Kind: string(b.Kind), OffMinor: b.Off, OffBPS: b.OffBPS, CapMinor: b.Cap, ThresholdMinor: b.Threshold,
			Currency: string(b.Currency), Total: b.Total, PerPerson: b.PerPerson, StartsAt: Time{b.StartsAt}, EndsAt: Time{b.EndsAt},
			ValidForS: int64(b.ValidFor / time.Second), ProductIDs: renamed[string](b.Products), SKUIDs: renamed[string](b.SKUs),
		},
		BatchID: b.ID, MerchantID: string(b.Merchant), Claimed: b.Claimed, Redeemed: b.Redeemed, Returned: b.Returned, Voided: b.Voided,
		CreatedAt: Time{b.CreatedAt},
	}
}

func couponOf(c live.Coupon) Coupon {
	return Coupon{
		CouponID: c.ID, BatchID: c.Batch, State: string(c.State), OrderID: string(c.Order), DiscountMinor: c.Discount, ShowID: string(c.Show),
		ClaimedAt: Time{c.ClaimedAt}, ExpiresAt: Time{c.ExpiresAt},
	}
}

// renamed is a list of ids as those of another type.
func renamed[To, From ~string](ids []From) []To {
	out := make([]To, len(ids))
	for i, id := range ids {
		out[i] = To(id)
	}
	return out
}

func (a *API) coupons() {
	read, write := []live.Action{live.ActCouponRead}, []live.Action{live.ActCouponWrite}
	const tag = "Coupons"
	add(a, Route{
		ID: "put-coupon-batch", Method: "PUT", Path: "/v1/coupons/{batch_id}", Tag: tag, Summary: "Make or change a batch of coupons",
		Text:    "A batch is given out in a show by the command drop_coupon. Once a coupon was claimed its terms are fixed: title, per_person and total may still change, the total not below what was claimed.",
		Actions: write, body: NewCouponBatch{},
		example: map[string]any{"title": "20 off 99", "kind": "amount", "off_minor": 2000, "threshold_minor": 9900, "currency": "CNY", "total": 500, "per_person": 1},
	}, a.putCouponBatch)
	add(a, Route{ID: "list-coupon-batches", Method: "GET", Path: "/v1/coupons", Tag: tag, Summary: "List batches of coupons", Actions: read}, a.listCouponBatches)
	add(a, Route{ID: "get-coupon-batch", Method: "GET", Path: "/v1/coupons/{batch_id}", Tag: tag, Summary: "Read a batch of coupons", Actions: read}, a.getCouponBatch)
	add(a, Route{
		ID: "void-coupon-batch", Method: "POST", Path: "/v1/coupons/{batch_id}/void", Tag: tag, Summary: "Take a batch of coupons back",
		Text: "Its drop ends and no coupon of it is taken any more. Orders that were placed with one keep their price.", Actions: write,
	}, a.voidCouponBatch)
	add(a, Route{
		ID: "list-my-coupons", Method: "GET", Path: "/v1/me/coupons", Tag: tag, Summary: "List one's own coupons",
		Text: "A coupon is claimed on the websocket by coupon_claimed.", Actions: []live.Action{live.ActBenefit},
	}, a.listMyCoupons)
}

// CouponPath is the path of one batch.
type CouponPath struct {
	BatchID    string `path:"batch_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token: batch ids are unique within a merchant."`
}

type couponBatchOutput struct{ Body CouponBatch }

func couponBatchOutputOf(b live.CouponBatch, err error) (*couponBatchOutput, error) {
	if err != nil {
		return nil, err
	}
	return &couponBatchOutput{batchOf(b)}, nil
}

// couponMerchant is whose batches the caller means. They are good in every
// room, so a token limited to rooms may read them and change none.
func couponMerchant(p live.Principal, named string, write bool) (live.MerchantID, error) {
	m, err := merchant(p, named)
	if err == nil && write && p.Rooms != nil {
		err = live.Forbidden("room_forbidden", "coupons are of the whole merchant, and the token is limited to rooms")
	}
	return m, err
}

func (a *API) putCouponBatch(ctx context.Context, p live.Principal, in *struct {
	ID string `path:"batch_id" maxLength:"128"`
	rawBody
},
) (*couponBatchOutput, error) {
	b, err := decode[NewCouponBatch](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := couponMerchant(p, b.MerchantID, true)
	if err != nil {
		return nil, err
	}
	return couponBatchOutputOf(a.cfg.Store.PutCouponBatch(ctx, live.CouponBatch{
		ID: in.ID, Merchant: m, Title: b.Title, Kind: live.CouponKind(b.Kind), Off: b.OffMinor, OffBPS: b.OffBPS, Cap: b.CapMinor,
		Threshold: b.ThresholdMinor, Currency: live.Currency(b.Currency), Total: b.Total, PerPerson: b.PerPerson,
		StartsAt: b.StartsAt.Time, EndsAt: b.EndsAt.Time, ValidFor: seconds(b.ValidForS),
		Products: renamed[live.ProductID](b.ProductIDs), SKUs: renamed[live.SKUID](b.SKUIDs),
	}, p))
}

// seconds is a span that cannot overflow; what is out of range stays out of it.
func seconds(n int64) time.Duration {
	const most = int64(live.MaxCouponValid/time.Second) + 1
	return time.Duration(max(-1, min(n, most))) * time.Second
}

func (a *API) listCouponBatches(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[CouponBatch], error) {
	m, err := couponMerchant(p, in.MerchantID, false)
	if err != nil {
		return nil, err
	}
	rows, next, err := a.cfg.Store.CouponBatches(ctx, store.CouponFilter{Merchant: m, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, batchOf), nil
}

func (a *API) getCouponBatch(ctx context.Context, p live.Principal, in *CouponPath) (*couponBatchOutput, error) {
	m, err := couponMerchant(p, in.MerchantID, false)
	if err != nil {
		return nil, err
	}
	return couponBatchOutputOf(a.cfg.Store.CouponBatch(ctx, m, in.BatchID))
}

func (a *API) voidCouponBatch(ctx context.Context, p live.Principal, in *CouponPath) (*couponBatchOutput, error) {
	m, err := couponMerchant(p, in.MerchantID, true)
	if err != nil {
		return nil, err
	}
	return couponBatchOutputOf(a.cfg.Store.VoidCouponBatch(ctx, m, in.BatchID, p))
}

func (a *API) listMyCoupons(ctx context.Context, p live.Principal, in *struct{ Page }) (*listOutput[Coupon], error) {
	rows, next, err := a.cfg.Store.Coupons(ctx, store.CouponFilter{Merchant: p.Merchant, Person: live.PersonID(p.Subject), Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, couponOf), nil
}
