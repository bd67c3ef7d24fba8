package clickhouse

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"showrunner/conversion"
)

// Rates answers the question as [conversion.History.Rates] does.
func (db *DB) Rates(ctx context.Context, question conversion.RateQuestion) (r conversion.Rates, err error) {
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return r, err
	}
	q.set("from", int64(question.From))
	q.set("until", int64(question.Until))
	q.set("n", int64(question.Days))
	q.set("next", int64(question.Next))
	const in = `x >= {from:Int32} AND x < {until:Int32}`
	const due = `days[1] >= {from:Int32} AND days[1] < {until:Int32} AND days[1] + {n:Int32} < {today:Int32}`
	err = q.rows(ctx, "repeat rates", `SELECT toInt64(countIf(`+due+`)), toInt64(countIf(`+due+` AND length(days) > 1 AND days[2] <= days[1] + {n:Int32})),
			toInt64(countIf(here > 0)), toInt64(sum(orders)), toInt64(countIf(here > 1)), toInt64(sum(again))
		FROM (SELECT arraySort(groupArray(d)) AS all, arrayDistinct(all) AS days, arrayCount(x -> `+in+`, days) AS here,
			arrayCount(x -> `+in+`, all) AS orders, arrayCount(x -> `+in+` AND x > days[1], all) AS again FROM `+q.purchases()+` GROUP BY who)`,
		func(scan scanner) error {
			return scan(&r.FirstBuyers, &r.RepeatBuyers, &r.Buyers, &r.Orders, &r.OftenBuyers, &r.RepeatOrders)
		})
	if err != nil {
		return r, err
	}
	if err := q.arrivals(ctx, &r); err != nil {
		return r, err
	}
	r.Shows, err = q.returns(ctx)
	return r, err
}

// arrivals counts who arrived and who is still there on day N.
func (q *scope) arrivals(ctx context.Context, r *conversion.Rates) error {
	kinds := slices.Sorted(maps.Keys(conversion.ReachKinds))
	subject, open := `multiIf(`, `kind IN (`
	for _, kind := range kinds {
		way := conversion.ReachKinds[kind]
		subject += `kind = '` + string(kind) + `', '` + way.Subject + `', `
		if way.On {
			open += `'` + string(kind) + `', `
		}
	}
	subject, open = subject+`'')`, open+`'')`
	return q.rows(ctx, "arrivals", `WITH arrivals AS (SELECT who, born FROM `+q.lives(conversion.ActView)+`
			WHERE born >= {from:Int32} AND born < {until:Int32} AND born + {n:Int32} < {today:Int32}),
		acts AS (SELECT `+q.who+` AS who, `+day("occurred_at")+` AS d, toString(kind) AS kind, actor_role, (occurred_at, seq, idx) AS p,
			`+subject+` AS way, JSONExtractString(props, 'group_id') AS grp`+q.facts()+`AND (actor_role = 'viewer' OR kind IN `+kindList(kinds)+`)),
		known AS (SELECT who, way, grp, max(actor_role = 'viewer' AND d > born AND d > born + {n:Int32} - `+strconv.Itoa(conversion.ActiveDays)+`) AS active,
				way != '' AND argMax(`+open+`, p) AS open
			FROM acts INNER JOIN arrivals USING who WHERE d <= born + {n:Int32} GROUP BY who, way, grp)
		SELECT toInt64((SELECT count() FROM arrivals)), toInt64(countIf(a AND o)) FROM (SELECT max(active) AS a, max(open) AS o FROM known GROUP BY who)`,
		func(scan scanner) error { return scan(&r.Arrivals, &r.Retained) })
}

// returns are the shows of the range with who of their viewers came back.
func (q *scope) returns(ctx context.Context) (out []conversion.ShowReturn, err error) {
	err = q.rows(ctx, "return viewers", `WITH entries AS (SELECT who, show, at, d FROM `+q.entries()+` WHERE show != ''),
		shows AS (SELECT show, d, row_number() OVER (ORDER BY first, show) AS n, count() OVER () AS shows,
			leadInFrame(d, toUInt64({next:UInt32}), toInt32(2147483647)) OVER (ORDER BY first, show ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_next
			FROM (SELECT show, min(at) AS first, min(d) AS d FROM entries GROUP BY show)),
		seen AS (SELECT DISTINCT who, n FROM entries INNER JOIN shows USING show),
		again AS (SELECT n, leadInFrame(n, 1, toUInt64(0)) OVER (PARTITION BY who ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS after FROM seen)
		SELECT show, d, toInt64(count()), toInt64(countIf(after > 0 AND after <= n + {next:UInt32})), n + {next:UInt32} <= shows AND last_next < {today:Int32}
		FROM again INNER JOIN shows USING n WHERE d >= {from:Int32} AND d < {until:Int32} GROUP BY show, d, n, shows, last_next ORDER BY n`,
		func(scan scanner) error {
			var s conversion.ShowReturn
			var day int32
			var done bool
			if err := scan((*string)(&s.Show), &day, &s.Viewers, &s.Back, &done); err != nil {
				return err
			}
			s.Day, s.Done = conversion.Day(day), done
			out = append(out, s)
			return nil
		})
	return out, err
}
