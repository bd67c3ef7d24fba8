package clickhouse

import (
	"context"

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

// Costs are what all touches of a span cost, whether they led to an order or
// not, by a dimension and by currency. A host is one that the fact itself names.
func (db *DB) Costs(ctx context.Context, s Span, d conversion.Dimension) ([]conversion.Cost, error) {
	type place struct {
		key      string
		currency live.Currency
	}
	at := map[place]int{}
	var out []conversion.Cost
	err := db.rows(ctx, "costs of touches", s.parameters(), `SELECT toString(`+touchKey[d.Name]+`) AS k, toString(cost_currency) AS c, sum(cost), toInt64(count())`+spanned+`
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

// LostPaths are the touches in a span of the persons who paid no order in it.
// Persons are by name: who has several is looked up for buyers only. More than
// MaxTouches touches are refused as "too_many_journeys".
func (db *DB) LostPaths(ctx context.Context, s Span, d conversion.Dimension) ([]attribution.LostPath, error) {
	lost := spanned + ` AND person_id NOT IN (SELECT person FROM (` + paidWithin + `) WHERE person != '')`
	var touches uint64
	if err := db.rows(ctx, "touches that led nowhere", s.parameters(), `SELECT count()`+lost, func(scan scanner) error { return scan(&touches) }); err != nil {
		return nil, err
	}
	if touches > uint64(s.MaxTouches) {
		return nil, live.TooLarge("too_many_journeys", "from", "there are %d touches between from and to that led to no order, at most %d are gone through: ask for less time", touches, s.MaxTouches)
	}
	var out []attribution.LostPath
	err := db.rows(ctx, "paths that led nowhere", s.parameters(), `SELECT path, toInt64(count()) FROM (
			SELECT person_id, arrayMap(x -> x.4, arraySort(groupArray((at, seq, idx, toString(`+touchKey[d.Name]+`))))) AS path`+lost+` GROUP BY person_id)
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
