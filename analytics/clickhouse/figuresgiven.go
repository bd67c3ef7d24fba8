package clickhouse

import (
	"context"
	"slices"

	"showrunner/analytics"
	"showrunner/live"
)

// givenKinds are all that [question.given] reads.
var givenKinds = slices.Concat([]live.Kind{live.LadderChanged}, analytics.CommissionKinds, analytics.BenefitKinds)

// givenColumns are what givenRow scans, givenFacts what they are of, grouped by what,
// a and b.
var givenColumns, givenFacts = func() (columns, facts string) {
	taken := func(k live.Kind) string {
		return `toInt64(countIf(kind = '` + string(k) + `' AND actor_role = 'viewer'))`
	}
	const word = `JSONExtractString(props, '`
	const minor = `sumIf(JSONExtractInt(props, '`
	columns = `multiIf(kind = 'ladder_changed', 'move', kind IN (` + quoted(analytics.CommissionKinds) + `), 'commission', 'benefit') AS what,
		multiIf(what = 'move', ` + word + `from'), what = 'commission', ` + word + `referrer'), what = 'benefit', ` + word + `currency'), '') AS a,
		multiIf(what = 'move', ` + word + `to'), what = 'commission', ` + word + `currency'), '') AS b,
		` + n(live.CouponDropped) + `, ` + taken(live.CouponClaimed) + `, ` + n(live.CouponRedeemed) + `, ` + n(live.CouponReturned) + `,
		toInt64(countIf(kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed'))), ` + n(live.CouponExpired) + `, ` + n(live.CouponVoided) + `, ` +
		taken(live.RedPacketClaimed) + `, ` + n(live.LuckyDrawWon) + `, ` + n(live.PrizeClaimed) + `, ` + n(live.PrizeForfeited) + `,
		` + minor + `paid_minor'), kind = 'coupon_redeemed'),
		` + minor + `discount_minor'), kind = 'coupon_redeemed') - ` + minor + `discount_minor'), kind = 'coupon_returned' AND JSONExtractBool(props, 'redeemed')),
		` + minor + `amount_minor'), kind = 'red_packet_claimed' AND actor_role = 'viewer'),
		sumIf(if(JSONExtractBool(props, 'withdrawn'), -1, 1), kind = 'ladder_changed'),
		toInt64(uniqExactIf(` + word + `order_id'), what = 'commission')),
		` + minor + `commission_minor'), kind = 'commission_accrued'), ` + minor + `commission_minor'), kind = 'commission_reversed')`
	return columns, `AND kind IN (` + quoted(givenKinds) + `) AND (what != 'benefit' OR source = '` + live.SourceSystem + `') `
}()

// givenRow is what was given away in one currency, one way up or down the ladder, or
// what one referrer earned in one currency.
type givenRow struct {
	what, a, b string
	benefits   analytics.Benefits
	money      analytics.BenefitMoney
	moves      int64
	earned     analytics.Earned
}

func (r *givenRow) dest() []any {
	g, m, e := &r.benefits, &r.money, &r.earned
	return []any{
		&r.what, &r.a, &r.b, &g.CouponDrops, &g.CouponsClaimed, &g.CouponsRedeemed, &g.CouponsReturned, &g.CouponsUnredeemed, &g.CouponsExpired, &g.CouponsVoided,
		&g.PacketShares, &g.DrawWinners, &g.PrizesClaimed, &g.PrizesForfeited, &m.CouponGMV, &m.CouponDiscount, &m.PacketGiven, &r.moves, &e.Orders, &e.Accrued, &e.Reversed,
	}
}

// into adds the row to figures.
func (r *givenRow) into(f *analytics.Figures) {
	switch r.what {
	case "move":
		f.Ladder = append(f.Ladder, analytics.RungFlow{From: live.Rung(r.a), To: live.Rung(r.b), Moves: r.moves})
	case "commission":
		r.earned.Referrer, r.earned.Currency = live.PersonID(r.a), live.Currency(r.b)
		f.Earned = append(f.Earned, r.earned)
	default:
		r.money.Currency, r.money.CouponOrders = live.Currency(r.a), r.benefits.CouponsRedeemed
		f.Benefits.Add(&r.benefits)
		f.Benefits.Money = append(f.Benefits.Money, r.money)
	}
}

// given is what the show gave away and what it caused: benefits by currency, from
// the facts of the store, where who took one must be a viewer; moves on the
// ladder by rungs, where one that was withdrawn is told again and so takes itself
// back; and commissions by referrer and currency.
func (q *question) given(ctx context.Context) error {
	if !q.seen.any(givenKinds) {
		return nil
	}
	return q.rows(ctx, "given", `SELECT `+givenColumns+events+givenFacts+`GROUP BY what, a, b`, func(scan scanner) error {
		var g givenRow
		if err := scan(g.dest()...); err != nil {
			return err
		}
		g.into(q.f)
		return nil
	})
}
