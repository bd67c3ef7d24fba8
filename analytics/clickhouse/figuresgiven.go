package clickhouse

import (
	"context"
	"slices"

	"showrunner/analytics"
	"showrunner/live"
)

// givenKinds are all that [question.given] reads.
var givenKinds = slices.Concat([]live.Kind{live.LadderChanged}, analytics.CommissionKinds, analytics.BenefitKinds)

// given is what the show gave away and what it caused: benefits by currency, from
// the facts of the store, where who took one must be a viewer; moves on the
// ladder by rungs, where one that was withdrawn is told again and so takes itself
// back; and commissions by referrer and currency.
func (q *question) given(ctx context.Context) error {
	if !q.seen.any(givenKinds) {
		return nil
	}
	taken := func(k live.Kind) string {
		return `toInt64(countIf(kind = '` + string(k) + `' AND actor_role = 'viewer'))`
	}
	const word = `JSONExtractString(props, '`
	const minor = `sumIf(JSONExtractInt(props, '`
	return q.rows(ctx, "given", `SELECT multiIf(kind = 'ladder_changed', 'move', kind IN (`+quoted(analytics.CommissionKinds)+`), 'commission', 'benefit') AS what,
		multiIf(what = 'move', `+word+`from'), what = 'commission', `+word+`referrer'), what = 'benefit', `+word+`currency'), '') AS a,
		multiIf(what = 'move', `+word+`to'), what = 'commission', `+word+`currency'), '') AS b,
		`+n(live.CouponDropped)+`, `+taken(live.CouponClaimed)+`, `+n(live.CouponRedeemed)+`, `+n(live.CouponReturned)+`,
		toInt64(countIf(kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed'))), `+n(live.CouponExpired)+`, `+n(live.CouponVoided)+`, `+
		taken(live.RedPacketClaimed)+`, `+n(live.LuckyDrawWon)+`, `+n(live.PrizeClaimed)+`, `+n(live.PrizeForfeited)+`,
		`+minor+`paid_minor'), kind = 'coupon_redeemed'),
		`+minor+`discount_minor'), kind = 'coupon_redeemed') - `+minor+`discount_minor'), kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed')),
		`+minor+`amount_minor'), kind = 'red_packet_claimed' AND actor_role = 'viewer'),
		sumIf(if(JSONExtractBool(props, 'withdrawn'), -1, 1), kind = 'ladder_changed'),
		toInt64(uniqExactIf(`+word+`order_id'), what = 'commission')),
		`+minor+`commission_minor'), kind = 'commission_accrued'), `+minor+`commission_minor'), kind = 'commission_reversed')`+events+`
		AND kind IN (`+quoted(givenKinds)+`)
		AND (what != 'benefit' OR source = '`+live.SourceSystem+`') GROUP BY what, a, b`,
		func(scan scanner) error {
			var what, a, b string
			var g analytics.Benefits
			var moves int64
			var m analytics.BenefitMoney
			var e analytics.Earned
			if err := scan(&what, &a, &b, &g.CouponDrops, &g.CouponsClaimed, &g.CouponsRedeemed, &g.CouponsReturned, &g.CouponsUnredeemed, &g.CouponsExpired, &g.CouponsVoided,
				&g.PacketShares, &g.DrawWinners, &g.PrizesClaimed, &g.PrizesForfeited, &m.CouponGMV, &m.CouponDiscount, &m.PacketGiven, &moves, &e.Orders, &e.Accrued, &e.Reversed); err != nil {
				return err
			}
			switch what {
			case "move":
				q.f.Ladder = append(q.f.Ladder, analytics.RungFlow{From: live.Rung(a), To: live.Rung(b), Moves: moves})
			case "commission":
				e.Referrer, e.Currency = live.PersonID(a), live.Currency(b)
				q.f.Earned = append(q.f.Earned, e)
			default:
				m.Currency, m.CouponOrders = live.Currency(a), g.CouponsRedeemed
				q.f.Benefits.Add(&g)
				q.f.Benefits.Money = append(q.f.Benefits.Money, m)
			}
			return nil
		})
}
