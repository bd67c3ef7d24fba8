package clickhouse

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// The conditions that every question about a show shares. Each is text of this
// file; what a caller gives travels as a server-side parameter.
const (
	theShow = ` merchant_id = {merchant:String} AND show_id = {show:String} `
	inShow  = theShow + `AND rehearsal = 0 `
	events  = ` FROM events WHERE` + inShow + `AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	// allEvents and allDeltas have with them what was rehearsed, which is not counted.
	allEvents = ` FROM events WHERE` + theShow + `AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	allDeltas = ` FROM order_deltas WHERE` + theShow + `AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	// everybody is what viewers did, with those who are flagged as bots.
	everybody = events + `AND actor_role = 'viewer' `
	deltas    = ` FROM order_deltas WHERE` + inShow + `AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	// flagged are the persons whom the last word of the show calls bots.
	flagged = `SELECT person_id` + events + `AND person_id != '' AND kind IN ('bot_flagged', 'bot_unflagged')
		AND toInt64(seq * 4096 + idx) < {flags_before:Int64} GROUP BY person_id HAVING argMax(kind, (seq, idx)) = 'bot_flagged'`
	// unflagged leaves them out.
	unflagged = `AND person_id NOT IN (` + flagged + `) `
	// place is where a fact stands in the log, in one number.
	place = `toInt64(seq * 4096 + idx)`
)

// crowd is where the facts of those who count are read from: of viewers, and with
// them of everybody else.
type crowd struct{ facts, viewers string }

// Everyone is with those who are flagged as bots, people are without them.
var (
	everyone = crowd{events, everybody}
	people   = crowd{events + unflagged, everybody + unflagged}
)

// askedAtOnce bounds the questions about one show that are under way at a time.
const askedAtOnce = 4

// question is one show as of one instant, and what is counted of it so far.
// Several parts of it may be asked at the same time: what comes back is taken in
// by one of them after the other, and in any order makes the same figures.
type question struct {
	db         *DB
	show       live.Show
	parameters ch.Parameters
	need       analytics.Part

	mu       sync.Mutex // guards all below, which callbacks of rows hold
	f        *analytics.Figures
	minutes  map[int64]int
	products map[string]int
	titles   map[string]*live.ProductTitles // of products
	seen     seen
	buyers   []buyersOf
	arrived  map[string]string // by which channel buyers came who did
	stood    Standing          // as what was asked first has it
}

// seen are the kinds that the show has facts of.
type seen map[live.Kind]bool

func (s seen) any(kinds []live.Kind) bool {
	return slices.ContainsFunc(kinds, func(k live.Kind) bool { return s[k] })
}

func (db *DB) questionOf(merchant live.MerchantID, show live.Show, asOf time.Time, flagsBefore int64, need analytics.Part) *question {
	from, until := onShow(show)
	watchFrom, watchUntil := analytics.WatchBounds(show)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return &question{
		db: db, show: show, need: need, f: &analytics.Figures{Show: show.ID, AsOf: asOf}, minutes: map[int64]int{}, seen: seen{}, products: map[string]int{}, titles: map[string]*live.ProductTitles{}, arrived: map[string]string{},
		parameters: ch.Parameters{
			"merchant": string(merchant), "show": string(show.ID), "as_of": unixMilli(asOf), "flags_before": number(flagsBefore),
			"from": number(from), "until": number(until), "watch_from": number(watchFrom), "watch_until": number(watchUntil),
		},
	}
}

// onShow bounds the payments made on the show, in unix milliseconds; an empty
// interval if it has not started.
func onShow(show live.Show) (from, until int64) {
	if show.StartedAt.IsZero() {
		return 0, -1
	}
	if show.EndedAt.IsZero() {
		return show.StartedAt.UnixMilli(), math.MaxInt64
	}
	return show.StartedAt.UnixMilli(), show.EndedAt.UnixMilli()
}

// rows asks, and hands the rows of the answer to each, one question's at a time.
func (q *question) rows(ctx context.Context, name, sql string, each func(scanner) error) error {
	return q.db.within(ctx, ClassShow, name, q.parameters, sql, func(scan scanner) error {
		q.mu.Lock()
		defer q.mu.Unlock()
		return each(scan)
	})
}

// part is one thing to ask, if any of what it is for is needed.
type part struct {
	of  analytics.Part
	ask func(context.Context) error
}

// ask asks the parts that are needed at the same time.
func (q *question) ask(ctx context.Context, parts ...part) error {
	var asks []func(context.Context) error
	for _, p := range parts {
		if q.need.Has(p.of) {
			asks = append(asks, p.ask)
		}
	}
	return atOnce(ctx, asks...)
}

// atOnce asks questions that answer one at the same time. Of several errors it gives
// that of the first that has one of its own.
func atOnce(ctx context.Context, asks ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(asOne(ctx))
	defer cancel()
	errs := make([]error, len(asks))
	room := make(chan struct{}, askedAtOnce)
	var asked sync.WaitGroup
	for i, ask := range asks {
		asked.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if errs[i] = ctx.Err(); errs[i] == nil {
				errs[i] = ask(ctx)
			}
			if errs[i] != nil {
				cancel()
			}
		})
	}
	asked.Wait()
	var first error
	for _, err := range errs {
		if err != nil && (first == nil || errors.Is(first, context.Canceled) && !errors.Is(err, context.Canceled)) {
			first = err
		}
	}
	return first
}

// minute finds the minute of an instant, or begins it.
func (q *question) minute(t time.Time) *analytics.Minute {
	i, ok := q.minutes[t.Unix()]
	if !ok {
		i = len(q.f.Minutes)
		q.minutes[t.Unix()] = i
		q.f.Minutes = append(q.f.Minutes, analytics.Minute{T: t.UTC()})
	}
	return &q.f.Minutes[i]
}

// product finds a product, or begins it.
func (q *question) product(id string) *analytics.Product {
	i, ok := q.products[id]
	if !ok {
		i = len(q.f.Products)
		q.products[id] = i
		q.f.Products = append(q.f.Products, analytics.Product{Product: live.ProductID(id)})
	}
	return &q.f.Products[i]
}

// source finds a channel of arrival, or begins it.
func (q *question) source(channel string) *analytics.Source {
	for i := range q.f.Sources {
		if q.f.Sources[i].Channel == channel {
			return &q.f.Sources[i]
		}
	}
	q.f.Sources = append(q.f.Sources, analytics.Source{Channel: channel})
	return &q.f.Sources[len(q.f.Sources)-1]
}

// n is a count of facts of a kind, uv of the persons behind them.
func n(kind live.Kind) string { return `toInt64(countIf(kind = '` + string(kind) + `'))` }

func uv(kind live.Kind) string {
	return `toInt64(uniqExactIf(person_id, kind = '` + string(kind) + `' AND person_id != ''))`
}

func quoted(kinds []live.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = "'" + string(k) + "'"
	}
	return strings.Join(names, ", ")
}
