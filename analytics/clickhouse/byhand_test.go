package clickhouse

import (
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// hand counts a recorded show by going over its raw events once for every number.
type hand struct {
	show    live.Show
	facts   []fact // all
	viewers []fact // of viewers who are no bots
	flows   []flow
	bots    map[live.PersonID]bool
	out     tally
}

func (h *hand) pv(kinds ...live.Kind) (n int64) {
	for _, f := range h.viewers {
		if slices.Contains(kinds, f.Kind) {
			n++
		}
	}
	return n
}

func (h *hand) uv(kinds ...live.Kind) int64 {
	set := map[live.PersonID]bool{}
	for _, f := range h.viewers {
		if slices.Contains(kinds, f.Kind) {
			set[f.Person] = true
		}
	}
	return int64(len(set))
}

func (h *hand) sum(kind live.Kind, of func(fact) int64) (n int64) {
	for _, f := range h.viewers {
		if f.Kind == kind {
			n += of(f)
		}
	}
	return n
}

// system counts the facts of a kind, whoever stated them.
func (h *hand) system(kind live.Kind, of func(fact) int64) (n int64) {
	for _, f := range h.facts {
		if f.Kind == kind {
			n += of(f)
		}
	}
	return n
}

func one(fact) int64 { return 1 }

// money adds up flows.
func (h *hand) money(in func(flow) bool, of func(flow) int64) (n int64) {
	for _, f := range h.flows {
		if in(f) {
			n += of(f)
		}
	}
	return n
}

// people are those whose flows add up to more than nothing.
func (h *hand) people(in func(flow) bool, of func(flow) int64) (n int64) {
	sums := map[string]int64{}
	for _, f := range h.flows {
		if in(f) {
			sums[f.person] += of(f)
		}
	}
	for _, s := range sums {
		if s > 0 {
			n++
		}
	}
	return n
}

func cny(f flow) bool { return f.cur == "CNY" }
func all(flow) bool   { return true }

var flowOf = map[string]func(flow) int64{
	"orders": func(f flow) int64 { return f.orders }, "orders_paid": func(f flow) int64 { return f.ordersPaid }, "orders_refunded": func(f flow) int64 { return f.refunded },
	"sku_orders": func(f flow) int64 { return f.sku }, "sku_orders_paid": func(f flow) int64 { return f.skuPaid }, "items_paid": func(f flow) int64 { return f.items },
	"gmv_created_minor": func(f flow) int64 { return f.created }, "gmv_paid_minor": func(f flow) int64 { return f.paid }, "subsidy_minor": func(f flow) int64 { return f.subsidy },
	"refund_minor": func(f flow) int64 { return f.refundGoods + f.refundShip }, "refund_goods_minor": func(f flow) int64 { return f.refundGoods },
	"refund_shipping_minor": func(f flow) int64 { return f.refundShip }, "refund_by_pay_date_minor": func(f flow) int64 { return f.payDate },
	"cancelled_paid_minor": func(f flow) int64 { return f.cancelledPaid }, "gmv_net_minor": func(f flow) int64 { return f.paid - f.refundGoods - f.refundShip - f.cancelledPaid },
	"gmv_settled_minor": func(f flow) int64 { return f.settled }, "deposit_minor": func(f flow) int64 { return f.deposit }, "balance_minor": func(f flow) int64 { return f.balance },
	"commission_accrued_minor": func(f flow) int64 { return f.comm }, "commission_reversed_minor": func(f flow) int64 { return f.back }, "commission_minor": func(f flow) int64 { return f.comm - f.back },
	"orders_cancelled": func(f flow) int64 { return b2i(f.cancel != "") },
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// byHand is the third way to every figure of a show.
func byHand(show live.Show, facts []fact, past []analytics.PastShow) tally {
	h := &hand{show: show, facts: facts, flows: flowsOf(show, facts), bots: map[live.PersonID]bool{}, out: tally{}}
	for _, f := range facts {
		if f.Kind == live.BotFlagged || f.Kind == live.BotUnflagged {
			h.bots[f.Person] = f.Kind == live.BotFlagged
		}
	}
	for _, f := range facts {
		if f.Actor.Role == live.RoleViewer && !h.bots[f.Person] {
			h.viewers = append(h.viewers, f)
		}
	}
	h.watching()
	h.interaction()
	h.orders()
	h.given()
	h.products()
	h.sources()
	h.hosts()
	h.moves()
	h.minutes(past)
	return h.out
}

// views counts the views of a person: signs of life more than 30 minutes apart.
func (h *hand) views(p live.PersonID) (n int64) {
	var last time.Time
	for _, f := range h.viewers {
		if f.Person != p || f.Kind != live.RoomEntered && f.Kind != live.WatchHeartbeat {
			continue
		}
		if last.IsZero() || f.ReceivedAt.Sub(last) > 30*time.Minute {
			n++
		}
		last = f.ReceivedAt
	}
	return n
}

func (h *hand) everybody() map[live.PersonID]bool {
	out := map[live.PersonID]bool{}
	for _, f := range h.facts {
		if f.Person != "" {
			out[f.Person] = true
		}
	}
	return out
}

func (h *hand) watchPV() (n int64) {
	for p := range h.everybody() {
		n += h.views(p)
	}
	return n
}

func (h *hand) watching() {
	put := h.out.put
	shown, uv, pv := h.pv(live.RoomExposed), h.uv(live.RoomEntered), h.watchPV()
	put("online_now", "", 0, 0)
	put("room_exposure_pv", "", shown, 0)
	put("room_exposure_uv", "", h.uv(live.RoomExposed), 0)
	put("watch_pv", "", pv, 0)
	put("watch_uv", "", uv, 0)
	var long, whole, bots int64
	for p := range h.everybody() {
		var ms int64
		for _, f := range h.viewers {
			if f.Person == p && f.Kind == live.WatchHeartbeat && f.Visible {
				from, to := f.OccurredAt.Add(-time.Duration(f.Watched)*time.Millisecond), f.OccurredAt
				if from.Before(h.show.StartedAt) {
					from = h.show.StartedAt
				}
				if to.After(h.show.EndedAt) {
					to = h.show.EndedAt
				}
				if to.After(from) {
					ms += to.Sub(from).Milliseconds()
				}
			}
		}
		whole += ms
		long += b2i(ms >= 60_000)
		bots += b2i(h.bots[p])
	}
	put("watch_uv_60s", "", long, 0)
	put("watch_over_1m_rate", "", long, uv)
	put("total_watch_time_ms", "", whole, 0)
	put("avg_watch_time_ms", "", whole, uv)
	put("enter_rate_pv", "", pv, shown)
	put("bots_flagged", "", bots, 0)
}

func (h *hand) interaction() {
	put := h.out.put
	uv, pv := h.uv(live.RoomEntered), h.watchPV()
	comments, likers := h.uv(live.CommentSent), h.uv(live.Liked)
	put("comment_pv", "", h.pv(live.CommentSent), 0)
	put("comments_sent", "", h.pv(live.CommentSent), 0)
	put("comment_uv", "", comments, 0)
	put("comment_rate_uv", "", comments, uv)
	put("like_count", "", h.sum(live.Liked, func(f fact) int64 { return f.Count }), 0)
	put("like_uv", "", likers, 0)
	put("like_rate_uv", "", likers, uv)
	put("share_pv", "", h.pv(live.RoomShared), 0)
	put("share_uv", "", h.uv(live.RoomShared), 0)
	put("follow_gross", "", h.pv(live.Followed), 0)
	var shown, fans int64
	for _, c := range h.viewers {
		if c.Kind != live.CommentSent {
			continue
		}
		hidden := false
		for _, f := range h.facts {
			switch {
			case f.Kind == live.CommentHidden && f.Comment == c.Comment:
				hidden = true
			case f.Kind == live.CommentRestored && f.Comment == c.Comment:
				hidden = false
			case f.Kind == live.ViewerMuted && f.Person == c.Person && f.n > c.n:
				hidden = true
			}
		}
		shown += b2i(!hidden)
	}
	for p := range h.everybody() {
		fan := false
		for _, f := range h.viewers {
			if f.Person == p && (f.Kind == live.Followed || f.Kind == live.Unfollowed) {
				fan = f.Kind == live.Followed
			}
		}
		fans += b2i(fan)
	}
	put("comments_shown", "", shown, 0)
	put("follow_net", "", fans, 0)
	put("follow_rate", "", fans, uv)
	put("gift_count", "", h.sum(live.GiftSent, func(f fact) int64 { return f.Count }), 0)
	put("gift_uv", "", h.uv(live.GiftSent), 0)
	put("gift_value_minor", "", h.sum(live.GiftSent, func(f fact) int64 { return f.Value }), 0)
	any := h.uv(live.CommentSent, live.Liked, live.RoomShared, live.Followed)
	put("interact_uv", "", any, 0)
	put("interact_rate", "", any, uv)
	clicks, seen := h.pv(live.ProductClicked), h.pv(live.ProductExposed)
	put("product_exposure_pv", "", seen, 0)
	put("product_exposure_uv", "", h.uv(live.ProductExposed), 0)
	put("product_click_pv", "", clicks, 0)
	put("product_click_uv", "", h.uv(live.ProductClicked), 0)
	put("product_ctr_exposure", "", clicks, seen)
	put("product_ctr_watch", "", clicks, pv)
	put("cart_pv", "", h.pv(live.CartItemAdded), 0)
	put("cart_uv", "", h.uv(live.CartItemAdded), 0)
	put("checkout_pv", "", h.pv(live.CheckoutStarted), 0)
	put("checkout_uv", "", h.uv(live.CheckoutStarted), 0)
}

func (h *hand) orders() {
	put := h.out.put
	m := map[string]int64{}
	for key, of := range flowOf {
		m[key] = h.money(cny, of)
		put(key, "", m[key], 0)
	}
	uv, pv, clicks := h.uv(live.RoomEntered), h.watchPV(), h.pv(live.ProductClicked)
	buyers, ordered := h.people(cny, flowOf["orders_paid"]), h.people(cny, flowOf["orders"])
	onAir := int64((h.show.EndedAt.Sub(h.show.StartedAt) + time.Minute - 1) / time.Minute)
	put("buyers", "", buyers, 0)
	put("order_uv", "", ordered, 0)
	put("ctor", "", m["sku_orders_paid"], clicks)
	put("create_per_click", "", ordered, h.uv(live.ProductClicked))
	put("pay_per_create", "", buyers, ordered)
	put("view_to_pay", "", buyers, uv)
	put("unpaid_rate", "", m["orders"]-m["orders_paid"], m["orders"])
	paid := m["gmv_paid_minor"]
	put("aov_minor", "", paid, buyers)
	put("price_per_item_minor", "", paid, m["items_paid"])
	put("gpm_watch_minor", "", paid*1000, pv)
	put("uv_value_minor", "", paid, uv)
	put("revenue_per_minute_minor", "", paid, onAir)
	put("refund_rate_amount", "", min(m["refund_by_pay_date_minor"], paid), paid)
	put("refund_rate_goods", "", min(h.money(cny, func(f flow) int64 { return f.payDateGoods }), paid), paid)
	early := h.money(cny, func(f flow) int64 { return f.preShip })
	put("pre_ship_refund_rate", "", early, paid)
	put("post_ship_refund_rate", "", m["refund_minor"]-early, paid)
	put("settle_rate", "", m["gmv_settled_minor"], paid)
	for key, kind := range map[string]live.CancelType{
		"cancel_rate_user": live.CancelUser, "cancel_rate_timeout": live.CancelTimeout, "cancel_rate_all_refunded": live.CancelAllRefunded,
		"cancel_rate_oversold": live.CancelOversold, "cancel_rate_merchant": live.CancelMerchant, "cancel_rate_risk": live.CancelRisk,
	} {
		put(key, "", h.money(cny, func(f flow) int64 { return b2i(f.cancel == string(kind)) }), m["orders"])
	}
	steps := []struct {
		key    string
		pv, uv int64
	}{
		{"room_exposed", h.pv(live.RoomExposed), h.uv(live.RoomExposed)},
		{"room_entered", pv, uv},
		{"product_clicked", clicks, h.uv(live.ProductClicked)},
		{"cart_item_added", h.pv(live.CartItemAdded), h.uv(live.CartItemAdded)},
		{"checkout_started", h.pv(live.CheckoutStarted), h.uv(live.CheckoutStarted)},
		{"order_created", h.money(all, flowOf["orders"]), h.people(all, flowOf["orders"])},
		{"order_paid", h.money(all, flowOf["orders_paid"]), h.people(all, flowOf["orders_paid"])},
	}
	var beforePV, beforeUV int64
	for _, s := range steps {
		put("pv", "step "+s.key, s.pv, 0)
		put("uv", "step "+s.key, s.uv, 0)
		put("pv_rate", "step "+s.key, s.pv, beforePV)
		put("uv_rate", "step "+s.key, s.uv, beforeUV)
		beforePV, beforeUV = s.pv, s.uv
	}
}

func (h *hand) given() {
	put := h.out.put
	uv := h.uv(live.RoomEntered)
	// What viewers took counts with bots, the persons who took it without.
	taken := func(kind live.Kind) int64 { return h.system(kind, one) }
	claimed, winners := taken(live.CouponClaimed), taken(live.LuckyDrawWon)
	undone := func(of func(fact) int64) int64 {
		return h.system(live.CouponReturned, func(f fact) int64 { return b2i(f.Redeemed) * of(f) })
	}
	in := func(of func(fact) int64) func(fact) int64 {
		return func(f fact) int64 { return b2i(f.Currency == "CNY") * of(f) }
	}
	put("coupon_drops", "", taken(live.CouponDropped), 0)
	put("coupon_claimed", "", claimed, 0)
	put("coupon_claim_uv", "", h.uv(live.CouponClaimed), 0)
	put("coupon_claim_rate", "", h.uv(live.CouponClaimed), uv)
	put("coupon_redeemed", "", taken(live.CouponRedeemed), 0)
	put("coupon_returned", "", taken(live.CouponReturned), 0)
	put("coupon_expired", "", taken(live.CouponExpired), 0)
	put("coupon_voided", "", taken(live.CouponVoided), 0)
	put("coupon_redemption_rate", "", taken(live.CouponRedeemed)-undone(one), claimed)
	put("coupon_orders", "", h.system(live.CouponRedeemed, in(one)), 0)
	put("coupon_gmv_minor", "", h.system(live.CouponRedeemed, in(func(f fact) int64 { return f.PaidMinor })), 0)
	off := in(func(f fact) int64 { return f.Discount })
	put("coupon_discount_minor", "", h.system(live.CouponRedeemed, off)-undone(off), 0)
	put("red_packet_shares", "", taken(live.RedPacketClaimed), 0)
	put("red_packet_uv", "", h.uv(live.RedPacketClaimed), 0)
	put("red_packet_minor", "", h.system(live.RedPacketClaimed, in(func(f fact) int64 { return f.Amount })), 0)
	put("draw_entries", "", h.pv(live.LuckyDrawEntered), 0)
	put("draw_entry_uv", "", h.uv(live.LuckyDrawEntered), 0)
	put("draw_entry_rate", "", h.uv(live.LuckyDrawEntered), uv)
	put("draw_winners", "", winners, 0)
	put("prize_claimed", "", taken(live.PrizeClaimed), 0)
	put("prize_forfeited", "", taken(live.PrizeForfeited), 0)
	put("prize_claim_rate", "", taken(live.PrizeClaimed), winners)
}
