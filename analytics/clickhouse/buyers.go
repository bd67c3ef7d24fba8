package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// currencyBuyers begins a question about the buyers of one currency; sales has
// one row for each of their orders: who, d, at, p, show, value.
func (db *DB) currencyBuyers(ctx context.Context, question *conversion.BuyerQuestion) (q *scope, sales string, err error) {
	if q, err = db.people(ctx, question.Scope); err != nil {
		return nil, "", err
	}
	q.set("from", int64(question.From))
	q.set("until", int64(question.Until))
	q.parameters["currency"] = string(question.Currency)
	return q, `(SELECT * FROM ` + q.purchases() + ` WHERE currency = {currency:String} AND d >= {from:Int32} AND d < {until:Int32})`, nil
}

// Currencies are those in which the merchant has orders that hold, by code.
func (db *DB) Currencies(ctx context.Context, s conversion.Scope) ([]live.Currency, error) {
	q, err := db.people(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []live.Currency
	err = q.rows(ctx, "currencies", `SELECT DISTINCT currency FROM `+q.purchases()+` ORDER BY currency`, func(scan scanner) error {
		var c live.Currency
		if err := scan((*string)(&c)); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// scored has one row for each buyer with their scores, as [conversion.Scores]
// gives them: rank() is one more than how many are strictly worse.
func scored(sales string) string {
	score := func(order string) string {
		return fmt.Sprintf(`toInt32(1 + intDiv((rank() OVER (ORDER BY %s) - 1) * %d, count() OVER ()))`, order, conversion.Quintiles)
	}
	return `(SELECT who, recency, orders, money, ` + score("recency DESC") + ` AS r, ` + score("orders") + ` AS f, ` + score("money") + ` AS m FROM (
		SELECT who, toInt32({today:Int32} - max(d)) AS recency, toInt64(count()) AS orders, sum(value) AS money FROM ` + sales + ` GROUP BY who))`
}

// Segments sums the buyers by segment, best first, as [conversion.SumSegments] does.
func (db *DB) Segments(ctx context.Context, question conversion.BuyerQuestion) ([]conversion.SegmentSum, error) {
	q, sales, err := db.currencyBuyers(ctx, &question)
	if err != nil {
		return nil, err
	}
	out := conversion.SumSegments(nil)
	err = q.rows(ctx, "segments", `SELECT r, f, toInt64(count()), sum(orders), sum(money), toInt64(sum(recency)),
			toInt64(min(recency)), toInt64(max(recency)), min(orders), max(orders) FROM `+scored(sales)+` GROUP BY r, f`,
		func(scan scanner) error {
			var r, f int32
			var s conversion.SegmentSum
			if err := scan(&r, &f, &s.Buyers, &s.Orders, &s.Monetary, &s.Recency, &s.RMin, &s.RMax, &s.FMin, &s.FMax); err != nil {
				return err
			}
			segment := conversion.Score{R: int(r), F: int(f)}.Segment()
			out[slices.Index(conversion.Segments, segment)].Add(s)
			return nil
		})
	return out, err
}

// Scored are the buyers after a person, by name, at most limit of them, all or
// those of one segment, with their scores among all.
func (db *DB) Scored(ctx context.Context, question conversion.BuyerQuestion, segment conversion.Segment, after live.PersonID, limit int) ([]conversion.Scored, error) {
	q, sales, err := db.currencyBuyers(ctx, &question)
	if err != nil {
		return nil, err
	}
	q.parameters["after"] = string(after)
	q.set("limit", int64(limit))
	where := `1`
	if segment != "" {
		where = `(r, f) IN (`
		for r := range conversion.SegmentGrid {
			for f, s := range conversion.SegmentGrid[r] {
				if s == segment {
					where += fmt.Sprintf(`(%d, %d), `, r+1, f+1)
				}
			}
		}
		where += `(0, 0))`
	}
	var out []conversion.Scored
	err = q.rows(ctx, "scored buyers", `SELECT who, recency, orders, money, r, f, m FROM `+scored(sales)+`
		WHERE who > {after:String} AND `+where+` ORDER BY who LIMIT {limit:Int64}`, func(scan scanner) error {
		var b conversion.Scored
		var orders int64
		var recency, r, f, m int32
		if err := scan((*string)(&b.Person), &recency, &orders, &b.Monetary, &r, &f, &m); err != nil {
			return err
		}
		b.Spender.Recency, b.Frequency, b.Score = int(recency), int(orders), conversion.Score{R: int(r), F: int(f), M: int(m)}
		out = append(out, b)
		return nil
	})
	return out, err
}

// Repeaters are the buyers by name, as [conversion.History.Repeaters] has them,
// at most limit of them.
func (db *DB) Repeaters(ctx context.Context, question conversion.BuyerQuestion, limit int) ([]conversion.Repeater, error) {
	q, sales, err := db.currencyBuyers(ctx, &question)
	if err != nil {
		return nil, err
	}
	q.set("limit", int64(limit))
	var out []conversion.Repeater
	err = q.rows(ctx, "repeaters", `SELECT who, min(d) AS first, max(d), toInt64(count()) - 1, sum(day_value) - argMin(day_value, d)
		FROM (SELECT who, d, sum(value) AS day_value FROM `+sales+` GROUP BY who, d) GROUP BY who ORDER BY who LIMIT {limit:Int64}`, func(scan scanner) error {
		var r conversion.Repeater
		var first, last int32
		var repeat int64
		if err := scan((*string)(&r.Person), &first, &last, &repeat, &r.Money); err != nil {
			return err
		}
		r.First, r.Last, r.Repeat = conversion.Day(first), conversion.Day(last), int(repeat)
		out = append(out, r)
		return nil
	})
	return out, err
}
