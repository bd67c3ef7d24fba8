package analytics

import (
	"encoding/json"
	"reflect"

	"showrunner/live"
)

// Benefits is what a show gave away, to whomever: what was given was given, also
// to a bot. How many persons took it stands in [Traffic]. It is counted from
// the facts of the store alone: what platforms tell of coupons of their own is
// not in it.
type Benefits struct {
	CouponDrops                   int64
	CouponsClaimed                int64
	CouponsRedeemed               int64 // in orders of the show that were paid
	CouponsReturned               int64 // from an order that came to nothing, paid or not
	CouponsUnredeemed             int64 // the part of CouponsReturned that had been redeemed
	CouponsExpired, CouponsVoided int64
	PacketShares                  int64
	DrawWinners                   int64
	PrizesClaimed                 int64
	PrizesForfeited               int64
	Money                         []BenefitMoney // sorted by currency
}

// Add adds the numbers of others; Money stays what it is.
func (b *Benefits) Add(o *Benefits) { addInts(reflect.ValueOf(b).Elem(), reflect.ValueOf(o).Elem()) }

// BenefitMoney is what was given away in one currency, in minor units.
type BenefitMoney struct {
	Currency       live.Currency
	CouponOrders   int64 // paid, also those cancelled or refunded later
	CouponGMV      int64 // what was paid for them
	CouponDiscount int64 // taken off orders that were paid, less what came back
	PacketGiven    int64 // shares of red packets that were taken
}

// BenefitKinds are the facts that [Benefits] are counted from.
var BenefitKinds = []live.Kind{
	live.CouponDropped, live.CouponClaimed, live.CouponRedeemed, live.CouponReturned, live.CouponExpired, live.CouponVoided,
	live.RedPacketClaimed, live.LuckyDrawEntered, live.LuckyDrawWon, live.PrizeClaimed, live.PrizeForfeited,
}

// benefitFields are the members of data that benefits look at.
type benefitFields struct {
	Currency live.Currency `json:"currency"`
	Discount int64         `json:"discount_minor"`
	Paid     int64         `json:"paid_minor"`
	Amount   int64         `json:"amount_minor"`
	Redeemed bool          `json:"redeemed"`
}

// addBenefit counts what the store stated about a benefit. Who took it must be a
// viewer; who drew or what expired need not.
func (f *Fold) addBenefit(e *live.Event) {
	if e.Source != live.SourceSystem {
		return
	}
	b := &f.benefits
	who := int32(-1)
	if e.Person != "" && e.Counts() {
		who = f.person(e.Person)
	}
	switch e.Kind {
	case live.CouponDropped:
		b.CouponDrops++
	case live.CouponClaimed:
		if e.Counts() {
			b.CouponsClaimed++
			f.once(who, didClaim)
		}
	case live.CouponRedeemed, live.CouponReturned:
		f.addCouponOrder(e)
	case live.CouponExpired:
		b.CouponsExpired++
	case live.CouponVoided:
		b.CouponsVoided++
	case live.RedPacketClaimed:
		if e.Counts() {
			d := readBenefit(e.Data)
			b.PacketShares++
			f.once(who, didShareOut)
			f.given(d.Currency).PacketGiven += d.Amount
		}
	case live.LuckyDrawEntered:
		if e.Counts() {
			f.do(who, deed{kind: deedDraw, minute: int32(unixMinute(e.ReceivedAt)), product: -1})
			f.once(who, didDraw)
		}
	case live.LuckyDrawWon:
		b.DrawWinners++
	case live.PrizeClaimed:
		b.PrizesClaimed++
	case live.PrizeForfeited:
		b.PrizesForfeited++
	}
}

// addCouponOrder counts an order that was paid with a coupon, or one that gave
// its coupon back.
func (f *Fold) addCouponOrder(e *live.Event) {
	b, d := &f.benefits, readBenefit(e.Data)
	m := f.given(d.Currency)
	switch {
	case e.Kind == live.CouponRedeemed:
		b.CouponsRedeemed++
		m.CouponOrders++
		m.CouponGMV += d.Paid
		m.CouponDiscount += d.Discount
	case d.Redeemed:
		b.CouponsUnredeemed++
		m.CouponDiscount -= d.Discount
		fallthrough
	default:
		b.CouponsReturned++
	}
}

func readBenefit(data json.RawMessage) (d benefitFields) {
	if json.Unmarshal(data, &d) != nil {
		return benefitFields{}
	}
	return d
}

func (f *Fold) given(c live.Currency) *BenefitMoney {
	m := f.gifts[c]
	if m == nil {
		m = &BenefitMoney{Currency: c}
		f.gifts[c] = m
	}
	return m
}
