package clickhouse

import (
	"context"
	"strings"

	"showrunner/analytics"
	"showrunner/live"
)

// benefitFacts are the facts of the store that benefits are counted from.
var benefitFacts = events + `AND source = '` + live.SourceSystem + `' AND kind IN (` + quoted(analytics.BenefitKinds) + `) `

func quoted(kinds []live.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = "'" + string(k) + "'"
	}
	return strings.Join(names, ", ")
}

// takers counts the persons who took part in what was given away.
func (q *question) takers(ctx context.Context, f *analytics.Figures) error {
	t := &f.Traffic
	return q.rows(ctx, "takers", `SELECT `+uv(live.CouponClaimed)+`, `+uv(live.RedPacketClaimed)+`, `+n(live.LuckyDrawEntered)+`, `+uv(live.LuckyDrawEntered)+
		q.viewers+`AND source = '`+live.SourceSystem+`'`,
		func(scan scanner) error { return scan(&t.CouponClaimUV, &t.PacketUV, &t.DrawEntries, &t.DrawEntryUV) })
}

// benefits counts what was given away. Who took it must be a viewer.
func (q *question) benefits(ctx context.Context, f *analytics.Figures) error {
	b := &f.Benefits
	taken := func(k live.Kind) string {
		return `toInt64(countIf(kind = '` + string(k) + `' AND actor_role = 'viewer'))`
	}
	err := q.rows(ctx, "benefits", `SELECT `+n(live.CouponDropped)+`, `+taken(live.CouponClaimed)+`, `+n(live.CouponRedeemed)+`, `+n(live.CouponReturned)+`,
		toInt64(countIf(kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed'))), `+n(live.CouponExpired)+`, `+n(live.CouponVoided)+`, `+
		taken(live.RedPacketClaimed)+`, `+n(live.LuckyDrawWon)+`, `+n(live.PrizeClaimed)+`, `+n(live.PrizeForfeited)+benefitFacts,
		func(scan scanner) error {
			return scan(&b.CouponDrops, &b.CouponsClaimed, &b.CouponsRedeemed, &b.CouponsReturned,
				&b.CouponsUnredeemed, &b.CouponsExpired, &b.CouponsVoided,
				&b.PacketShares, &b.DrawWinners, &b.PrizesClaimed, &b.PrizesForfeited)
		})
	if err != nil {
		return err
	}
	return q.rows(ctx, "benefit money", `SELECT JSONExtractString(props, 'currency') AS currency, `+n(live.CouponRedeemed)+`,
		sumIf(JSONExtractInt(props, 'paid_minor'), kind = 'coupon_redeemed'),
		sumIf(JSONExtractInt(props, 'discount_minor'), kind = 'coupon_redeemed')
			- sumIf(JSONExtractInt(props, 'discount_minor'), kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed')),
		sumIf(JSONExtractInt(props, 'amount_minor'), kind = 'red_packet_claimed' AND actor_role = 'viewer')`+benefitFacts+`GROUP BY currency`,
		func(scan scanner) error {
			var m analytics.BenefitMoney
			if err := scan((*string)(&m.Currency), &m.CouponOrders, &m.CouponGMV, &m.CouponDiscount, &m.PacketGiven); err != nil {
				return err
			}
			b.Money = append(b.Money, m)
			return nil
		})
}
