package clickhouse

import (
	"context"
	"strconv"
	"time"

	"showrunner/analytics"
)

// flagged are the persons whom the last word of the show calls bots.
const flagged = `SELECT person_id` + events + `AND person_id != '' AND kind IN ('bot_flagged', 'bot_unflagged')
	AND toInt64(seq * 4096 + idx) < {flags_before:Int64} GROUP BY person_id HAVING argMax(kind, (seq, idx)) = 'bot_flagged'`

// watched is the watch time of a heartbeat as far as it lies within the show.
// What was cut when it came in, and says so, is not cut again.
const watched = `if(position(props, '"stated_ms":') > 0 AND JSONExtractInt(props, 'stated_ms') > 0, num, greatest(0, least(toUnixTimestamp64Milli(occurred_at), {watch_until:Int64}) - greatest(toUnixTimestamp64Milli(occurred_at) - num, {watch_from:Int64})))`

// bots finds who is left out. Without any, what viewers did is read as it is.
func (q *question) bots(ctx context.Context, f *analytics.Figures) error {
	from, until := analytics.WatchBounds(q.show)
	q.parameters["watch_from"], q.parameters["watch_until"] = strconv.FormatInt(from, 10), strconv.FormatInt(until, 10)
	err := q.rows(ctx, "bots", `SELECT toInt64(count()) FROM (`+flagged+`)`, func(scan scanner) error { return scan(&f.Bots) })
	if f.Bots > 0 {
		q.viewers = everybody + `AND person_id NOT IN (` + flagged + `) `
	}
	return err
}

// behaviour counts what viewers did.
func (q *question) behaviour(ctx context.Context, f *analytics.Figures) error {
	for _, part := range []func(context.Context, *analytics.Figures) error{q.traffic, q.follows, q.watching, q.comments, q.gifts, q.takers} {
		if err := part(ctx, f); err != nil {
			return err
		}
	}
	f.Traffic.MinutesOnAir = analytics.MinutesOnAir(q.show, f.AsOf)
	return nil
}

// raw counts the same with bots; there is nothing to ask when there are none.
func (q *question) raw(ctx context.Context, f *analytics.Figures) error {
	if f.Raw = f.Traffic; f.Bots == 0 {
		return nil
	}
	all := question{db: q.db, show: q.show, parameters: q.parameters, viewers: everybody}
	x := analytics.Figures{AsOf: f.AsOf}
	if err := all.behaviour(ctx, &x); err != nil {
		return err
	}
	f.Raw = x.Traffic
	return all.rows(ctx, "raw minutes", `SELECT sum(n), max(n) FROM (SELECT `+present+` AS n`+all.viewers+`GROUP BY toStartOfMinute(ts))`,
		func(scan scanner) error { return scan(&f.Raw.OnlineMinutes, &f.Raw.PeakOnline) })
}

// place is where a fact stands in the log, in one number.
const place = `toInt64(seq * 4096 + idx)`

// comments counts those that are in sight: hidden, or of somebody who was muted,
// kicked or blocked after they wrote it, is out of sight, unless it was restored
// since.
func (q *question) comments(ctx context.Context, f *analytics.Figures) error {
	const id = `JSONExtractString(props, 'comment_id')`
	return q.rows(ctx, "comments shown", `SELECT toInt64(countIf(greatest(w.hidden, if(m.muted > c.pos, m.muted, 0)) <= w.restored)) FROM (
			SELECT person_id, `+id+` AS id, `+place+` AS pos`+q.viewers+`AND kind = 'comment_sent') AS c
		LEFT JOIN (
			SELECT `+id+` AS id, maxIf(`+place+`, kind = 'comment_hidden') AS hidden, maxIf(`+place+`, kind = 'comment_restored') AS restored`+events+`
			AND kind IN ('comment_hidden', 'comment_restored') AND id != '' GROUP BY id) AS w ON w.id = c.id
		LEFT JOIN (
			SELECT person_id, max(`+place+`) AS muted`+events+`
			AND kind IN ('viewer_muted', 'viewer_kicked', 'viewer_blocked') AND person_id != '' GROUP BY person_id) AS m ON m.person_id = c.person_id`,
		func(scan scanner) error { return scan(&f.Traffic.CommentShown) })
}

// gifts counts those that are no streak, and of every streak its first end.
func (q *question) gifts(ctx context.Context, f *analytics.Figures) error {
	t := &f.Traffic
	return q.rows(ctx, "gifts", `SELECT sum(num), sum(value), toInt64(uniqExactIf(person_id, person_id != '')) FROM (
		SELECT person_id, num, JSONExtractInt(props, 'value_minor') AS value, JSONExtractString(props, 'streak_id') AS streak`+q.viewers+`
		AND kind = 'gift_sent' AND num > 0 ORDER BY seq, idx LIMIT 1 BY person_id, streak, if(streak = '', `+place+`, 0))`,
		func(scan scanner) error { return scan(&t.GiftCount, &t.GiftValue, &t.GiftUV) })
}

// shifts gives every payment to the host's shift that lasted when it reached the
// log. What was paid outside of any has the empty one.
func (q *question) shifts(ctx context.Context, f *analytics.Figures) error {
	at := map[string]int{}
	shift := func(id string) *analytics.Shift {
		i, ok := at[id]
		if !ok {
			i = len(f.Shifts)
			at[id] = i
			f.Shifts = append(f.Shifts, analytics.Shift{ID: id})
		}
		return &f.Shifts[i]
	}
	const id, bounds = `JSONExtractString(props, 'shift_id')`, events + `AND kind IN ('host_shift_started', 'host_shift_ended') AND JSONExtractString(props, 'shift_id') != '' `
	err := q.rows(ctx, "shifts", `SELECT `+id+` AS shift, argMax(JSONExtractString(props, 'host_id'), (seq, idx)),
		toInt64(countIf(kind = 'host_shift_started')), argMaxIf(ts, (seq, idx), kind = 'host_shift_started'),
		toInt64(countIf(kind = 'host_shift_ended')), argMaxIf(ts, (seq, idx), kind = 'host_shift_ended')`+bounds+`GROUP BY shift`,
		func(scan scanner) error {
			var id, host string
			var starts, ends int64
			var from, until time.Time
			if err := scan(&id, &host, &starts, &from, &ends, &until); err != nil {
				return err
			}
			s := shift(id)
			s.Host = host
			if starts > 0 {
				s.From = from.UTC()
			}
			if ends > 0 {
				s.Until = until.UTC()
			}
			return nil
		})
	if err != nil {
		return err
	}
	return q.rows(ctx, "shift money", `SELECT b.shift, d.currency, sum(d.orders_paid), sum(d.paid) FROM (
			SELECT 1 AS one, `+place+` AS pos, toString(currency) AS currency, orders_paid, paid`+deltas+`AND (orders_paid != 0 OR paid != 0)) AS d
		ASOF LEFT JOIN (
			SELECT 1 AS one, `+place+` AS pos, if(kind = 'host_shift_started', `+id+`, '') AS shift`+bounds+`) AS b ON b.one = d.one AND b.pos <= d.pos
		GROUP BY b.shift, d.currency`,
		func(scan scanner) error {
			var id string
			var m analytics.ShiftMoney
			if err := scan(&id, (*string)(&m.Currency), &m.OrdersPaid, &m.Paid); err != nil {
				return err
			}
			s := shift(id)
			s.Money = append(s.Money, m)
			return nil
		})
}
