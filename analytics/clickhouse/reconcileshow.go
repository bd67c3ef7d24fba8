package clickhouse

import (
	"context"
	"math"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// ShowDays is [DB.DayMoney] on [analytics.AxisEvent] show by show; the empty
// show has the orders outside every show.
func (db *DB) ShowDays(ctx context.Context, merchant live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time) ([]analytics.ShowDayMoney, error) {
	day, where, parameters := days(analytics.AxisEvent, merchant, room, zone, from, until)
	var out []analytics.ShowDayMoney
	err := db.rows(ctx, "show days", parameters, `SELECT show_id, `+day+` AS day, currency,`+moneySums+where+
		` GROUP BY show_id, day, currency ORDER BY show_id, day, currency`,
		func(scan scanner) error {
			var d analytics.ShowDayMoney
			if err := scan(append([]any{(*string)(&d.Show), &d.Day}, moneyOf(&d.Money)...)...); err != nil {
				return err
			}
			out = append(out, d)
			return nil
		})
	return out, err
}

// RollupDays sums the minute rollup of money by calendar day in zone and show,
// for the days in [from, until), which must begin on whole minutes. It has the
// orders, what was created and paid, and refunds and cancellations of what was
// paid; everything else is in no rollup finer than a show, and zero here.
func (db *DB) RollupDays(ctx context.Context, merchant live.MerchantID, zone *time.Location, from, until time.Time) ([]analytics.ShowDayMoney, error) {
	parameters := ch.Parameters{
		"merchant": string(merchant), "zone": zone.String(),
		"from": strconv.FormatInt(from.Unix(), 10), "until": strconv.FormatInt(until.Unix(), 10),
	}
	var out []analytics.ShowDayMoney
	err := db.rows(ctx, "rollup days", parameters, `SELECT show_id, toString(toDate(t, {zone:String})) AS day, currency,
		sum(orders), sum(orders_paid), sum(created), sum(paid), sum(refund_goods), sum(refund_ship), sum(cancelled_paid)
		FROM money_minute WHERE merchant_id = {merchant:String} AND toUnixTimestamp(t) >= {from:Int64} AND toUnixTimestamp(t) < {until:Int64}
		GROUP BY show_id, day, currency ORDER BY show_id, day, currency`,
		func(scan scanner) error {
			var d analytics.ShowDayMoney
			m := &d.Money
			if err := scan((*string)(&d.Show), &d.Day, (*string)(&m.Currency), &m.Orders, &m.OrdersPaid, &m.Created, &m.Paid,
				&m.RefundGoods, &m.RefundShipping, &m.CancelledPaid); err != nil {
				return err
			}
			out = append(out, d)
			return nil
		})
	return out, err
}

// Sales are the figures of a show as [DB.Figures] counts them, but none other
// than the orders and the money of its minutes.
func (db *DB) Sales(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	q := db.questionOf(merchant, show, asOf, math.MaxInt64, analytics.PartMinutes)
	if show.Rehearsal {
		return *q.f, nil
	}
	if err := q.sales(ctx); err != nil {
		return analytics.Figures{}, err
	}
	q.f.Tidy()
	return *q.f, nil
}
