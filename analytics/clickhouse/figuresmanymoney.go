package clickhouse

import (
	"context"

	"showrunner/analytics"
)

// money sums the order books by currency, as [question.money] does.
func (q *many) money(ctx context.Context) error {
	ofPayDate := ofEach.Replace(ofPayDate)
	return q.rows(ctx, "money of shows", `SELECT toString(show_id), currency,`+moneySums+`,
		sumIf(refund_goods + refund_ship, `+ofPayDate+`), sumIf(refund_goods, `+ofPayDate+`)`+manyDeltas+`GROUP BY show_id, currency`,
		func() ([]any, func(*countedShow)) {
			var m analytics.Money
			return append(moneyOf(&m), &m.RefundsOfPayDate, &m.GoodsOfPayDate), func(s *countedShow) { s.f.Money = append(s.f.Money, m) }
		})
}

// customers counts the persons behind the order books, by currency and over all, as
// [question.customers] does where nobody asks for channels.
func (q *many) customers(ctx context.Context) error {
	return q.rows(ctx, "buyers of shows", `SELECT toString(show_id), cur, sum(o), sum(b), toInt64(countIf(o > 0 AND person_id != '')), toInt64(countIf(b > 0 AND person_id != '')) FROM (
			SELECT show_id, person_id, arrayJoin([toString(currency), '`+inAll+`']) AS cur, sum(orders) AS o, sum(orders_paid) AS b`+manyDeltas+`GROUP BY show_id, person_id, cur)
		GROUP BY show_id, cur`,
		func() ([]any, func(*countedShow)) {
			var b buyersOf
			return []any{&b.currency, &b.orders, &b.paid, &b.ordered, &b.bought}, func(s *countedShow) { s.buyers = append(s.buyers, b) }
		})
}
