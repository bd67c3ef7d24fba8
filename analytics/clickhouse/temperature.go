package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// words writes strings as a list of SQL; they are constants of this program.
func words(list []string) string { return `('` + strings.Join(list, `', '`) + `')` }

// said is a member of the data of a fact.
func said(name string) string { return `JSONExtractString(props, '` + name + `')` }

// inboundSession is the condition of a fact to tell of a session that a customer began.
var inboundSession = `(` + said("initiated_by") + ` = '' OR ` + said("initiated_by") + ` IN ` + words(temperature.Customers) + `)`

// agentNamed is the agent whom a fact names, or who stated it.
var agentNamed = `if(` + said("agent_id") + ` != '', ` + said("agent_id") + `, if(actor_role = 'agent', actor_id, ''))`

// humanReply is the condition of a fact to be a reply of a person of the merchant.
var humanReply = `(kind = 'service_first_replied' OR kind = 'service_message_sent' AND (` + said("by") + ` = 'agent' OR ` + said("by") + ` = '' AND actor_role = 'agent'))`

const millis = `toUnixTimestamp64Milli(occurred_at)`

// felt are the parts of a question about temperatures that depend on whom rows are of.
type felt struct {
	subject         string // expression of whom a fact is about
	facts           string // counted facts, with an open condition
	touch           string // conditions
	answered, hurts string
}

func (q *scope) felt(by temperature.By) felt {
	if by == temperature.ByGroup {
		return felt{
			subject: said("group_id"),
			// The facts about persons and those about nobody, such as a message to a group.
			facts:    strings.Replace(q.facts(), ` AND person_id != ''`, ``, 1),
			touch:    ` AND person_id = ''`,
			answered: `(kind = 'group_message_clicked' OR kind = 'group_message_sent' AND ` + said("by_role") + ` IN ` + words(temperature.Customers) + `)`,
			hurts:    `kind = 'group_left' AND ` + said("quit_scene") + ` != '` + live.QuitRemoved + `'`,
		}
	}
	return felt{
		subject: q.who, facts: q.facts(),
		answered: `kind IN ` + kindList(temperature.Answers) + ` AND NOT (kind = 'service_message_sent' AND ` + said("by") + ` NOT IN ` + words(temperature.Customers) +
			`) AND NOT (kind = 'service_session_started' AND NOT ` + inboundSession + `)`,
		hurts: `(kind = 'touch_rejected' OR kind = 'contact_lost' AND (JSONExtractBool(props, 'blocked') OR ` + said("lost_by") +
			` = 'customer') OR kind = 'contact_preference_set' AND JSONExtractBool(props, 'opt_out'))`,
	}
}

// touched has one row for each proactive touch of the range: subject, agent, and
// what it came to.
func (q *scope) touched(f *felt, question *temperature.Question) string {
	above := []string{`0`}
	for i, c := range question.Caps {
		w, n, ch := fmt.Sprintf("window_%d", i), fmt.Sprintf("most_%d", i), fmt.Sprintf("channel_%d", i)
		q.set(w, c.Window.Milliseconds())
		q.set(n, c.AtMost)
		same := `1`
		if c.Each {
			same = `x.2 = ch`
		}
		one := `arrayCount(x -> x.1 <= t AND x.1 > t - {` + w + `:Int64} AND ` + same + `, sent) > {` + n + `:Int64}`
		if c.Each && c.Channel != "" {
			q.parameters[ch] = c.Channel
			one = `(ch = {` + ch + `:String} AND ` + one + `)`
		}
		above = append(above, one)
	}
	touch := f.facts + f.touch + ` AND kind = 'touch_sent' AND JSONExtractRaw(props, 'transactional') != 'true' AND s != ''
		AND ` + millis + ` >= {from:Int64} - {longest:Int64} AND ` + millis + ` < {until:Int64}`
	times := func(condition string) string {
		return `(SELECT ` + f.subject + ` AS s, groupArray(` + millis + `) AS at` + f.facts + ` AND ` + condition + ` AND s != ''
			AND ` + millis + ` > {from:Int64} AND ` + millis + ` < {until:Int64} + {answer:Int64} GROUP BY s)`
	}
	within := func(list string) string {
		return `arrayExists(x -> x > t AND x <= t + {answer:Int64}, ` + list + `)`
	}
	return `(SELECT s, agent, t + {answer:Int64} <= {as_of:Int64} AS judged, NOT ` + within(`a.at`) + ` AS unanswered, ` + within(`h.at`) + ` AS negative, (` + strings.Join(above, ` OR `) + `) AS above
		FROM (SELECT ` + f.subject + ` AS s, ` + agentNamed + ` AS agent, ` + millis + ` AS t, toString(channel) AS ch` + touch + `) AS m
		LEFT JOIN (SELECT ` + f.subject + ` AS s, groupArray((` + millis + `, toString(channel))) AS sent` + touch + ` GROUP BY s) AS w USING s
		LEFT JOIN ` + times(f.answered) + ` AS a USING s LEFT JOIN ` + times(f.hurts) + ` AS h USING s WHERE t >= {from:Int64})`
}

// needed has one row for each session that a customer began in the range.
func (q *scope) needed(f *felt) string {
	const all = ` FROM events WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') AND kind IN `
	place := `(occurred_at, seq, idx)`
	return `(SELECT s, agent, t, t + {sla:Int64} <= {as_of:Int64} AS judged, arraySort(arrayFilter(x -> x >= t, replies)) AS after,
			NOT arrayExists(x -> x <= t + {sla:Int64}, after) AS unmet, unmet AND notEmpty(after) AS late
		FROM (SELECT ` + said("session_id") + ` AS id, argMin(` + f.subject + `, ` + place + `) AS s, min(` + millis + `) AS t` + f.facts + `
			AND kind = 'service_session_started' AND ` + inboundSession + ` AND id != '' AND person_id != '' AND ` + f.subject + ` != '' GROUP BY id) AS n
		LEFT JOIN (SELECT ` + said("session_id") + ` AS id, argMinIf(` + agentNamed + `, ` + place + `, ` + agentNamed + ` != '') AS agent,
			groupArrayIf(` + millis + `, ` + humanReply + `) AS replies` + all + kindList(temperature.SessionKinds) + ` GROUP BY id) AS r USING id
		WHERE t >= {from:Int64} AND t < {until:Int64})`
}

// Temperatures answers the question as [temperature.History.Rows] does.
func (db *DB) Temperatures(ctx context.Context, question temperature.Question) ([]temperature.Row, error) {
	question.Room = ""
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return nil, err
	}
	q.set("from", question.From.UnixMilli())
	q.set("until", question.Until.UnixMilli())
	q.set("answer", question.Answer.Milliseconds())
	q.set("sla", question.SLA.Milliseconds())
	q.set("longest", question.Longest().Milliseconds())
	q.parameters["key"] = question.Key
	f := q.felt(question.By)
	key := `s`
	switch question.By {
	case temperature.ByAgent:
		key = `agent`
	case temperature.ByMerchant:
		key = `''`
	case temperature.ByPerson, temperature.ByGroup:
	}
	weight, having := `over + unmet`, ``
	switch question.Order {
	case temperature.ByOver:
		weight, having = `over`, ` HAVING over > 0`
	case temperature.ByUnmet:
		weight, having = `unmet`, ` HAVING unmet > 0`
	case temperature.ByBoth:
	}
	limit := ``
	if question.Limit > 0 {
		q.set("limit", int64(question.Limit))
		limit = ` LIMIT {limit:Int64}`
	}
	// Most merchants do only one of both in a range, or none: what they did not do is
	// as dear to ask for.
	has, err := q.has(ctx, ` AND `+millis+` >= {from:Int64} AND `+millis+` < {until:Int64}`, live.TouchSent, live.ServiceStarted)
	if err != nil {
		return nil, err
	}
	var felt []string
	if has[live.TouchSent] {
		felt = append(felt, `SELECT `+key+` AS key, 1 AS is_touch, judged, unanswered, negative, above, 0 AS unmet_one, 0 AS late_one FROM `+q.touched(&f, &question))
	}
	if has[live.ServiceStarted] {
		felt = append(felt, `SELECT `+key+` AS key, 0 AS is_touch, judged, 0 AS unanswered, 0 AS negative, 0 AS above, unmet AS unmet_one, late AS late_one FROM `+q.needed(&f))
	}
	if len(felt) == 0 {
		return nil, nil
	}
	var rows []temperature.Row
	err = q.rows(ctx, "temperatures", `SELECT key, toInt64(sum(is_touch)) AS sent, toInt64(sum(1 - is_touch)) AS asked,
			toInt64(sumIf(judged, is_touch = 1)) AS touches, toInt64(sumIf(judged AND unanswered, is_touch = 1)) AS unanswered_n,
			toInt64(sumIf(judged AND negative, is_touch = 1)) AS negative_n, toInt64(sumIf(judged AND above, is_touch = 1)) AS above_n,
			toInt64(sumIf(judged AND unanswered AND (negative OR above), is_touch = 1)) AS over,
			toInt64(sumIf(judged, is_touch = 0)) AS needs, toInt64(sumIf(judged AND unmet_one, is_touch = 0)) AS unmet,
			toInt64(sumIf(judged AND late_one, is_touch = 0)) AS late
		FROM (
			`+strings.Join(felt, `
			UNION ALL `)+`
		) WHERE {key:String} = '' OR key = {key:String} GROUP BY key`+having+` ORDER BY `+weight+` DESC, key`+limit,
		func(scan scanner) error {
			var r temperature.Row
			if err := scan(&r.Key, &r.Sent, &r.Asked, &r.Touches, &r.Unanswered, &r.Negative, &r.Above, &r.Over, &r.Needs, &r.Unmet, &r.Late); err != nil {
				return err
			}
			rows = append(rows, r)
			return nil
		})
	return rows, err
}
