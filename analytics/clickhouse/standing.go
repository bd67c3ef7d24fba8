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

// Standings is how the facts of shows of a merchant stand, each once and as of an
// instant of its own, in their order: of the facts received at or before it. It reads
// three columns of them, and so takes a fraction of what counting them does.
func (db *DB) Standings(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) ([]Standing, error) {
	out := make([]Standing, len(shows))
	if len(shows) == 0 {
		return out, nil
	}
	ids, asOfs, place := make([]live.ShowID, len(shows)), make([]int64, len(shows)), make(map[string]int, len(shows))
	for i, s := range shows {
		ids[i], asOfs[i], place[string(s.Show.ID)] = s.Show.ID, s.At.UnixMilli(), i
	}
	which, asOf := `show_id IN {shows:Array(String)}`, ofRow("as_ofs")
	if len(shows) == 1 { // The same, for less.
		which, asOf = `show_id = {shows:Array(String)}[1]`, `{as_ofs:Array(Int64)}[1]`
	}
	extent := func(table, at string) string {
		return `SELECT toString(show_id) AS show, '` + table + `', toInt64(count()), groupBitXor(cityHash64(seq, idx)), toInt64(max(toUnixTimestamp64Milli(` + at + `)))
			FROM ` + table + ` WHERE merchant_id = {merchant:String} AND ` + which + ` AND ` + at + ` <= fromUnixTimestamp64Milli(` + asOf + `, 'UTC') GROUP BY show`
	}
	class := ClassMerchant
	if len(shows) == 1 {
		class = ClassShow
	}
	err := db.within(ctx, class, "standing", ch.Parameters{"merchant": string(merchant), "shows": array(ids), "as_ofs": numbers(asOfs)},
		extent("events", "ts")+` UNION ALL `+extent("order_deltas", "at"), func(scan scanner) error {
			var show, table string
			var x Extent
			if err := scan(&show, &table, &x.Rows, &x.Places, &x.Latest); err != nil {
				return err
			}
			if s := &out[place[show]]; table == "events" {
				s.Events = x
			} else {
				s.Deltas = x
			}
			return nil
		})
	return out, err
}
