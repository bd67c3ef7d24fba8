package clickhouse

import (
	"context"
	"maps"
	"slices"
	"strconv"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/conversion"
	"showrunner/live"
)

// maxMerged bounds how many names of merged persons travel with a question.
const maxMerged = 100_000

// scope is a merchant, a room perhaps, a calendar and an instant, with the
// conditions and expressions that every question about people shares.
type scope struct {
	db         *DB
	parameters ch.Parameters
	room       string // condition, empty for every room
	who        string // expression of a person's one name over person_id
	noBots     bool   // nobody ever was flagged as one
}

// people begins a question about people: it reads which names are one person's, and
// whether there is any bot to be left out.
func (db *DB) people(ctx context.Context, s conversion.Scope) (*scope, error) {
	q := &scope{db: db, who: "person_id", noBots: true, parameters: ch.Parameters{
		"merchant": string(s.Merchant), "zone": s.Zone.String(), "as_of": strconv.FormatInt(s.AsOf.UnixMilli(), 10),
		"today": strconv.Itoa(int(s.Today())),
	}}
	if s.Room != "" {
		q.room = ` AND room_id = {room:String}`
		q.parameters["room"] = string(s.Room)
	}
	var merges []live.Merge
	err := q.rows(ctx, "merges", `SELECT kind = 'bot_flagged' AS bot, props FROM events WHERE merchant_id = {merchant:String} AND kind IN ('identity_merged', 'identity_unmerged', 'bot_flagged')
		AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') ORDER BY seq, idx LIMIT 1 BY bot, if(bot, 0, seq), if(bot, 0, idx)`, func(scan scanner) error {
		var bot bool
		var props string
		if err := scan(&bot, &props); err != nil {
			return err
		}
		if bot {
			q.noBots = false
			return nil
		}
		if m, ok := conversion.MergeOf([]byte(props)); ok {
			merges = append(merges, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	names := conversion.Names(merges)
	if len(names) > maxMerged {
		return nil, live.Conflict("too_many_merges", "%d names stand for other persons, at most %d can be asked about", len(names), maxMerged)
	}
	if len(names) > 0 {
		from := slices.Sorted(maps.Keys(names))
		to := make([]live.PersonID, len(from))
		for i, name := range from {
			to[i] = names[name]
		}
		q.parameters["names"], q.parameters["people"] = array(from), array(to)
		q.who = `transform(person_id, {names:Array(String)}, {people:Array(String)}, person_id)`
	}
	return q, nil
}

func (q *scope) rows(ctx context.Context, name, sql string, each func(scanner) error) error {
	return q.db.rows(ctx, name, q.parameters, sql, each)
}

func (q *scope) set(name string, n int64) { q.parameters[name] = strconv.FormatInt(n, 10) }

// has are those of some kinds that the merchant has facts of, under a condition. It
// asks for no more than that a fact of a kind is there, so a kind it does not have is
// surely in no other question of the scope either.
func (q *scope) has(ctx context.Context, condition string, kinds ...live.Kind) (seen, error) {
	out := seen{}
	err := q.rows(ctx, "kinds", `SELECT toString(kind) FROM events WHERE merchant_id = {merchant:String} AND kind IN (`+quoted(kinds)+`)
		AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')`+condition+` GROUP BY kind`, func(scan scanner) error {
		var k live.Kind
		err := scan((*string)(&k))
		out[k] = true
		return err
	})
	return out, err
}

// facts are the counted facts about persons: what viewers did in a show whose
// last word calls them a bot is none.
func (q *scope) facts() string {
	const all = ` FROM events WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND person_id != '' AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')`
	if q.noBots {
		return all + q.room + ` `
	}
	return all + q.room + ` AND NOT (actor_role = 'viewer' AND (show_id, person_id) IN (SELECT show_id, person_id` + all + `
		AND kind IN ('bot_flagged', 'bot_unflagged') GROUP BY show_id, person_id HAVING argMax(kind, (seq, idx)) = 'bot_flagged')) `
}

// day is the calendar day of a column, as a number.
func day(column string) string { return `toInt32(toDate(` + column + `, {zone:String}))` }

// entries has one row for each entry of a viewer: who, d, at, p (its place in
// the order of things), show, channel.
func (q *scope) entries() string {
	return `(SELECT ` + q.who + ` AS who, ` + day("occurred_at") + ` AS d, occurred_at AS at, (occurred_at, seq, idx) AS p, toString(show_id) AS show,
		if(channel = '', '` + conversion.ChannelDirect + `', toString(channel)) AS ch` + q.facts() + `AND kind = 'room_entered' AND actor_role = 'viewer')`
}

// purchases has one row for each order that holds, as [conversion.History] has
// it: paid, not cancelled, not refunded in full. The rows that an order left
// with another show or person add up to nothing.
func (q *scope) purchases() string { return q.purchasesWith(``, ``) }

// purchasesWith is purchases with one column more: its name, and what it sums.
func (q *scope) purchasesWith(column, sum string) string {
	if column != `` {
		sum += ` AS ` + column + `, `
		column = `, ` + column
	}
	return `(SELECT ` + q.who + ` AS who, ` + day("at") + ` AS d, at, (at, order_id) AS p, show, currency, value` + column + ` FROM (
		SELECT ` + sum + `order_id, person_id, toString(currency) AS currency, toString(show_id) AS show, sum(orders_paid) AS is_paid, sum(cancelled) AS is_cancelled,
			sum(paid) AS paid_minor, sum(refund_goods + refund_ship) AS back, paid_minor - back - sum(cancelled_paid) AS value,
			assumeNotNull(argMaxIf(paid_at, (seq, idx, n), orders_paid > 0)) AS at
		FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND person_id != ''` + q.room + `
			AND order_deltas.at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
		GROUP BY order_id, person_id, currency, show_id
		HAVING is_paid > 0 AND is_cancelled <= 0 AND NOT (paid_minor > 0 AND back >= paid_minor)))`
}
