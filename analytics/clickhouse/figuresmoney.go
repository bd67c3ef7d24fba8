package clickhouse

import (
	"context"
	"math"
	"strconv"
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

// onShow bounds the payments made on the show, in unix milliseconds; an empty
// interval if it has not started.
func onShow(show live.Show) (from, until int64) {
	if show.StartedAt.IsZero() {
		return 0, -1
	}
	if show.EndedAt.IsZero() {
		return show.StartedAt.UnixMilli(), math.MaxInt64
	}
	return show.StartedAt.UnixMilli(), show.EndedAt.UnixMilli()
}

// money sums the order book and counts the persons behind it, by currency.
func (q *question) money(ctx context.Context, f *analytics.Figures) error {
	from, until := onShow(q.show)
	q.parameters["from"], q.parameters["until"] = strconv.FormatInt(from, 10), strconv.FormatInt(until, 10)
	at := map[live.Currency]int{}
	const ofPayDate = `paid_at IS NOT NULL AND toUnixTimestamp64Milli(assumeNotNull(paid_at)) BETWEEN {from:Int64} AND {until:Int64}`
	err := q.rows(ctx, "money", `SELECT currency,`+moneySums+`,
		sumIf(refund_goods + refund_ship, `+ofPayDate+`), sumIf(refund_goods, `+ofPayDate+`)`+
		deltas+`GROUP BY currency ORDER BY currency`,
		func(scan scanner) error {
			var m analytics.Money
			if err := scan(append(moneyOf(&m), &m.RefundsOfPayDate, &m.GoodsOfPayDate)...); err != nil {
				return err
			}
			at[m.Currency] = len(f.Money)
			f.Money = append(f.Money, m)
			return nil
		})
	if err != nil {
		return err
	}
	return q.rows(ctx, "buyers", `SELECT currency, toInt64(countIf(o > 0)), toInt64(countIf(p > 0)) FROM (
		SELECT currency, sum(orders) AS o, sum(orders_paid) AS p`+deltas+`AND person_id != '' GROUP BY currency, person_id) GROUP BY currency`,
		func(scan scanner) error {
			var currency string
			var ordered, bought int64
			if err := scan(&currency, &ordered, &bought); err != nil {
				return err
			}
			// New facts may have come in between; their currency waits for the next question.
			if i, ok := at[live.Currency(currency)]; ok {
				f.Money[i].OrderUV, f.Money[i].Buyers = ordered, bought
			}
			return nil
		})
}

// minutesOf finds the minute of an instant, or begins it.
func minutesOf(f *analytics.Figures) func(time.Time) *analytics.Minute {
	at := map[int64]int{}
	return func(t time.Time) *analytics.Minute {
		i, ok := at[t.Unix()]
		if !ok {
			i = len(f.Minutes)
			at[t.Unix()] = i
			f.Minutes = append(f.Minutes, analytics.Minute{T: t.UTC()})
		}
		return &f.Minutes[i]
	}
}

// present is how many persons gave a sign of life.
const present = `toInt64(uniqExactIf(person_id, kind IN ('room_entered', 'watch_heartbeat') AND person_id != ''))`

// minutes joins what viewers did and what was sold, minute by minute.
func (q *question) minutes(ctx context.Context, f *analytics.Figures) error {
	minute := minutesOf(f)
	err := q.rows(ctx, "minutes", `SELECT toStartOfMinute(ts) AS t, `+n(live.RoomEntered)+`, `+present+`, `+
		n(live.CommentSent)+`, sumIf(num, kind = 'liked'), `+n(live.ProductClicked)+`, `+n(live.CartItemAdded)+q.viewers+`GROUP BY t`,
		func(scan scanner) error {
			var t time.Time
			var m analytics.Minute
			if err := scan(&t, &m.Entered, &m.Online, &m.Comments, &m.Likes, &m.Clicks, &m.Carts); err != nil {
				return err
			}
			m.T = t.UTC()
			*minute(t) = m
			f.Traffic.OnlineMinutes += m.Online
			f.Traffic.PeakOnline = max(f.Traffic.PeakOnline, m.Online)
			return nil
		})
	if err != nil {
		return err
	}
	err = q.rows(ctx, "felt minutes", `SELECT toStartOfMinute(ts) AS t, `+n(live.ComplaintOpened)+`, `+n(live.ServiceSLABreached)+events+
		`AND kind IN ('complaint_opened', 'service_sla_breached') GROUP BY t`,
		func(scan scanner) error {
			var t time.Time
			var complaints, breaches int64
			if err := scan(&t, &complaints, &breaches); err != nil {
				return err
			}
			m := minute(t)
			m.Complaints, m.Breaches = complaints, breaches
			return nil
		})
	if err != nil {
		return err
	}
	return q.sales(ctx, minute)
}

// sales adds what was sold minute by minute.
func (q *question) sales(ctx context.Context, minute func(time.Time) *analytics.Minute) error {
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
			m := minute(t)
			m.Orders += orders
			m.Paid += paid
			m.Money = append(m.Money, c)
			return nil
		})
}

// products joins the shelf, what viewers did and what was sold, by product.
func (q *question) products(ctx context.Context, f *analytics.Figures) error {
	at := map[string]int{}
	product := func(id string) *analytics.Product {
		i, ok := at[id]
		if !ok {
			i = len(f.Products)
			at[id] = i
			f.Products = append(f.Products, analytics.Product{Product: live.ProductID(id)})
		}
		return &f.Products[i]
	}
	err := q.rows(ctx, "products", `SELECT product_id, `+n(live.ProductExposed)+`, `+uv(live.ProductExposed)+`, `+
		n(live.ProductClicked)+`, `+uv(live.ProductClicked)+`, `+n(live.CartItemAdded)+q.viewers+
		`AND product_id != '' AND kind IN ('product_exposed', 'product_clicked', 'cart_item_added') GROUP BY product_id`,
		func(scan scanner) error {
			var id string
			var p analytics.Product
			if err := scan(&id, &p.ExposurePV, &p.ExposureUV, &p.ClickPV, &p.ClickUV, &p.CartPV); err != nil {
				return err
			}
			p.Product = live.ProductID(id)
			*product(id) = p
			return nil
		})
	if err != nil {
		return err
	}
	err = q.rows(ctx, "pins", `SELECT product_id, `+n(live.ProductPinned)+`,
		argMaxIf(JSONExtractString(props, 'title'), (seq, idx), JSONExtractString(props, 'title') != '')`+events+
		`AND product_id != '' AND kind IN ('product_listed', 'product_pinned') GROUP BY product_id`,
		func(scan scanner) error {
			var id, title string
			var pins int64
			if err := scan(&id, &pins, &title); err != nil {
				return err
			}
			p := product(id)
			p.Pins, p.Title = pins, title
			return nil
		})
	if err != nil {
		return err
	}
	err = q.rows(ctx, "product money", `SELECT product_id, currency, sum(sku_orders), sum(sku_paid), sum(units_paid),
		sum(created), sum(paid), sum(refund_goods + refund_ship), sum(cancelled_paid)`+deltas+`AND product_id != '' GROUP BY product_id, currency`,
		func(scan scanner) error {
			var id string
			var m analytics.ProductMoney
			if err := scan(&id, (*string)(&m.Currency), &m.SKUOrders, &m.SKUOrdersPaid, &m.ItemsPaid, &m.Created, &m.Paid, &m.Refunded, &m.CancelledPaid); err != nil {
				return err
			}
			p := product(id)
			p.Money = append(p.Money, m)
			return nil
		})
	if err != nil {
		return err
	}
	return q.explained(ctx, product)
}

// explained counts explanations, and what was sold by them: a payment goes by
// what was last said of its product before it, in the order of the log.
func (q *question) explained(ctx context.Context, product func(string) *analytics.Product) error {
	const said = events + `AND product_id != '' AND kind IN ('explain_started', 'explain_ended') `
	err := q.rows(ctx, "explains", `SELECT product_id, `+n(live.ExplainStarted)+said+`GROUP BY product_id`, func(scan scanner) error {
		var id string
		var times int64
		if err := scan(&id, &times); err != nil {
			return err
		}
		product(id).Explains = times
		return nil
	})
	if err != nil {
		return err
	}
	tail := strconv.FormatInt(analytics.ExplainTail.Milliseconds(), 10)
	return q.rows(ctx, "explained sales", `SELECT d.product, d.currency, sum(d.paid), sum(d.sku_paid) FROM (
			SELECT toString(product_id) AS product, `+place+` AS pos, toString(currency) AS currency, at, paid, sku_paid`+deltas+`AND product_id != '' AND (paid != 0 OR sku_paid != 0)) AS d
		ASOF JOIN (
			SELECT toString(product_id) AS product, `+place+` AS pos, kind = 'explain_started' AS began, ts`+said+`) AS b ON b.product = d.product AND b.pos <= d.pos
		WHERE b.began OR toUnixTimestamp64Milli(d.at) <= toUnixTimestamp64Milli(b.ts) + `+tail+`
		GROUP BY d.product, d.currency`,
		func(scan scanner) error {
			var id, currency string
			var paid, skus int64
			if err := scan(&id, &currency, &paid, &skus); err != nil {
				return err
			}
			p := product(id)
			for i := range p.Money {
				if p.Money[i].Currency == live.Currency(currency) {
					p.Money[i].Explained, p.Money[i].ExplainedSKUs = paid, skus
				}
			}
			return nil
		})
}

// sources gives every order to the channel of its buyer's first entry.
func (q *question) sources(ctx context.Context, f *analytics.Figures) error {
	source := func(channel string) *analytics.Source {
		for i := range f.Sources {
			if f.Sources[i].Channel == channel {
				return &f.Sources[i]
			}
		}
		f.Sources = append(f.Sources, analytics.Source{Channel: channel})
		return &f.Sources[len(f.Sources)-1]
	}
	const arrivals = `SELECT person_id, if(argMin(toString(channel), (seq, idx)) = '', 'direct', argMin(toString(channel), (seq, idx))) AS arrival` +
		everybody + `AND person_id != '' AND kind = 'room_entered' GROUP BY person_id`
	err := q.rows(ctx, "source money", `SELECT if(a.arrival = '', 'unknown', a.arrival) AS channel, currency, sum(p), sum(net) FROM (
			SELECT person_id, currency, sum(paid) AS p, sum(paid - refund_goods - refund_ship - cancelled_paid) AS net`+deltas+`GROUP BY person_id, currency) AS d
		LEFT JOIN (`+arrivals+`) AS a ON a.person_id = d.person_id GROUP BY channel, currency`,
		func(scan scanner) error {
			var channel string
			var m analytics.SourceMoney
			if err := scan(&channel, (*string)(&m.Currency), &m.Paid, &m.Net); err != nil {
				return err
			}
			s := source(channel)
			s.Money = append(s.Money, m)
			return nil
		})
	if err != nil {
		return err
	}
	return q.rows(ctx, "source buyers", `SELECT if(a.arrival = '', 'unknown', a.arrival) AS channel, toInt64(count()) FROM (
			SELECT person_id, sum(orders_paid) AS bought`+deltas+`AND person_id != '' GROUP BY person_id HAVING bought > 0) AS d
		LEFT JOIN (`+arrivals+`) AS a ON a.person_id = d.person_id GROUP BY channel`,
		func(scan scanner) error {
			var channel string
			var buyers int64
			if err := scan(&channel, &buyers); err != nil {
				return err
			}
			source(channel).Buyers = buyers
			return nil
		})
}

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
