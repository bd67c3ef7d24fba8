package clickhouse

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// GroupSales answers the question, by group and currency. Of two touches of one
// millisecond the one later in the log is the last.
func (db *DB) GroupSales(ctx context.Context, question group.SaleQuestion) (out []group.Sale, err error) {
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return nil, err
	}
	q.set("from", int64(question.From))
	q.set("until", int64(question.Until))
	q.set("window", question.Window.Milliseconds())
	mine := ``
	if question.Groups != nil {
		mine = ` AND t.grp IN {ids:Array(String)}`
		q.parameters["ids"] = array(question.Groups)
	}
	err = q.rows(ctx, "sales of groups", `SELECT t.grp, o.currency, toInt64(count()) AS orders, toInt64(uniqExact(o.who)), sum(o.value)
		FROM (SELECT who, at, currency, value FROM `+q.purchases()+` WHERE d >= {from:Int32} AND d < {until:Int32}) AS o
		ASOF INNER JOIN (SELECT `+q.who+` AS who, at, toString(argMax(group_id, (seq, idx))) AS grp FROM touches
			WHERE merchant_id = {merchant:String} AND group_id != '' AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') GROUP BY who, at) AS t
			ON o.who = t.who AND o.at >= t.at
		WHERE toUnixTimestamp64Milli(o.at) - toUnixTimestamp64Milli(t.at) <= {window:Int64}`+mine+`
		GROUP BY t.grp, o.currency ORDER BY t.grp, o.currency`, func(scan scanner) error {
		var s group.Sale
		err := scan(&s.Group, (*string)(&s.Currency), &s.Orders, &s.Buyers, &s.Net)
		out = append(out, s)
		return err
	})
	return out, err
}

// GroupWords are what agents wrote in groups on the days [from, until), by agent;
// with ids only in those groups.
func (db *DB) GroupWords(ctx context.Context, m live.MerchantID, zone *time.Location, from, until conversion.Day, ids []string) (out []group.Words, err error) {
	q := db.groups(m, zone, until, nil)
	q.set("from", int64(from))
	mine := ``
	if ids != nil {
		mine = ` AND group_id IN {ids:Array(String)}`
		q.parameters["ids"] = array(ids)
	}
	err = q.rows(ctx, "words of agents", `SELECT toString(agent_id) AS agent, toInt64(uniqExact(group_id)), toInt64(count()),
			toInt64(countIf(message IN `+wordList(group.CareKinds)+`)), toInt64(countIf(message IN `+wordList(group.SellKinds)+`))
		FROM group_facts WHERE merchant_id = {merchant:String} AND class = 2 AND speaker IN `+wordList(staffSpeakers())+`
			AND `+day("at")+` >= {from:Int32} AND `+day("at")+` < {today:Int32}`+mine+` GROUP BY agent ORDER BY agent`, func(scan scanner) error {
		var w group.Words
		err := scan(&w.Agent, &w.Groups, &w.Messages, &w.Care, &w.Sell)
		out = append(out, w)
		return err
	})
	return out, err
}

// GroupReports are what the platform said of a group, by the day it said it of. A
// day that no calendar has is left out.
func (db *DB) GroupReports(ctx context.Context, m live.MerchantID, id string) (map[conversion.Day]group.Reported, error) {
	q := db.groups(m, time.UTC, 0, nil)
	q.parameters["id"] = id
	out := map[conversion.Day]group.Reported{}
	number := func(member string) string {
		return `if(JSONHas(last, '` + member + `'), JSONExtractInt(last, '` + member + `'), toInt64(-1))`
	}
	err := q.rows(ctx, "platform figures of a group", `SELECT assumeNotNull(toInt32(toDateOrNull(day))), `+number("members")+`, `+number("joins")+`, `+number("leaves")+`, `+
		number("talkers_to_date")+`, `+number("messages_to_date")+`
		FROM (SELECT JSONExtractString(props, 'day') AS day, argMax(props, (seq, idx)) AS last FROM events
			WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND kind = '`+string(live.GroupStatsReported)+`' AND JSONExtractString(props, 'group_id') = {id:String} GROUP BY day)
		WHERE toString(toDateOrNull(day)) = day`, func(scan scanner) error {
		var r group.Reported
		if err := scan((*int32)(&r.Day), &r.Members, &r.Joins, &r.Leaves, &r.Talkers, &r.Messages); err != nil {
			return err
		}
		out[r.Day] = r
		return nil
	})
	return out, err
}
