package clickhouse

import (
	"context"
	"strings"
	"time"

	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// silences has one row for each customer whom the question's show reached: who,
// reached, last, last_kind, quiet (days), rhythm, seen, bought, touched, products,
// judged, silent.
func (q *scope) silences(question *temperature.SilenceQuestion) string {
	f := q.felt(temperature.ByPerson)
	when := func(show, at string) string {
		out := ``
		if question.Show != "" {
			q.parameters["show"] = string(question.Show)
			out += ` AND ` + show + ` = {show:String}`
		}
		if !question.From.IsZero() {
			q.set("from", question.From.UnixMilli())
			out += ` AND toUnixTimestamp64Milli(` + at + `) >= {from:Int64}`
		}
		if !question.Until.IsZero() {
			q.set("until", question.Until.UnixMilli())
			out += ` AND toUnixTimestamp64Milli(` + at + `) < {until:Int64}`
		}
		return out
	}
	of := ``
	if question.People != nil {
		q.parameters["only"] = array(question.People)
		of = ` WHERE has(arrayMap(x -> ` + strings.ReplaceAll(q.who, "person_id", "x") + `, {only:Array(String)}), who)`
	}
	q.set("days", int64(question.Days))
	q.set("least", temperature.RhythmDays)
	reached := `(SELECT who, min(t) AS reached, toInt64(sum(o)) AS bought, toInt64(sum(1 - o)) AS touched, arraySort(groupUniqArrayArray(ps)) AS products FROM (
			SELECT ` + q.who + ` AS who, occurred_at AS t, 0 AS o, CAST([], 'Array(String)') AS ps` + q.facts() + `
				AND kind = 'touch_sent' AND JSONExtractRaw(props, 'transactional') != 'true'` + when("show_id", "occurred_at") + `
			UNION ALL
			SELECT who, at AS t, 1 AS o, arrayMap(x -> x.1, arrayFilter(x -> x.1 != '' AND x.2 > 0, arrayZip(units.1, units.2))) AS ps
				FROM ` + q.purchasesWith("units", "sumMap([toString(product_id)], [units_paid])") + ` WHERE 1` + when("show", "at") + `
		)` + of + ` GROUP BY who)`
	contacts := `(SELECT ` + q.who + ` AS who, arraySort(groupUniqArray(` + day("occurred_at") + `)) AS on_days, max(occurred_at) AS last,
		toString(argMax(kind, (occurred_at, seq, idx))) AS last_kind` + f.facts + ` AND ` + f.answered + ` AND who IN (SELECT who FROM ` + reached + `) GROUP BY who)`
	return `(SELECT who, reached, last, last_kind, bought, touched, products, toInt64(length(on_days)) AS seen, ` + day("reached") + ` AS reached_day,
			toInt64({today:Int32} - if(seen > 0, greatest(reached_day, on_days[-1]), reached_day)) AS quiet,
			arraySort(arrayPopFront(arrayDifference(on_days))) AS gaps, toInt64(if(seen < {least:Int64}, 0, gaps[intDiv(length(gaps), 2) + 1])) AS rhythm,
			seen >= {least:Int64} AND {today:Int32} - reached_day >= {days:Int64} AS judged, judged AND quiet >= {days:Int64} AND rhythm < quiet AS silent
		FROM ` + reached + ` AS r LEFT JOIN ` + contacts + ` AS c USING who)`
}

// Silence answers the question as [temperature.History.Silence] does.
func (db *DB) Silence(ctx context.Context, question temperature.SilenceQuestion) (out temperature.Silence, err error) {
	question.Room = ""
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return out, err
	}
	silences := q.silences(&question)
	err = q.rows(ctx, "how many are silent", `SELECT toInt64(count()), toInt64(countIf(judged)), toInt64(countIf(silent)) FROM `+silences, func(scan scanner) error {
		return scan(&out.Customers, &out.Judged, &out.Silent)
	})
	if err != nil || question.Limit < 0 || out.Silent == 0 {
		return out, err
	}
	limit := ``
	if question.Limit > 0 {
		q.set("limit", int64(question.Limit))
		limit = ` LIMIT {limit:Int64}`
	}
	err = q.rows(ctx, "who is silent", `SELECT who, reached, last, last_kind, quiet, rhythm, seen, bought, touched, products FROM `+silences+`
		WHERE silent ORDER BY quiet DESC, who`+limit, func(scan scanner) error {
		var s temperature.Silent
		var days, rhythm, seen int64
		var products []string
		var reached, last time.Time
		if err := scan((*string)(&s.Person), &reached, &last, (*string)(&s.LastKind), &days, &rhythm, &seen, &s.Orders, &s.Touches, &products); err != nil {
			return err
		}
		s.Reached, s.Last, s.Days, s.Rhythm, s.Seen = reached.UTC(), last.UTC(), int(days), int(rhythm), int(seen)
		for _, p := range products {
			s.Products = append(s.Products, live.ProductID(p))
		}
		out.Items = append(out.Items, s)
		return nil
	})
	return out, err
}
