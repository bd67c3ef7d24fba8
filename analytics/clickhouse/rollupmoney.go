package clickhouse

import (
	"context"

	"showrunner/analytics"
	"showrunner/live"
)

// RollupMoney reads the money of a show from the rollups alone, the other side
// of a reconciliation. Rollups have no past: it is what is in by now.
// RefundsOfPayDate and GoodsOfPayDate are in no rollup and zero.
func (db *DB) RollupMoney(ctx context.Context, merchant live.MerchantID, show live.ShowID) ([]analytics.Money, error) {
	q := question{db: db, parameters: map[string]string{"merchant": string(merchant), "show": string(show)}}
	const where = ` WHERE merchant_id = {merchant:String} AND show_id = {show:String} `
	f := analytics.Figures{}
	err := q.rows(ctx, "rollup money", `SELECT currency,`+moneySums+`, any(b.order_uv), any(b.buyers)
		FROM (SELECT * FROM show_money`+where+`) AS m LEFT JOIN (
			SELECT currency, toInt64(countIf(o > 0)) AS order_uv, toInt64(countIf(p > 0)) AS buyers FROM (
				SELECT currency, person_id, sum(orders) AS o, sum(orders_paid) AS p FROM person_money`+where+`GROUP BY currency, person_id)
			GROUP BY currency) AS b ON b.currency = m.currency
		GROUP BY currency ORDER BY currency`,
		func(scan scanner) error {
			var m analytics.Money
			if err := scan(append(moneyOf(&m), &m.OrderUV, &m.Buyers)...); err != nil {
				return err
			}
			f.Money = append(f.Money, m)
			return nil
		})
	f.Tidy()
	return f.Money, err
}
