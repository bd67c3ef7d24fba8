package sim

import (
	"maps"

	"showrunner/live"
)

// gifts is what a show gave away, by what was acknowledged.
type gifts struct {
	drops, prizes, winners int64
	count                  map[live.Kind]int64
	who                    map[live.Kind]map[string]bool
	shares                 int64 // minor units
}

// Dropped books that coupons were opened to the room.
func (t *Tally) Dropped() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gifts.drops++
}

// Took books that a person was given a coupon, a share of a red packet of so
// many minor units, or an entry in a draw.
func (t *Tally) Took(person string, k live.Kind, minor int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gifts.count == nil {
		t.gifts.count, t.gifts.who = map[live.Kind]int64{}, map[live.Kind]map[string]bool{}
	}
	t.gifts.count[k]++
	mark(t.gifts.who, k, person)
	t.gifts.shares += minor
}

// Drawn books the winners of a draw.
func (t *Tally) Drawn(winners int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gifts.winners += winners
}

// Claimed books a prize that its winner claimed.
func (t *Tally) Claimed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gifts.prizes++
}

// benefits adds what was given away to the figures. A coupon is redeemed by the
// payment of its order, and comes back when that is cancelled or everything that
// was paid is refunded. coupon_returned lacks the orders that ran out unpaid, of
// which the tally is not told.
func (t *Tally) benefits(f *Figures) {
	g := &t.gifts
	maps.Copy(f.Counts, map[string]int64{
		"coupon_drops": g.drops, "coupon_claimed": g.count[live.CouponClaimed], "coupon_claim_uv": int64(len(g.who[live.CouponClaimed])),
		"red_packet_shares": g.count[live.RedPacketClaimed], "red_packet_uv": int64(len(g.who[live.RedPacketClaimed])), "red_packet_minor": g.shares,
		"draw_entries": g.count[live.LuckyDrawEntered], "draw_entry_uv": int64(len(g.who[live.LuckyDrawEntered])),
		"draw_winners": g.winners, "prize_claimed": g.prizes, "prize_forfeited": 0, "coupon_expired": 0, "coupon_voided": 0,
		"coupon_redeemed": 0, "coupon_orders": 0, "coupon_gmv_minor": 0, "coupon_discount_minor": 0,
	})
	for _, b := range t.orders {
		if !b.created || b.Coupon == 0 {
			continue
		}
		paid := !b.paidAt.IsZero()
		back := b.cancelled || paid && b.refunded() >= b.Due()
		if paid {
			f.Counts["coupon_redeemed"]++
			f.Counts["coupon_orders"]++
			f.Counts["coupon_gmv_minor"] += b.payments
			if !back {
				f.Counts["coupon_discount_minor"] += b.Coupon
			}
		}
		if back {
			f.Returned++
		}
	}
}

// refunded is everything that went back of an order.
func (b *bought) refunded() (sum int64) {
	for _, r := range b.refunds {
		sum += r.Goods + r.Shipping
	}
	return sum
}
