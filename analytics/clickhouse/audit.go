package clickhouse

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Mismatch is one place where the database disagrees with itself.
type Mismatch struct {
	// Check names the rollup and the measure, as "show_money.paid"; or it is
	// "duplicate_position", "duplicate_event", "log_gap" or "ingest_ledger.…".
	Check    string
	Merchant string
	Show     string
	Key      string // of the rollup below the show: minute, currency, product, person
	Facts    int64  // what the facts add up to
	Rollup   int64  // what the rollup says
}

// auditLimit bounds how many mismatches of one check are told.
const auditLimit = 100

// reconcile is one rollup with its definition, told a second time and apart
// from the views.
type reconcile struct {
	rollup, facts, where, key string
	rollupKey                 string
	measures                  [][2]string // column of the rollup, expression over the facts
}

// Measures of how facts stand are no sums of numbers: what puts them together, and
// how a rollup tells them as one.
const (
	foldOfStanding   = `multiIf(c = 'places', groupBitXor(%[1]s), c = 'latest', max(%[1]s), sum(%[1]s))`
	placesOfStanding = `reinterpretAsInt64(places)`
	latestOfStanding = `toUnixTimestamp64Milli(latest)`
)

const counted = `rehearsal = 0 AND actor_role = 'viewer'`

func kinds(pairs ...string) (out [][2]string) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, [2]string{pairs[i], `toInt64(kind = '` + pairs[i+1] + `')`})
	}
	return out
}

func same(columns ...string) (out [][2]string) {
	for _, c := range columns {
		out = append(out, [2]string{c, c})
	}
	return out
}

// standingBy are the measures of how facts stand that have this column of their time.
func standingBy(at string) [][2]string {
	return [][2]string{{"rows", `toInt64(1)`}, {"places", `reinterpretAsInt64(cityHash64(seq, idx))`}, {"latest", `toUnixTimestamp64Milli(` + at + `)`}}
}

var (
	likes     = [2]string{"likes", `if(kind = 'liked', num, 0)`}
	behaviour = append(kinds("exposed", "room_exposed", "entered", "room_entered", "comments", "comment_sent", "shares", "room_shared",
		"follows", "followed", "product_exposures", "product_exposed", "clicks", "product_clicked", "carts", "cart_item_added",
		"checkouts", "checkout_started"), likes)
	perMinute = `toString(toUnixTimestamp(toStartOfMinute(%s)))`
)

var reconciles = []reconcile{
	{"show_minute", "events", counted, fmt.Sprintf(perMinute, "ts"), `toString(toUnixTimestamp(t))`, behaviour},
	{"show_money", "order_deltas", `rehearsal = 0`, `toString(currency)`, `toString(currency)`, same(countNames[:]...)},
	{
		"money_minute", "order_deltas", `rehearsal = 0`, `concat(currency, ' ', ` + fmt.Sprintf(perMinute, "at") + `)`,
		`concat(currency, ' ', toString(toUnixTimestamp(t)))`,
		same("orders", "orders_paid", "created", "paid", "refund_goods", "refund_ship", "cancelled_paid"),
	},
	{
		"person_money", "order_deltas", `rehearsal = 0 AND person_id != ''`, `concat(currency, ' ', person_id)`, `concat(currency, ' ', person_id)`,
		same("orders", "orders_paid", "created", "paid", "refund_goods", "refund_ship", "cancelled_paid"),
	},
	{"holdouts", "events", `kind = 'holdout_assigned' AND rehearsal = 0 AND person_id != ''`, `person_id`, `person_id`, [][2]string{{"", `toInt64(1)`}}},
	{"event_standing", "events", `1`, `''`, `''`, standingBy("ts")},
	{"delta_standing", "order_deltas", `1`, `''`, `''`, standingBy("at")},
	{"touches", "events", `touch = 1`, `person_id`, `person_id`, [][2]string{{"", `toInt64(1)`}}},
}

// agedShows are the shows of which raw behaviour may be gone: their rollups have
// what was, and the facts must only not have more.
const agedShows = `(SELECT toString(merchant_id), toString(show_id) FROM events WHERE ts < fromUnixTimestamp64Milli({gone:Int64}, 'UTC')
	UNION DISTINCT SELECT toString(merchant_id), toString(show_id) FROM show_minute WHERE t < fromUnixTimestamp64Milli({gone:Int64}, 'UTC'))`

// sql sums facts and rollup side by side and keeps the keys that differ.
func (r *reconcile) sql() string {
	differ, put := `facts != rollup`, `sum(%s)`
	if r.facts == "events" { // Of what is left the places are others.
		differ = `if({gone:Int64} > 0 AND (merchant, show) IN ` + agedShows + `, facts > rollup AND c != 'places', facts != rollup)`
	}
	if strings.HasSuffix(r.rollup, "_standing") {
		put = foldOfStanding
	}
	var facts, rollup, names []string
	for _, m := range r.measures {
		facts = append(facts, m[1])
		if m[0] == "" { // The rollup is a list of rows.
			rollup, names = append(rollup, `toInt64(1)`), append(names, `'rows'`)
			continue
		}
		column := m[0]
		switch column {
		case "places":
			column = placesOfStanding
		case "latest":
			column = latestOfStanding
		}
		rollup, names = append(rollup, column), append(names, `'`+m[0]+`'`)
	}
	side := func(table, where, key string, values []string, first bool) string {
		is, not := "v", "toInt64(0)"
		if !first {
			is, not = not, is
		}
		return `SELECT merchant, show, k, c, ` + is + ` AS f, ` + not + ` AS r FROM (
			SELECT toString(merchant_id) AS merchant, toString(show_id) AS show, ` + key + ` AS k,
				[` + strings.Join(names, ", ") + `] AS cs, [` + strings.Join(values, ", ") + `] AS vs
			FROM ` + table + where + `) ARRAY JOIN cs AS c, vs AS v`
	}
	return `SELECT c, merchant, show, k, ` + fmt.Sprintf(put, "f") + ` AS facts, ` + fmt.Sprintf(put, "r") + ` AS rollup FROM (` +
		side(r.facts, ` WHERE `+r.where, r.key, facts, true) + ` UNION ALL ` +
		side(r.rollup, ``, r.rollupKey, rollup, false) +
		`) GROUP BY c, merchant, show, k HAVING ` + differ + ` ORDER BY c, merchant, show, k LIMIT ` + fmt.Sprint(auditLimit)
}

// agedBucket is a bucket of the ledger of which facts may be gone.
const agedBucket = `{whole:UInt64} > 0 AND b <= intDiv({whole:UInt64}, 1000000)`

// others are the checks that are no sums. Facts is what is there, Rollup what
// should be there.
var others = []struct{ check, sql string }{
	{"duplicate_position", `SELECT '', any(toString(merchant_id)), any(toString(show_id)), concat(toString(seq), ':', toString(idx)) AS k, toInt64(count()) AS c, toInt64(1)
		FROM events GROUP BY seq, idx HAVING c > 1 ORDER BY seq, idx`},
	{"duplicate_position", `SELECT '', any(toString(merchant_id)), any(toString(show_id)), concat(toString(seq), ':', toString(idx), ':', toString(n)) AS k, toInt64(count()) AS c, toInt64(1)
		FROM order_deltas GROUP BY seq, idx, n HAVING c > 1 ORDER BY seq, idx, n`},
	// Many facts are known by their place alone.
	{"duplicate_event", `SELECT '', toString(merchant_id), any(toString(show_id)), concat(fact_source, ' ', fact_id) AS k, toInt64(count()) AS c, toInt64(1)
		FROM events WHERE uuid_low != 0 OR event_id != '' GROUP BY merchant_id, fact_source, fact_id HAVING c > 1 ORDER BY merchant_id, k`},
	// Positions count up within a message and messages count up without a gap.
	{"log_gap", `SELECT '', '', '', concat('message ', toString(seq)) AS k, toInt64(uniqExact(idx)) AS c, toInt64(max(idx)) + 1 AS want
		FROM events WHERE seq >= {whole:UInt64} GROUP BY seq HAVING c != want ORDER BY seq`},
	{"log_gap", `SELECT '', '', '', 'messages' AS k, toInt64(uniqExact(seq)) AS c, if(c = 0, 0, toInt64(max(seq) - min(seq)) + 1) AS want FROM events WHERE seq >= {whole:UInt64} HAVING c != want`},
	{"ingest_ledger.rows", `SELECT '', '', '', toString(b) AS k, toInt64(sum(f)) AS c, toInt64(sum(r)) AS want FROM (
		SELECT intDiv(seq, 1000000) AS b, count() AS f, toUInt64(0) AS r FROM events GROUP BY b
		UNION ALL SELECT bucket AS b, toUInt64(0), sum(rows) FROM ingest_ledger GROUP BY bucket) GROUP BY b HAVING if(` + agedBucket + `, c > want, c != want)`},
	{"ingest_ledger.checksum", `SELECT '', '', '', toString(b) AS k, reinterpretAsInt64(groupBitXor(f)) AS c, reinterpretAsInt64(groupBitXor(r)) AS want FROM (
		SELECT intDiv(seq, 1000000) AS b, groupBitXor(cityHash64(seq, idx)) AS f, toUInt64(0) AS r FROM events GROUP BY b
		UNION ALL SELECT bucket AS b, toUInt64(0), groupBitXor(checksum) FROM ingest_ledger GROUP BY bucket) GROUP BY b HAVING NOT (` + agedBucket + `) AND c != want`},
}

// overAll are the checks that are about all shards of a cluster together.
var overAll = []string{"duplicate_position", "log_gap"}

// Audit compares every rollup with the facts, looks for facts that are in twice
// and for holes in the log. It reads everything there is. The answer must be
// empty; what it holds is the first hundred places of each check.
//
// On a cluster every shard compares its own, and places of the log are looked at
// over all of them: one message has facts of many merchants.
func (db *DB) Audit(ctx context.Context) ([]Mismatch, error) {
	if db.cfg.Cluster == "" {
		return db.audit(ctx, true, true)
	}
	c, err := db.topology(ctx)
	if err != nil {
		return nil, err
	}
	out, err := c.front.audit(ctx, false, true)
	if err != nil {
		return nil, err
	}
	for _, s := range c.shards {
		found, err := s.audit(ctx, true, false)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// audit compares what one shard has for itself (apart), and what must be so over
// all shards together (whole).
func (db *DB) audit(ctx context.Context, apart, whole bool) ([]Mismatch, error) {
	aged, err := db.aged(ctx)
	if err != nil {
		return nil, err
	}
	var out []Mismatch
	for i := range reconciles {
		if !apart {
			break
		}
		found, err := db.check(ctx, aged, reconciles[i].rollup, reconciles[i].sql())
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for _, o := range others {
		if over := slices.Contains(overAll, o.check); over && !whole || !over && !apart {
			continue
		}
		found, err := db.check(ctx, aged, o.check, o.sql+` LIMIT `+fmt.Sprint(auditLimit))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// aged are the parameters of comparisons: before which instant raw behaviour may
// be gone, and from which message of the log on all is there; zero when nothing is
// gone.
func (db *DB) aged(ctx context.Context) (ch.Parameters, error) {
	gone, err := db.BehaviourGone(ctx)
	if err != nil || gone.IsZero() {
		return ch.Parameters{"gone": "0", "whole": "0"}, err
	}
	// Messages are in the order of the log and of their times but for the clocks.
	var n, whole uint64
	err = db.rows(ctx, "audit", ch.Parameters{"after": fmt.Sprint(gone.Add(clockSlack).UnixMilli())},
		`SELECT count(), min(seq) FROM events WHERE ts >= fromUnixTimestamp64Milli({after:Int64}, 'UTC')`, func(scan scanner) error { return scan(&n, &whole) })
	if n == 0 {
		whole = math.MaxInt64
	}
	return ch.Parameters{"gone": fmt.Sprint(max(gone.UnixMilli(), 1)), "whole": fmt.Sprint(whole)}, err
}

// check runs one comparison.
func (db *DB) check(ctx context.Context, aged ch.Parameters, check, sql string) (out []Mismatch, err error) {
	err = db.rows(ctx, "audit", aged, sql, func(scan scanner) error {
		m := Mismatch{}
		var measure string
		if err := scan(&measure, &m.Merchant, &m.Show, &m.Key, &m.Facts, &m.Rollup); err != nil {
			return err
		}
		m.Check = check
		if measure != "" {
			m.Check += "." + measure
		}
		out = append(out, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit %s: %w", check, err)
	}
	return out, nil
}
