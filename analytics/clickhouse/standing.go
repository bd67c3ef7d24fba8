package clickhouse

import (
	"context"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// Standing tells one state of the facts of a show from another: facts that came in
// or went change it. Who changes facts in place, as [DB.Rename] does, does not. Figures
// of a show that is over are the same as of two instants at which its facts stand
// alike, but for the instant itself.
type Standing struct {
	Events, Deltas Extent
}

// Extent is how many rows there are of a show in one table of facts, a sum of
// their places in the log, and the instant of the last, in unix milliseconds;
// zeros of none.
type Extent struct {
	Rows   int64
	Places uint64
	Latest int64
}

// add puts the rows of two extents together that have none in common.
func (x *Extent) add(y Extent) {
	x.Rows, x.Places, x.Latest = x.Rows+y.Rows, x.Places^y.Places, max(x.Latest, y.Latest)
}

// extentOf are the columns of an extent of facts, which have their instant in a column.
func extentOf(at string) string {
	return `toInt64(count()), groupBitXor(cityHash64(seq, idx)), toInt64(max(toUnixTimestamp64Milli(` + at + `)))`
}

// until reports whether all of it is received at or before an instant.
func (s *Standing) until(at int64) bool { return s.Events.Latest <= at && s.Deltas.Latest <= at }

// Standings is how the facts of shows of a merchant stand, each once and as of an
// instant of its own, in their order: of the facts received at or before it.
//
// It is read from the rollups of standings, for a fraction of what reading the facts
// takes, where these have nothing later than the instant and as many facts as there
// are. Of other shows it asks the facts: of an earlier instant, of raw behaviour that
// is gone, while facts come in, and where a rollup has lost rows. So nothing that
// becomes of a rollup makes the facts seem to stand as they did before.
func (db *DB) Standings(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) ([]Standing, error) {
	out, left, err := db.rolledUp(ctx, merchant, shows)
	if unmade(err) {
		return db.StandingsOfFacts(ctx, merchant, shows)
	}
	if err != nil || len(left) == 0 {
		return out, err
	}
	some := make([]analytics.ShowAt, len(left))
	for i, at := range left {
		some[i] = shows[at]
	}
	of, err := db.StandingsOfFacts(ctx, merchant, some)
	if err != nil {
		return nil, err
	}
	for i, at := range left {
		out[at] = of[i]
	}
	return out, nil
}

// StandingsByRollup is how all facts of shows stand, as the rollups alone have it: for
// who looks at many shows for those that seem to have changed.
func (db *DB) StandingsByRollup(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) ([]Standing, error) {
	return db.standings(ctx, merchant, shows, which.rolled, nil)
}

// rolledUp are the standings that rollups tell, and the places in shows of those
// that they do not.
func (db *DB) rolledUp(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) (out []Standing, left []int, err error) {
	const counted = `toInt64(count()), toUInt64(0), toInt64(0)`
	facts := make([]Standing, len(shows))
	out, err = db.standings(ctx, merchant, shows, func(which which) string {
		return which.rolled() + ` UNION ALL ` + which.of("events", "facts of events", counted, "") + ` UNION ALL ` + which.of("order_deltas", "facts of deltas", counted, "")
	}, facts)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range shows {
		is := out[i]
		if is.Events.Rows != facts[i].Events.Rows || is.Deltas.Rows != facts[i].Deltas.Rows || !is.until(s.At.UnixMilli()) {
			left = append(left, i)
		}
	}
	return out, left, nil
}

// StandingsOfFacts is what [DB.Standings] is, read from three columns of all facts of
// the shows. What is counted between two of them that are equal is of these facts and
// no others.
func (db *DB) StandingsOfFacts(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) ([]Standing, error) {
	return db.standings(ctx, merchant, shows, func(which which) string {
		extent := func(table, what, at string) string {
			return which.of(table, what, extentOf(at), ` AND `+at+` <= fromUnixTimestamp64Milli(`+which.asOf+`, 'UTC')`)
		}
		return extent("events", "events", "ts") + ` UNION ALL ` + extent("order_deltas", "deltas", "at")
	}, nil)
}

// which names the shows of a question about how their facts stand.
type which struct{ show, where, asOf, group string }

// of asks one table for an extent of each show.
func (w which) of(table, what, extent, and string) string {
	return `SELECT ` + w.show + ` AS show, '` + what + `' AS what, ` + extent + ` FROM ` + table + ` WHERE merchant_id = {merchant:String} AND ` + w.where + and + w.group
}

// rolled asks the rollups for the extents that they have of each show.
func (w which) rolled() string {
	const extent = `sum(rows), groupBitXor(places), toInt64(toUnixTimestamp64Milli(max(latest)))`
	return w.of("event_standing", "events", extent, "") + ` UNION ALL ` + w.of("delta_standing", "deltas", extent, "")
}

// standings asks for extents of events and deltas, and of facts of both if there is
// room for them.
func (db *DB) standings(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt, sql func(which) string, facts []Standing) ([]Standing, error) {
	out := make([]Standing, len(shows))
	if len(shows) == 0 {
		return out, nil
	}
	ids, asOfs, place := make([]live.ShowID, len(shows)), make([]int64, len(shows)), make(map[string]int, len(shows))
	for i, s := range shows {
		ids[i], asOfs[i], place[string(s.Show.ID)] = s.Show.ID, s.At.UnixMilli(), i
	}
	class, those := ClassMerchant, which{`toString(show_id)`, `show_id IN {shows:Array(String)}`, ofRow("as_ofs"), ` GROUP BY show_id`}
	if len(shows) == 1 { // The same, for less: rows that are only counted are not read.
		class, those = ClassShow, which{`{shows:Array(String)}[1]`, `show_id = {shows:Array(String)}[1]`, `{as_ofs:Array(Int64)}[1]`, ``}
	}
	parameters := ch.Parameters{"merchant": string(merchant), "shows": array(ids), "as_ofs": numbers(asOfs)}
	err := db.within(ctx, class, "standing", parameters, sql(those), func(scan scanner) error {
		var show, what string
		var x Extent
		if err := scan(&show, &what, &x.Rows, &x.Places, &x.Latest); err != nil {
			return err
		}
		i := place[show]
		switch what {
		case "events":
			out[i].Events = x
		case "deltas":
			out[i].Deltas = x
		case "facts of events":
			facts[i].Events = x
		default:
			facts[i].Deltas = x
		}
		return nil
	})
	return out, err
}
