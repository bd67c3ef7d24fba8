package clickhouse

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// errEnough ends a walk whose reader wants no more.
var errEnough = errors.New("enough")

// OrderMoney sums the facts of a show order by order, in ascending byte order
// of ids and then of currencies, as of an instant. The table is sorted that
// way, so neither side holds more than a block of them. An error is the last
// thing told.
func (db *DB) OrderMoney(ctx context.Context, merchant live.MerchantID, show live.ShowID, asOf time.Time) iter.Seq2[analytics.OrderMoney, error] {
	parameters := ch.Parameters{"merchant": string(merchant), "show": string(show), "as_of": strconv.FormatInt(asOf.UnixMilli(), 10)}
	return func(yield func(analytics.OrderMoney, error) bool) {
		err := db.rows(ctx, "order money", parameters, `SELECT order_id, argMaxIf(person_id, (seq, idx, n), orders_paid > 0), currency,`+moneySums+deltas+
			`GROUP BY order_id, currency ORDER BY order_id, currency SETTINGS optimize_aggregation_in_order = 1`,
			func(scan scanner) error {
				var m analytics.OrderMoney
				if err := scan(append([]any{(*string)(&m.Order), (*string)(&m.Person)}, moneyOf(&m.Money)...)...); err != nil {
					return err
				}
				if m.Money.OrdersPaid > 0 && m.Person != "" {
					m.Money.Buyers = 1
				}
				if !yield(m, nil) {
					return errEnough
				}
				return nil
			})
		if err != nil && !errors.Is(err, errEnough) {
			yield(analytics.OrderMoney{}, err)
		}
	}
}

// DayMoney sums the facts of a merchant by calendar day in zone, for the days
// in [from, until), rehearsals left out. On [analytics.AxisEvent] the day is
// that on which a fact was taken in, on [analytics.AxisPay] that of the order's
// first payment. An empty room means every room.
func (db *DB) DayMoney(ctx context.Context, axis analytics.DayAxis, merchant live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time) ([]analytics.DayMoney, error) {
	day, where, parameters := days(axis, merchant, room, zone, from, until)
	var out []analytics.DayMoney
	err := db.rows(ctx, "day money", parameters, `SELECT `+day+` AS day, currency,`+moneySums+where+` GROUP BY day, currency ORDER BY day, currency`, func(scan scanner) error {
		var d analytics.DayMoney
		if err := scan(append([]any{&d.Day}, moneyOf(&d.Money)...)...); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// OrderDayMoney is [DB.DayMoney] order by order, in ascending byte order of ids.
// An error is the last thing told.
func (db *DB) OrderDayMoney(ctx context.Context, axis analytics.DayAxis, merchant live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time) iter.Seq2[analytics.OrderDayMoney, error] {
	day, where, parameters := days(axis, merchant, room, zone, from, until)
	return func(yield func(analytics.OrderDayMoney, error) bool) {
		err := db.rows(ctx, "order day money", parameters, `SELECT order_id, `+day+` AS day, currency,`+moneySums+where+
			` GROUP BY order_id, day, currency ORDER BY order_id, currency, day`,
			func(scan scanner) error {
				var m analytics.OrderDayMoney
				if err := scan(append([]any{(*string)(&m.Order), &m.Day}, moneyOf(&m.Money)...)...); err != nil {
					return err
				}
				if !yield(m, nil) {
					return errEnough
				}
				return nil
			})
		if err != nil && !errors.Is(err, errEnough) {
			yield(analytics.OrderDayMoney{}, err)
		}
	}
}

// days is the expression of the day on an axis, and what the days in
// [from, until) are read from.
func days(axis analytics.DayAxis, merchant live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time) (day, where string, parameters ch.Parameters) {
	column := "at"
	where = ` FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0`
	if axis == analytics.AxisPay {
		column = "assumeNotNull(paid_at)"
		where += ` AND paid_at IS NOT NULL`
	}
	where += ` AND toUnixTimestamp64Milli(` + column + `) >= {from:Int64} AND toUnixTimestamp64Milli(` + column + `) < {until:Int64}`
	parameters = ch.Parameters{
		"merchant": string(merchant), "zone": zone.String(),
		"from": strconv.FormatInt(from.UnixMilli(), 10), "until": strconv.FormatInt(until.UnixMilli(), 10),
	}
	if room != "" {
		where += ` AND room_id = {room:String}`
		parameters["room"] = string(room)
	}
	return `toString(toDate(` + column + `, {zone:String}))`, where, parameters
}
