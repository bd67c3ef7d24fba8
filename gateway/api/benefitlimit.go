package api

import (
	"context"

	"showrunner/live"
)

// BenefitLimits are bounds of what is given away. A member that is left out sets
// no bound of its own. Units are whole units of the room's currency.
type BenefitLimits struct {
	PacketUnits  *int64 `json:"red_packet_units,omitempty" minimum:"0" maximum:"20000" doc:"Most one red packet may give away."`
	PacketCount  *int64 `json:"red_packet_count,omitempty" minimum:"1" maximum:"2000" doc:"Most shares of one red packet."`
	PacketMonth  *int64 `json:"red_packet_month_limit,omitempty" minimum:"1" maximum:"1000" doc:"Most shares one person may take in 30 days; a red packet that names no month_limit gets this one."`
	PrizeUnits   *int64 `json:"draw_prize_units,omitempty" minimum:"0" maximum:"50000" doc:"Most one prize of a lucky draw may be worth."`
	DrawWinners  *int64 `json:"draw_winners,omitempty" minimum:"1" maximum:"1000" doc:"Most winners of one draw."`
	DropMinutes  *int64 `json:"coupon_drop_minutes,omitempty" minimum:"1" maximum:"1440" doc:"Longest drop of coupons, which then must have an end in time."`
	DropsPerShow *int64 `json:"coupon_drops,omitempty" minimum:"0" maximum:"1000" doc:"Most drops of coupons in one show; 0: none."`
}

// BenefitLimitsFound is what was set somewhere, and what holds there.
type BenefitLimitsFound struct {
	MerchantID string        `json:"merchant_id"`
	RoomID     string        `json:"room_id,omitempty" doc:"Empty: of the merchant."`
	Limits     BenefitLimits `json:"limits" doc:"Set here."`
	Effective  BenefitLimits `json:"effective" doc:"What holds: of a room, the narrower of its own and the merchant's."`
}

type limitsOutput struct{ Body BenefitLimitsFound }

func (a *API) benefitLimits() {
	read, write := []live.Action{live.ActCouponRead}, []live.Action{live.ActLimitWrite}
	const (
		tag  = "Coupons"
		text = "Commands beyond a limit are refused as `benefit_limit` with the argument as `field` and the `limit`. What runs already goes on. Setting limits replaces all that were set there."
	)
	example := map[string]any{"red_packet_units": 500, "draw_prize_units": 1000, "coupon_drop_minutes": 20}
	add(a, Route{ID: "get-benefit-limits", Method: "GET", Path: "/v1/benefit-limits", Tag: tag, Summary: "Read what the merchant allows to be given away", Actions: read}, a.getLimits)
	add(a, Route{
		ID: "put-benefit-limits", Method: "PUT", Path: "/v1/benefit-limits", Tag: tag, Summary: "Limit what is given away in all rooms", Text: text,
		Actions: write, body: BenefitLimits{}, example: example,
	}, a.putLimits)
	add(a, Route{ID: "get-room-benefit-limits", Method: "GET", Path: "/v1/rooms/{room_id}/benefit-limits", Tag: tag, Summary: "Read what a room may give away", Actions: read}, a.getRoomLimits)
	add(a, Route{
		ID: "put-room-benefit-limits", Method: "PUT", Path: "/v1/rooms/{room_id}/benefit-limits", Tag: tag, Summary: "Limit what a room may give away", Text: text,
		Actions: write, body: BenefitLimits{}, example: example,
	}, a.putRoomLimits)
}

// limitsOf answers with what stands now.
func (a *API) limitsOf(ctx context.Context, m live.MerchantID, room live.RoomID) (*limitsOutput, error) {
	own, holds, err := a.cfg.Store.BenefitLimits(ctx, m, room)
	if err != nil {
		return nil, err
	}
	return &limitsOutput{BenefitLimitsFound{
		MerchantID: string(m), RoomID: string(room), Limits: BenefitLimits(own), Effective: BenefitLimits(holds),
	}}, nil
}

func (a *API) setLimits(ctx context.Context, p live.Principal, m live.MerchantID, room live.RoomID, raw []byte) (*limitsOutput, error) {
	b, err := decode[BenefitLimits](raw)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.PutBenefitLimits(ctx, m, room, live.BenefitLimits(b), p); err != nil {
		return nil, err
	}
	return a.limitsOf(ctx, m, room)
}

func (a *API) getLimits(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*limitsOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	return a.limitsOf(ctx, m, "")
}

func (a *API) putLimits(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*limitsOutput, error) {
	m, err := couponMerchant(p, in.MerchantID, true)
	if err != nil {
		return nil, err
	}
	return a.setLimits(ctx, p, m, "", in.RawBody)
}

func (a *API) getRoomLimits(ctx context.Context, p live.Principal, in *RoomPath) (*limitsOutput, error) {
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	return a.limitsOf(ctx, r.Merchant, r.ID)
}

func (a *API) putRoomLimits(ctx context.Context, p live.Principal, in *struct {
	RoomPath
	rawBody
},
) (*limitsOutput, error) {
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	return a.setLimits(ctx, p, r.Merchant, r.ID, in.RawBody)
}
