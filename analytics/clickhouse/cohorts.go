package clickhouse

import (
	"context"
	"strings"

	"showrunner/conversion"
	"showrunner/live"
)

// lives has one row for each person with the act: who, born, last, days, show.
func (q *scope) lives(a conversion.CohortAct) string {
	from := q.entries()
	if a == conversion.ActOrder {
		from = q.purchases()
	}
	return `(SELECT who, min(d) AS born, max(d) AS last, groupUniqArray(d) AS days, argMin(show, p) AS first_show FROM ` + from + ` GROUP BY who)`
}

// kindList writes kinds as a list of SQL; they are constants of this program.
func kindList(kinds []live.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = `'` + string(k) + `'`
	}
	return `(` + strings.Join(names, ", ") + `)`
}

// firsts is a table of what each person had first, and the key of a cohort made of it.
func (q *scope) firsts(by conversion.CohortBy) (join, key string) {
	switch by {
	case conversion.ByShow:
		return "", `first_show`
	case conversion.ByChannel:
		return ` LEFT JOIN (SELECT who, argMin(ch, p) AS first FROM ` + q.entries() + ` GROUP BY who) AS f USING who`,
			`if(f.first = '', '` + conversion.ChannelUnknown + `', f.first)`
	case conversion.ByAgent:
		return ` LEFT JOIN (SELECT who, argMin(agent, p) AS first FROM (
			SELECT ` + q.who + ` AS who, (occurred_at, seq, idx) AS p, JSONExtractString(props, 'agent_id') AS named,
				if(named != '', named, if(actor_role = 'agent', actor_id, '')) AS agent` + q.facts() + `AND kind IN ` + kindList(conversion.AgentKinds) + `
			) WHERE agent != '' GROUP BY who) AS f USING who`, `f.first`
	case conversion.ByPeriod:
	}
	return "", ""
}

// Cohorts answers the question as [conversion.History.Cohorts] does.
func (db *DB) Cohorts(ctx context.Context, question conversion.CohortQuestion) (conversion.CohortTable, error) {
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return conversion.CohortTable{}, err
	}
	q.set("from", int64(question.From))
	q.set("until", int64(question.Until))
	q.set("length", int64(question.Period.Days()))
	q.set("intervals", int64(question.Periods)+1)
	join, key := q.firsts(question.By)
	if question.By == conversion.ByPeriod {
		switch question.Period {
		case conversion.PeriodWeek:
			key = `toString(toDate32(born - (born + 3) % 7))`
		case conversion.PeriodMonth:
			key = `substring(toString(toDate32(born)), 1, 7)`
		default:
			key = `toString(toDate32(born))`
		}
	}
	back := `arrayExists(x -> intDiv(x - born, {length:Int32}) = k, days)`
	if question.OrAfter {
		back = `last >= born + k * {length:Int32}`
	}
	rows := map[string]*conversion.Cohort{}
	err = q.rows(ctx, "cohorts", `SELECT `+key+` AS key, toInt32(k) AS k, toInt64(count()) AS size,
			toInt64(countIf(born + (k + 1) * {length:Int32} <= {today:Int32})) AS of,
			toInt64(countIf(born + (k + 1) * {length:Int32} <= {today:Int32} AND `+back+`)) AS back
		FROM `+q.lives(question.Act)+` AS l`+join+`
		ARRAY JOIN range({intervals:Int32}) AS k
		WHERE born >= {from:Int32} AND born < {until:Int32} GROUP BY key, k`,
		func(scan scanner) error {
			var key string
			var k int32
			var size int64
			var cell conversion.Cell
			if err := scan(&key, &k, &size, &cell.Of, &cell.Back); err != nil {
				return err
			}
			row := rows[key]
			if row == nil {
				row = &conversion.Cohort{Key: key, Size: size, Cells: make([]conversion.Cell, question.Periods+1)}
				rows[key] = row
			}
			row.Cells[k] = cell
			return nil
		})
	if err != nil {
		return conversion.CohortTable{}, err
	}
	var cohorts []conversion.Cohort
	for _, row := range rows {
		cohorts = append(cohorts, *row)
	}
	return conversion.NewCohortTable(&question, cohorts), nil
}
