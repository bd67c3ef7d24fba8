package clickhouse

import (
	"context"

	"showrunner/analytics"
)

// caused counts the moves on the ladder that the show caused and what its orders
// earn referrers, from the facts that tell them: a move that was withdrawn is
// told again, and so takes itself back.
func (q *question) caused(ctx context.Context, f *analytics.Figures) error {
	err := q.rows(ctx, "moves", `SELECT JSONExtractString(props, 'from') AS a, JSONExtractString(props, 'to') AS b,
		sum(if(JSONExtractBool(props, 'withdrawn'), -1, 1))`+events+`AND kind = 'ladder_changed' GROUP BY a, b`,
		func(scan scanner) error {
			var x analytics.RungFlow
			if err := scan((*string)(&x.From), (*string)(&x.To), &x.Moves); err != nil {
				return err
			}
			f.Ladder = append(f.Ladder, x)
			return nil
		})
	if err != nil {
		return err
	}
	return q.rows(ctx, "commissions", `SELECT JSONExtractString(props, 'referrer') AS who, JSONExtractString(props, 'currency') AS cur,
		toInt64(uniqExact(JSONExtractString(props, 'order_id'))), sumIf(JSONExtractInt(props, 'commission_minor'), kind = 'commission_accrued'),
		sumIf(JSONExtractInt(props, 'commission_minor'), kind = 'commission_reversed')`+events+`AND kind IN (`+quoted(analytics.CommissionKinds)+`) GROUP BY who, cur`,
		func(scan scanner) error {
			var x analytics.Earned
			if err := scan((*string)(&x.Referrer), (*string)(&x.Currency), &x.Orders, &x.Accrued, &x.Reversed); err != nil {
				return err
			}
			f.Earned = append(f.Earned, x)
			return nil
		})
}
