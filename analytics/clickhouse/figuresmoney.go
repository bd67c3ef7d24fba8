package clickhouse

import (
	"cmp"
	"context"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// moneySums are the additive columns in the order of moneyOf, of the facts and
// of the rollup of a show alike.
const moneySums = ` sum(orders), sum(orders_paid), sum(cancelled), sum(refunded), sum(sku_orders), sum(sku_paid),
	sum(units_created), sum(units_paid), sum(created), sum(paid), sum(subsidy), sum(refund_goods), sum(refund_ship), sum(cancelled_paid),
	sum(cancelled_user), sum(cancelled_timeout), sum(cancelled_all_refunded), sum(cancelled_oversold), sum(cancelled_merchant), sum(cancelled_risk),
	sum(settled), sum(deposit), sum(balance), sum(commission), sum(commission_back), sum(refund_pre_ship)`

func moneyOf(m *analytics.Money) []any {
	return []any{
		(*string)(&m.Currency), &m.Orders, &m.OrdersPaid, &m.OrdersCancelled, &m.OrdersRefunded, &m.SKUOrders, &m.SKUOrdersPaid,
		&m.ItemsCreated, &m.ItemsPaid, &m.Created, &m.Paid, &m.Subsidy, &m.RefundGoods, &m.RefundShipping, &m.CancelledPaid,
		&m.CancelledUser, &m.CancelledTimeout, &m.CancelledAllRefunded, &m.CancelledOversold, &m.CancelledMerchant, &m.CancelledForRisk,
		&m.Settled, &m.Deposit, &m.Balance, &m.CommissionAccrued, &m.CommissionReversed, &m.RefundPreShip,
	}
}

// ofPayDate is a row of an order that was paid on the show.
const ofPayDate = `paid_at IS NOT NULL AND toUnixTimestamp64Milli(assumeNotNull(paid_at)) BETWEEN {from:Int64} AND {until:Int64}`

// money sums the order book by currency.
func (q *question) money(ctx context.Context) error {
	return q.rows(ctx, "money", `SELECT currency,`+moneySums+`,
		sumIf(refund_goods + refund_ship, `+ofPayDate+`), sumIf(refund_goods, `+ofPayDate+`)`+deltas+`GROUP BY currency`,
		func(scan scanner) error {
			var m analytics.Money
			if err := scan(append(moneyOf(&m), &m.RefundsOfPayDate, &m.GoodsOfPayDate)...); err != nil {
				return err
			}
			q.f.Money = append(q.f.Money, m)
			return nil
		})
}

// buyersOf is what one buyer did in one currency, or all of them did in one currency
// or in all.
type buyersOf struct {
	person, currency              string
	orders, paid, ordered, bought int64 // orders, and the persons behind them
	paidMinor, netMinor           int64
}

// inAll stands for all currencies: a person counts once, and what was taken back
// in one of them counts against what was bought in another.
const inAll = "*"

// customers counts the persons behind the order book, by currency and over all. Where
// it matters by which channel they came, which [question.watching] tells, it asks for
// each of them.
func (q *question) customers(ctx context.Context) error {
	each := `SELECT person_id, arrayJoin([toString(currency), '` + inAll + `']) AS cur, sum(orders) AS o, sum(orders_paid) AS b,
				toInt64(o > 0 AND person_id != '') AS ordered, toInt64(b > 0 AND person_id != '') AS bought,
				sum(paid) AS p, sum(paid - refund_goods - refund_ship - cancelled_paid) AS net` + deltas + `GROUP BY person_id, cur`
	if !q.need.Has(analytics.PartSources) {
		each = `SELECT '', cur, sum(o), sum(b), sum(ordered), sum(bought), sum(p), sum(net) FROM (` + each + `) GROUP BY cur`
	}
	return q.rows(ctx, "buyers", each,
		func(scan scanner) error {
			var b buyersOf
			if err := scan(&b.person, &b.currency, &b.orders, &b.paid, &b.ordered, &b.bought, &b.paidMinor, &b.netMinor); err != nil {
				return err
			}
			q.buyers = append(q.buyers, b)
			return nil
		})
}

// bought puts the buyers where they belong: into the money, the sources and the
// funnel, where orders of all currencies count together.
func (q *question) bought() {
	f := q.f
	var all buyersOf
	for _, b := range q.buyers {
		if b.currency == inAll {
			all.orders, all.paid, all.ordered, all.bought = all.orders+b.orders, all.paid+b.paid, all.ordered+b.ordered, all.bought+b.bought
		}
		for i := range f.Money {
			if m := &f.Money[i]; string(m.Currency) == b.currency {
				m.OrderUV += b.ordered
				m.Buyers += b.bought
			}
		}
		if q.need.Has(analytics.PartSources) {
			q.came(&b)
		}
	}
	f.Funnel = analytics.NewFunnel(&f.Traffic, all.orders, all.ordered, all.paid, all.bought)
}

// came adds what a buyer did to the channel by which they came.
func (q *question) came(b *buyersOf) {
	s := q.source(cmp.Or(q.arrived[b.person], "unknown"))
	if b.currency == inAll {
		s.Buyers += b.bought
		return
	}
	q.paid(live.Currency(b.currency), b.paidMinor)
	for i := range s.Money {
		if m := &s.Money[i]; string(m.Currency) == b.currency {
			m.Paid += b.paidMinor
			m.Net += b.netMinor
			return
		}
	}
	s.Money = append(s.Money, analytics.SourceMoney{Currency: live.Currency(b.currency), Paid: b.paidMinor, Net: b.netMinor})
}

// paid adds what came from a channel to the money of its currency, where that was
// not asked for itself: shares of channels are parts of it.
func (q *question) paid(c live.Currency, minor int64) {
	if q.need.Has(ofMoney) {
		return
	}
	for i := range q.f.Money {
		if m := &q.f.Money[i]; m.Currency == c {
			m.Paid += minor
			return
		}
	}
	q.f.Money = append(q.f.Money, analytics.Money{Currency: c, Paid: minor})
}

// book is money, sales and productSales in one, and tells how the order book stands.
func (q *question) book(ctx context.Context) error {
	return q.rows(ctx, "book", `SELECT grouping(t, product_id) AS left_out, rehearsal, toStartOfMinute(at) AS t, product_id, currency,`+moneySums+`,
		sumIf(refund_goods + refund_ship, `+ofPayDate+`), sumIf(refund_goods, `+ofPayDate+`), `+extentOf(`at`)+allDeltas+`GROUP BY GROUPING SETS ((currency, rehearsal), (t, currency, rehearsal), (product_id, currency, rehearsal))`,
		func(scan scanner) error {
			var out uint64
			var rehearsed uint8
			var t time.Time
			var id string
			var m analytics.Money
			var x Extent
			if err := scan(append(append([]any{&out, &rehearsed, &t, &id}, moneyOf(&m)...), &m.RefundsOfPayDate, &m.GoodsOfPayDate, &x.Rows, &x.Places, &x.Latest)...); err != nil {
				return err
			}
			if out == 0b11 {
				q.stood.Deltas.add(x)
			}
			switch {
			case rehearsed != 0:
			case out == 0b11:
				q.f.Money = append(q.f.Money, m)
			case out == 0b01:
				at := q.minute(t)
				at.Orders += m.Orders
				at.Paid += m.OrdersPaid
				at.Money = append(at.Money, analytics.MinuteMoney{
					Currency: m.Currency, Created: m.Created, Paid: m.Paid, Refunded: m.Refunded(), CancelledPaid: m.CancelledPaid,
					Settled: m.Settled, Deposit: m.Deposit, Balance: m.Balance, Commission: m.Commission(),
				})
			case id != "":
				p := q.product(id)
				p.Money = append(p.Money, analytics.ProductMoney{
					Currency: m.Currency, SKUOrders: m.SKUOrders, SKUOrdersPaid: m.SKUOrdersPaid, ItemsPaid: m.ItemsPaid,
					Created: m.Created, Paid: m.Paid, Refunded: m.Refunded(), CancelledPaid: m.CancelledPaid,
				})
			}
			return nil
		})
}

// sales adds what was sold minute by minute.
func (q *question) sales(ctx context.Context) error {
	return q.rows(ctx, "money minutes", `SELECT toStartOfMinute(at) AS t, currency, sum(orders), sum(orders_paid),
		sum(created), sum(paid), sum(refund_goods + refund_ship), sum(cancelled_paid), sum(settled), sum(deposit), sum(balance), sum(commission - commission_back)`+deltas+`GROUP BY t, currency`,
		func(scan scanner) error {
			var t time.Time
			var orders, paid int64
			var c analytics.MinuteMoney
			if err := scan(&t, (*string)(&c.Currency), &orders, &paid, &c.Created, &c.Paid, &c.Refunded, &c.CancelledPaid,
				&c.Settled, &c.Deposit, &c.Balance, &c.Commission); err != nil {
				return err
			}
			m := q.minute(t)
			m.Orders += orders
			m.Paid += paid
			m.Money = append(m.Money, c)
			return nil
		})
}

// productSales adds what was sold of each product.
func (q *question) productSales(ctx context.Context) error {
	return q.rows(ctx, "product money", `SELECT product_id, currency, sum(sku_orders), sum(sku_paid), sum(units_paid),
		sum(created), sum(paid), sum(refund_goods + refund_ship), sum(cancelled_paid)`+deltas+`AND product_id != '' GROUP BY product_id, currency`,
		func(scan scanner) error {
			var id string
			var m analytics.ProductMoney
			if err := scan(&id, (*string)(&m.Currency), &m.SKUOrders, &m.SKUOrdersPaid, &m.ItemsPaid, &m.Created, &m.Paid, &m.Refunded, &m.CancelledPaid); err != nil {
				return err
			}
			p := q.product(id)
			p.Money = append(p.Money, m)
			return nil
		})
}
