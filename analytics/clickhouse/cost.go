package clickhouse

import (
	"context"
	"maps"
	"slices"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// touchKey is the column of touches of each dimension. Those that are made of
// the channel are made of it in Go.
var touchKey = map[string]string{
	"stage": "stage", "channel": "channel", "channel_l1": "channel", "flow": "channel", "agent": "agent_id", "group": "group_id",
	"show": "show_id", "entry": "entry_id", "host": "host_id", "campaign": "campaign", "referrer": "referrer_id",
}

// keyed is the key of a dimension from its column.
func keyed(d conversion.Dimension, column string) string {
	switch d.Name {
	case "channel_l1", "flow":
		return d.Of(&conversion.Touchpoint{Channel: column})
	}
	return column
}

// spanned are the touches of a merchant in the span.
const spanned = ` FROM touches WHERE merchant_id = {merchant:String} AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
	AND at BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')`

// hostedSpan are the same, those of a show whose fact names no host with the one
// who was on air, as [DB.hosted] has it.
const hostedSpan = ` FROM (SELECT t.person_id AS person_id, t.at AS at, t.seq AS seq, t.idx AS idx, t.referrer_id AS referrer_id, t.cost AS cost,
		t.cost_currency AS cost_currency, if(t.host_id != '', toString(t.host_id), s.host) AS host_id
	FROM (SELECT *` + spanned + `) AS t ASOF LEFT JOIN (
		SELECT show_id, occurred_at AS since, argMax(if(kind = 'host_shift_started', JSONExtractString(props, 'host_id'), ''), (seq, idx)) AS host
		FROM events WHERE merchant_id = {merchant:String} AND show_id != '' AND kind IN ('host_shift_started', 'host_shift_ended')
			AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') GROUP BY show_id, occurred_at) AS s
		ON t.show_id = s.show_id AND t.at >= s.since) WHERE 1`

// asked is a question about the touches of a span: each with the one name of its
// person, those of a person on themselves left out, under whatever name.
type asked struct {
	parameters ch.Parameters
	touches    string // FROM … WHERE …
	key        string // expression of the dimension
	who        string // expression of the person
	buyers     string // the persons with an order in the span
}

func (db *DB) asked(ctx context.Context, s *Span, d conversion.Dimension) (q asked, err error) {
	q = asked{parameters: s.parameters(), touches: spanned, who: "toString(person_id)", key: "toString(" + touchKey[d.Name] + ")"}
	if d.Name == "host" {
		q.touches = hostedSpan
	}
	buyer, referrer := "person", "toString(referrer_id)"
	if db.cfg.Names != nil {
		all, err := db.cfg.Names(ctx, s.Merchant, nil, s.AsOf)
		if err != nil {
			return q, err
		}
		if len(all) > maxMerged {
			return q, live.Conflict("too_many_merges", "%d names stand for other persons, at most %d can be asked about", len(all), maxMerged)
		}
		if len(all) > 0 {
			names := slices.Sorted(maps.Keys(all))
			people := make([]live.PersonID, len(names))
			for i, name := range names {
				people[i] = all[name][0]
			}
			q.parameters["names"], q.parameters["people"] = array(names), array(people)
			one := func(name string) string {
				return `transform(` + name + `, {names:Array(String)}, {people:Array(String)}, ` + name + `)`
			}
			q.who, buyer, referrer = one(q.who), one(buyer), one(referrer)
		}
	}
	if d.Name == "referrer" {
		q.key = referrer
	}
	q.touches += ` AND (referrer_id = '' OR ` + referrer + ` != ` + q.who + `)`
	q.buyers = `(SELECT ` + buyer + ` FROM (` + paidWithin + `) WHERE person != '')`
	return q, nil
}

// Costs are what all touches of a span cost, whether they led to an order or
// not, by a dimension and by currency.
func (db *DB) Costs(ctx context.Context, s Span, d conversion.Dimension) ([]conversion.Cost, error) {
	type place struct {
		key      string
		currency live.Currency
	}
	q, err := db.asked(ctx, &s, d)
	if err != nil {
		return nil, err
	}
	at := map[place]int{}
	var out []conversion.Cost
	err = db.rows(ctx, "costs of touches", q.parameters, `SELECT `+q.key+` AS k, toString(cost_currency) AS c, sum(cost), toInt64(count())`+q.touches+`
		AND cost > 0 GROUP BY k, c ORDER BY c, k`, func(scan scanner) error {
		var column string
		var c conversion.Cost
		if err := scan(&column, (*string)(&c.Currency), &c.Minor, &c.Touches); err != nil {
			return err
		}
		c.Key = keyed(d, column)
		n, ok := at[place{c.Key, c.Currency}]
		if !ok {
			n = len(out)
			at[place{c.Key, c.Currency}] = n
			out = append(out, conversion.Cost{Key: c.Key, Currency: c.Currency})
		}
		out[n].Minor += c.Minor
		out[n].Touches += c.Touches
		return nil
	})
	return out, err
}

// LostPaths are the touches in a span of the persons who paid no order in it,
// over all names of each as of the instant. More than MaxTouches touches are
// refused as "too_many_journeys".
func (db *DB) LostPaths(ctx context.Context, s Span, d conversion.Dimension) ([]attribution.LostPath, error) {
	q, err := db.asked(ctx, &s, d)
	if err != nil {
		return nil, err
	}
	lost := q.touches + ` AND ` + q.who + ` NOT IN ` + q.buyers
	var touches uint64
	if err := db.rows(ctx, "touches that led nowhere", q.parameters, `SELECT count()`+lost, func(scan scanner) error { return scan(&touches) }); err != nil {
		return nil, err
	}
	if touches > uint64(s.MaxTouches) {
		return nil, live.TooLarge("too_many_journeys", "from", "there are %d touches between from and to that led to no order, at most %d are gone through: ask for less time", touches, s.MaxTouches)
	}
	var out []attribution.LostPath
	err = db.rows(ctx, "paths that led nowhere", q.parameters, `SELECT path, toInt64(count()) FROM (
			SELECT `+q.who+` AS who, arrayMap(x -> x.4, arraySort(groupArray((at, seq, idx, `+q.key+`)))) AS path`+lost+` GROUP BY who)
		GROUP BY path ORDER BY path`, func(scan scanner) error {
		var p attribution.LostPath
		if err := scan(&p.Keys, &p.Persons); err != nil {
			return err
		}
		for i, column := range p.Keys {
			p.Keys[i] = keyed(d, column)
		}
		out = append(out, p)
		return nil
	})
	return out, err
}
