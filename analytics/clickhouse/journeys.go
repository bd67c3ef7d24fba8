package clickhouse

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/conversion"
	"showrunner/live"
)

// paidOrders is one row for each order of the show that is paid as of the
// instant: who bought, when it was first paid, and what is left of the money. An
// order whose creation came late has moved between shows or persons; the rows
// it left behind add up to nothing.
const paidOrders = `SELECT order_id, toString(person_id) AS person_id, toString(currency) AS currency,
		assumeNotNull(argMax(paid_at, (seq, idx, n))) AS paid_at, sum(paid - refund_goods - refund_ship - cancelled_paid) AS value,
		sum(orders_paid) AS is_paid
	FROM (SELECT order_id, person_id, currency, paid_at, seq, idx, n, paid, refund_goods, refund_ship, cancelled_paid, orders_paid` + deltas + `)
	GROUP BY order_id, person_id, currency HAVING is_paid > 0`

// Journeys are the paid orders of a show, one each, in the order of their
// payment, with the touches of their buyers inside the window before it; orders
// without any touch are there too. A window of zero or less keeps every touch
// before the payment. Both orders and touches are as of asOf.
func (db *DB) Journeys(ctx context.Context, merchant live.MerchantID, show live.ShowID, asOf time.Time, window time.Duration) ([]conversion.Journey, error) {
	q := question{db: db, parameters: ch.Parameters{
		"merchant": string(merchant), "show": string(show), "as_of": strconv.FormatInt(asOf.UnixMilli(), 10),
	}}
	var out []conversion.Journey
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	err := q.rows(ctx, "paid orders", paidOrders+` ORDER BY paid_at, order_id`, func(scan scanner) error {
		j := conversion.Journey{Show: show}
		var paid int64
		if err := scan((*string)(&j.Order), (*string)(&j.Person), (*string)(&j.Currency), &j.At, &j.Value, &paid); err != nil {
			return err
		}
		j.At = j.At.UTC()
		first, last = min(first, j.At.UnixMilli()), max(last, j.At.UnixMilli())
		out = append(out, j)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	if window > 0 {
		first -= window.Milliseconds()
	} else {
		first = 0
	}
	q.parameters["from"], q.parameters["until"] = strconv.FormatInt(first, 10), strconv.FormatInt(last, 10)
	touches := map[live.PersonID][]conversion.Touchpoint{}
	err = q.rows(ctx, "touches", `SELECT person_id, at, seq, idx, kind, stage, channel, campaign, show_id, product_id FROM touches
		WHERE merchant_id = {merchant:String} AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
		AND at BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')
		AND person_id IN (SELECT person_id FROM (`+paidOrders+`) WHERE person_id != '')
		ORDER BY person_id, at, seq, idx`,
		func(scan scanner) error {
			var person string
			var t conversion.Touchpoint
			err := scan(&person, &t.At, &t.Position.Seq, &t.Position.Index, (*string)(&t.Kind), (*string)(&t.Stage),
				&t.Channel, &t.Campaign, (*string)(&t.Show), (*string)(&t.Product))
			if err != nil {
				return err
			}
			t.At = t.At.UTC()
			touches[live.PersonID(person)] = append(touches[live.PersonID(person)], t)
			return nil
		})
	if err != nil {
		return nil, err
	}
	for i := range out {
		j := &out[i]
		if j.Person == "" {
			continue
		}
		j.Touches = touches[j.Person]
		j.Touches = slices.Clip(j.Within(window))
	}
	return out, nil
}
