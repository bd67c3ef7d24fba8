package clickhouse

import (
	"context"
	"math"
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
// before the payment. Both orders and touches are as of asOf, and so is who is
// who: the touches of all names of a buyer are theirs.
func (db *DB) Journeys(ctx context.Context, merchant live.MerchantID, show live.ShowID, asOf time.Time, window time.Duration) ([]conversion.Journey, error) {
	q := question{db: db, parameters: ch.Parameters{
		"merchant": string(merchant), "show": string(show), "as_of": strconv.FormatInt(asOf.UnixMilli(), 10),
	}}
	var out []conversion.Journey
	err := q.rows(ctx, "paid orders", paidOrders+` ORDER BY paid_at, order_id`, func(scan scanner) error {
		j := conversion.Journey{Show: show}
		var paid int64
		if err := scan((*string)(&j.Order), (*string)(&j.Person), (*string)(&j.Currency), &j.At, &j.Value, &paid); err != nil {
			return err
		}
		j.At = j.At.UTC()
		out = append(out, j)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, db.walk(ctx, merchant, out, asOf, window, math.MaxInt64)
}
