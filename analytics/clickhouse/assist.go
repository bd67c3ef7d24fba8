package clickhouse

import (
	"context"
	"strings"

	"showrunner/conversion"
	"showrunner/live"
)

// Assisted answers the question as [conversion.Assists] does. For every order it
// looks for the last word of each agent in each group while the buyer was in it,
// so that a group of many messages costs no more than one of few.
func (db *DB) Assisted(ctx context.Context, question conversion.AssistQuestion) ([]conversion.AssistTotal, error) {
	scope := question.Scope
	scope.Room = ""
	q, err := db.people(ctx, scope)
	if err != nil {
		return nil, err
	}
	q.set("from", int64(question.From))
	q.set("until", int64(question.Until))
	q.set("window", question.Window.Milliseconds())
	q.parameters["show"], q.parameters["agent"] = string(question.Show), question.Agent
	const facts = ` FROM events WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	const t = `toUnixTimestamp64Milli(occurred_at)`
	agents := `if(JSONExtractString(props, 'agent_id') != '', JSONExtractString(props, 'agent_id'), if(actor_role = 'agent', actor_id, ''))`
	spoke := `AND agent != '' AND ({agent:String} = '' OR agent = {agent:String}) AND JSONExtractString(props, 'by') NOT IN (` + texts(conversion.NoAgents) + `)
		AND JSONExtractString(props, 'by_role') NOT IN (` + texts(conversion.NoAgents) + `)`
	sales := `WITH sales AS (SELECT who, p.2 AS order_id, toUnixTimestamp64Milli(at) AS paid, currency, value FROM ` + q.purchases() + `
			WHERE d >= {from:Int32} AND d < {until:Int32} AND ({show:String} = '' OR show = {show:String})) `
	totals := map[live.Currency]*conversion.AssistTotal{}
	var has seen
	err = atOnce(ctx, func(ctx context.Context) error {
		return q.rows(ctx, "orders of the span", sales+`SELECT currency, toInt64(count()), sum(value) FROM sales GROUP BY currency`, func(scan scanner) error {
			x := &conversion.AssistTotal{}
			err := scan((*string)(&x.Currency), &x.Orders, &x.Net)
			totals[x.Currency] = x
			return err
		})
	}, func(ctx context.Context) (err error) {
		has, err = q.has(ctx, ``, append([]live.Kind{live.GroupMessageSent, live.GroupJoined}, conversion.AssistKinds...)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	var hits, with []string
	if has.any(conversion.AssistKinds) {
		with = append(with, `acts AS (SELECT `+q.who+` AS who, `+t+` AS t, `+agents+` AS agent, JSONExtractString(props, 'entry_id') AS entry`+facts+`
			AND person_id != '' AND kind IN `+kindList(conversion.AssistKinds)+` AND NOT (kind = '`+string(live.TouchSent)+`' AND JSONExtractRaw(props, 'transactional') = 'true') `+spoke+`)`)
		hits = append(hits, `SELECT order_id, currency, value, agent, '' AS grp, entry FROM sales INNER JOIN acts USING who WHERE t <= paid AND t >= paid - {window:Int64}`)
	}
	if has[live.GroupMessageSent] && has[live.GroupJoined] {
		with = append(with, `said AS (SELECT JSONExtractString(props, 'group_id') AS grp, `+agents+` AS agent, `+t+` AS t`+facts+`AND kind = '`+string(live.GroupMessageSent)+`' `+spoke+`)`,
			`turns AS (SELECT `+q.who+` AS who, JSONExtractString(props, 'group_id') AS grp,
				arraySort(groupArray((`+t+`, seq, idx, toUInt8(kind = '`+string(live.GroupJoined)+`')))) AS all,
				arrayFilter((x, before) -> x.4 != before, all, arrayPushFront(arrayPopBack(arrayMap(x -> x.4, all)), toUInt8(0))) AS changes`+facts+`
			AND person_id != '' AND kind IN `+kindList([]live.Kind{live.GroupJoined, live.GroupLeft})+` GROUP BY who, grp)`,
			`stays AS (SELECT who, grp, changes[i].1 AS since, if(i < length(changes), changes[i + 1].1, 9000000000000000000) AS gone
			FROM turns ARRAY JOIN range(1, length(changes) + 1, 2) AS i)`,
			`chances AS (SELECT order_id, currency, value, grp, agent, greatest(since, paid - {window:Int64}) AS least, least(gone - 1, paid) AS most
			FROM sales INNER JOIN stays USING who INNER JOIN (SELECT DISTINCT grp, agent FROM said) AS senders USING grp WHERE most >= least)`)
		hits = append(hits, `SELECT order_id, currency, value, chances.agent AS agent, chances.grp AS grp, '' AS entry FROM chances ASOF INNER JOIN said
				ON chances.grp = said.grp AND chances.agent = said.agent AND chances.most >= said.t WHERE said.t >= least`)
	}
	if len(totals) > 0 && len(hits) > 0 {
		err = q.rows(ctx, "assisted orders", sales+`, `+strings.Join(append(with, `hits AS (`+strings.Join(hits, ` UNION ALL `)+`)`), `, `)+` SELECT currency, by.1, by.2, toInt64(count()), sum(value) FROM (
			SELECT DISTINCT order_id, currency, value, arrayJoin([('', ''), ('agent', agent), ('group', grp), ('entry', entry)]) AS by FROM hits)
		WHERE by.1 = '' OR by.2 != '' GROUP BY currency, by`, func(scan scanner) error {
			var c live.Currency
			var a conversion.Assist
			if err := scan((*string)(&c), (*string)(&a.By), &a.Key, &a.Orders, &a.Net); err != nil {
				return err
			}
			if a.By == "" {
				totals[c].Assisted = a
			} else {
				totals[c].Rows = append(totals[c].Rows, a)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var out []conversion.AssistTotal
	for _, x := range totals {
		out = append(out, *x)
	}
	conversion.SortAssists(out)
	return out, nil
}

// texts writes words as a list of SQL; they are constants of this program.
func texts(words []string) string { return `'` + strings.Join(words, `', '`) + `'` }
