package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"showrunner/conversion"
	"showrunner/live"
)

// Funnel answers the question as [conversion.History.Funnel] does.
//
// windowFunnel wants a time, and with equal times its modes disagree with each
// other. So every fact of a person gets a time of its own: its millisecond with
// 21 bits appended that hold its rank among the facts of the same millisecond,
// by their place in the log. Ranks stay below half of what the bits hold, so
// that a window of whole milliseconds ends between two of them. A fact that may
// be several steps is ranked once for each, the last step first, so that it
// never follows itself. A fact that meets no condition is left out, because
// strict_order would end at it. Where a step must be of a later millisecond, all
// facts of one are ranked so.
func (db *DB) Funnel(ctx context.Context, question conversion.FunnelQuestion) ([]conversion.FunnelStep, error) {
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return nil, err
	}
	q.set("from", question.From.UnixMilli())
	q.set("until", question.Until.UnixMilli())
	q.set("window", question.Window.Milliseconds())
	where := ``
	if question.Show != "" {
		where = ` AND show_id = {show:String}`
		q.parameters["show"] = string(question.Show)
	}
	out := make([]conversion.FunnelStep, len(question.Steps))
	steps := make([]string, len(question.Steps))
	for i, k := range question.Steps {
		out[i].Kind = k
		steps[i] = fmt.Sprintf(`kind = {k%d:String}`, i)
		if !live.OrderFactKind(k) { // whoever states what became of an order
			steps[i] += ` AND (actor_role IN ('viewer', 'system') OR touch = 1)`
		}
		q.parameters[fmt.Sprintf("k%d", i)] = string(k)
	}
	acts := `(SELECT ` + q.who + ` AS who, toString(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS ms, seq, idx, ms >= {from:Int64} AND ms < {until:Int64} AS here` +
		q.facts() + where + ` AND (` + strings.Join(steps, ` OR `) + `)
		AND ms >= {from:Int64} AND ms < {until:Int64} + {window:Int64})`
	levels := firstTouches(acts, len(out))
	if question.Window > 0 {
		levels = windowed(acts, question.Steps, question.Order)
	}
	sums := make([]string, len(out))
	for i := range sums {
		sums[i] = fmt.Sprintf(`, toInt64(sum(n%d))`, i)
	}
	err = q.rows(ctx, "funnel persons", `SELECT toInt64(level), toInt64(count())`+strings.Join(sums, ``)+` FROM (`+levels+`) GROUP BY level`, func(scan scanner) error {
		var level, persons int64
		views := make([]int64, len(out))
		dest := []any{&level, &persons}
		for i := range views {
			dest = append(dest, &views[i])
		}
		if err := scan(dest...); err != nil {
			return err
		}
		for i := range out {
			out[i].PV += views[i]
			if int64(i) < level {
				out[i].UV += persons
			}
		}
		return nil
	})
	return out, err
}

// windowed is how far each person comes inside the window, and how many facts of each
// step they have in the range.
func windowed(acts string, steps []live.Kind, order conversion.FunnelOrder) string {
	var places, conditions, views []string
	for i := range steps {
		places = append(places, fmt.Sprintf(`if(kind = {k%d:String}, %d, -1)`, i, i))
		conditions = append(conditions, fmt.Sprintf(`step = %d`, i))
		views = append(views, fmt.Sprintf(`countIf(step = %d AND here) AS n%d`, i, i))
	}
	conditions[0] += ` AND here`
	mode, rank := ``, `seq, idx, step DESC`
	switch order {
	case conversion.FunnelStrictOrder:
		mode = `, 'strict_order'`
	case conversion.FunnelStrictIncrease:
		rank = `step DESC`
	case conversion.FunnelLoose:
	}
	return `SELECT windowFunnel(bitShiftLeft(toUInt64({window:Int64}), 21) + 1048575` + mode + `)(t, ` + strings.Join(conditions, `, `) + `) AS level, ` + strings.Join(views, `, `) + `
		FROM (SELECT who, here, step, bitShiftLeft(toUInt64(ms), 21) + row_number() OVER (PARTITION BY who, ms ORDER BY ` + rank + `) AS t
			FROM (SELECT who, here, ms, seq, idx, arrayJoin(arrayFilter(x -> x >= 0, [` + strings.Join(places, `, `) + `])) AS step FROM ` + acts + `) WHERE step > 0 OR here) GROUP BY who`
}

// firstTouches is how far each person comes with the first fact of every step, and how
// many facts of each they have in the range.
func firstTouches(acts string, steps int) string {
	var firsts, chain, views []string
	for i := range steps {
		firsts = append(firsts, fmt.Sprintf(`minIf((ms, seq, idx), kind = {k%[1]d:String}) AS t%[1]d, countIf(kind = {k%[1]d:String}) > 0 AS h%[1]d, countIf(kind = {k%[1]d:String} AND here) AS n%[1]d`, i))
		views = append(views, fmt.Sprintf(`n%d`, i))
		ok := fmt.Sprintf(`h%d`, i)
		if i > 0 {
			ok += fmt.Sprintf(` AND t%d >= t%d`, i, i-1)
		}
		chain = append(chain, `NOT (`+ok+`)`)
	}
	return `SELECT arrayFirstIndex(x -> x, [` + strings.Join(chain, `, `) + `, 1]) - 1 AS level, ` + strings.Join(views, `, `) + ` FROM (SELECT who, ` + strings.Join(firsts, `, `) + ` FROM ` + acts + ` GROUP BY who)`
}
