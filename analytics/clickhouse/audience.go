package clickhouse

import (
	"context"
	"math"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Audience splits the people of a show as of an instant by who they were before
// it began, exactly: whether they followed the merchant, had bought from it, and
// on which rung of the ladder they stood. One question, whoever asks.
func (db *DB) Audience(ctx context.Context, show live.Show, asOf time.Time) (analytics.Audience, error) {
	a := analytics.Audience{AsOf: asOf}
	if show.Rehearsal || show.StartedAt.IsZero() {
		return a, nil
	}
	q := db.questionOf(show.Merchant, show, asOf, math.MaxInt64, 0)
	q.parameters["began"], q.parameters["currency"] = unixMilli(show.StartedAt), string(show.Currency)
	const before = ` merchant_id = {merchant:String} AND rehearsal = 0 AND person_id != '' `
	const since = ` AND ts < fromUnixTimestamp64Milli({began:Int64}, 'UTC') `
	err := q.rows(ctx, "audience", `WITH
		watched AS (SELECT person_id`+people.viewers+`AND person_id != '' AND kind = 'room_entered' GROUP BY person_id),
		bought AS (SELECT person_id, sum(orders_paid) AS o, sumIf(paid, currency = {currency:String}) AS p`+deltas+`GROUP BY person_id HAVING o != 0 OR p != 0),
		fans AS (SELECT person_id FROM events WHERE`+before+since+`AND actor_role = 'viewer' AND kind IN ('followed', 'unfollowed')
			GROUP BY person_id HAVING argMax(kind, (seq, idx)) = 'followed'),
		old AS (SELECT DISTINCT person_id FROM (SELECT person_id, order_id FROM order_deltas WHERE`+before+`AND at < fromUnixTimestamp64Milli({began:Int64}, 'UTC')
			GROUP BY person_id, order_id HAVING sum(orders_paid) > 0 AND sum(paid - refund_goods - refund_ship - cancelled_paid) > 0)),
		rungs AS (SELECT person_id, argMax(rung, move) AS rung FROM (
			SELECT person_id, JSONExtractInt(props, 'move') AS move, argMax(JSONExtractString(props, 'to'), (seq, idx)) AS rung, argMax(JSONExtractBool(props, 'withdrawn'), (seq, idx)) AS gone
			FROM events WHERE`+before+since+`AND kind = 'ladder_changed' GROUP BY person_id, move) WHERE NOT gone GROUP BY person_id),
		people AS (SELECT person_id, max(w) AS w, sum(o) AS o, sum(p) AS p FROM (
			SELECT person_id, 1 AS w, 0 AS o, 0 AS p FROM watched UNION ALL SELECT person_id, 0 AS w, o, p FROM bought) GROUP BY person_id)
		SELECT split.1 AS dimension, split.2 AS side, toInt64(sum(w)), toInt64(countIf(o > 0 AND person_id != '')), toInt64(sum(p)) FROM (
			SELECT person_id, w, o, p, arrayJoin([
				('fan', multiIf(person_id = '', 'unknown', person_id IN (SELECT person_id FROM fans), 'fan', 'other')),
				('buyer', multiIf(person_id = '', 'unknown', person_id IN (SELECT person_id FROM old), 'old', 'new')),
				('rung', multiIf(person_id = '', 'unknown', r.rung = '', 'passerby', r.rung))]) AS split
			FROM (SELECT people.person_id AS person_id, w, o, p, rungs.rung AS rung FROM people LEFT JOIN rungs ON rungs.person_id = people.person_id) AS r)
		GROUP BY dimension, side`,
		func(scan scanner) error {
			var r analytics.AudienceRow
			if err := scan(&r.Dimension, &r.Key, &r.WatchUV, &r.Buyers, &r.Paid); err != nil {
				return err
			}
			a.Rows = append(a.Rows, r)
			return nil
		})
	a.Tidy()
	return a, err
}
