package clickhouse

import (
	"context"
	"fmt"

	"showrunner/conversion"
	"showrunner/conversion/care"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// ServedSessions are the service sessions that were opened in a show: all of them
// first, then those of each entry and of each agent, by key. Of a show without
// sessions there is nothing. It counts facts received by the instant asked about.
func (db *DB) ServedSessions(ctx context.Context, question conversion.ServedQuestion) (list []conversion.Served, err error) {
	question.Room = ""
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return nil, err
	}
	q.parameters["show"] = string(question.Show)
	is := func(kinds ...live.Kind) string { return `kind IN ` + kindList(kinds) }
	last := func(what, condition string) string { return `argMaxIf(` + what + `, (seq, idx), ` + condition + `)` }
	had := func(condition string) string { return `countIf(` + condition + `) > 0` }
	clock := func(name string) string {
		return had(is(live.ServiceSLABreached) + ` AND ` + said("clock") + ` = '` + name + `'`)
	}
	sessions := `SELECT ` + said("session_id") + ` AS id,
			anyIf(` + said("entry_id") + `, ` + is(live.ServiceStarted) + `) AS entry, ` + last(said("agent_id"), is(live.ServiceAssigned)) + ` AS agent,
			` + had(is(live.ServiceStarted)+` AND `+inboundSession) + ` AS viewer, ` + had(is(live.ServiceBotReplied)) + ` AS bot, ` + had(is(live.ServiceHandedOver)) + ` AS handed,
			` + had(is(live.ServiceFirstReplied)) + ` AS human,
			viewer AND (handed OR human OR ` + had(is(live.ServiceAssigned)) + ` OR ` + clock(care.ClockFirstResponse) + ` OR
				NOT bot AND ` + had(is(live.ServiceMessageSent)+` AND `+said("by")+` IN `+words(temperature.Customers)) + `) AS asked,
			anyIf(JSONExtractInt(props, 'wall_ms'), ` + is(live.ServiceFirstReplied) + `) AS reply_ms,
			` + clock(care.ClockFirstResponse) + ` AS late, ` + clock(care.ClockResolution) + ` AS overdue,
			` + last(`kind`, is(live.ServiceClosed, live.ServiceReopened)) + ` = '` + string(live.ServiceClosed) + `' AS closed,
			` + last(said("resolution"), is(live.ServiceClosed)) + ` = '` + string(care.Resolved) + `' AS resolved, ` + last(`JSONExtractInt(props, 'wall_ms')`, is(live.ServiceClosed)) + ` AS resolve_ms,
			` + had(is(live.ServiceClosed)+` AND JSONExtractBool(props, 'rate')`) + ` AS rate, ` + last(`JSONExtractInt(props, 'score')`, is(live.ServiceRated)) + ` AS score
		FROM events WHERE merchant_id = {merchant:String} AND show_id = {show:String} AND rehearsal = 0 AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
			AND kind IN ` + kindList(servedKinds) + ` AND id != '' GROUP BY id HAVING ` + had(is(live.ServiceStarted))
	n := func(condition string) string { return `toInt64(countIf(` + condition + `))` }
	sum := func(what, condition string) string { return `toInt64(sumIf(` + what + `, ` + condition + `))` }
	err = q.rows(ctx, "service sessions of a show", `SELECT p.1, p.2, toInt64(count()), `+n(`viewer`)+`, `+n(`viewer AND bot AND NOT asked`)+`, `+n(`viewer AND (bot OR handed)`)+`,
			`+n(`viewer AND handed`)+`, `+n(`asked`)+`, `+n(`asked AND human`)+`, `+sum(`reply_ms`, `asked AND human`)+`, `+n(`asked AND late`)+`, `+n(`overdue`)+`,
			`+n(`closed`)+`, `+n(`closed AND resolved`)+`, `+sum(`resolve_ms`, `closed`)+`, `+n(`rate`)+`, `+n(`score > 0`)+`, `+n(fmt.Sprintf(`score >= %d`, care.GoodScore))+`
		FROM (`+sessions+`) ARRAY JOIN [('', ''), ('`+conversion.ServedByEntry+`', entry), ('`+conversion.ServedByAgent+`', agent)] AS p
		WHERE p.1 = '' OR p.2 != '' GROUP BY p ORDER BY p.1 != '', p.1 = '`+conversion.ServedByAgent+`', p.2`, func(scan scanner) error {
		var s conversion.Served
		err := scan(&s.By, &s.Key, &s.Sessions, &s.Viewer, &s.BotOnly, &s.WithBot, &s.HandedOver, &s.Asked, &s.Replied, &s.ReplyMS, &s.Late, &s.Overdue,
			&s.Closed, &s.Resolved, &s.ResolveMS, &s.RateAsked, &s.Rated, &s.Good)
		list = append(list, s)
		return err
	})
	return list, err
}

// servedKinds are the facts that tell how a session went.
var servedKinds = []live.Kind{
	live.ServiceStarted, live.ServiceMessageSent, live.ServiceBotReplied, live.ServiceHandedOver, live.ServiceAssigned, live.ServiceFirstReplied,
	live.ServiceSLABreached, live.ServiceClosed, live.ServiceReopened, live.ServiceRated,
}
