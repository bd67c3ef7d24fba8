package clickhouse

import (
	"context"
	"math"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// Figures counts a show as of an instant, from the facts alone: those received
// at or before asOf. Every number is exact. The show must carry its start and
// end as the store knows them. A show without facts has figures of zero.
func (db *DB) Figures(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	return db.figures(ctx, merchant, show, asOf, math.MaxInt64)
}

// FiguresBefore counts a show as of an instant with those flagged as bots who were
// so before a place of the log: what the figures were until then.
func (db *DB) FiguresBefore(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time, flags live.Position) (analytics.Figures, error) {
	return db.figures(ctx, merchant, show, asOf, int64(flags.Offset()))
}

func (db *DB) figures(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time, flagsBefore int64) (analytics.Figures, error) {
	f := analytics.Figures{Show: show.ID, AsOf: asOf}
	if show.Rehearsal {
		f.Funnel = analytics.NewFunnel(&f.Traffic, 0, 0, 0, 0)
		return f, nil
	}
	q := db.questionOf(merchant, show, asOf, flagsBefore)
	for _, part := range []func(context.Context, *analytics.Figures) error{
		q.bots, q.behaviour, q.money, q.minutes, q.products, q.sources, q.shifts, q.benefits, q.caused, q.marks, q.alerts,
	} {
		if err := part(ctx, &f); err != nil {
			return analytics.Figures{}, err
		}
	}
	if err := q.raw(ctx, &f); err != nil {
		return analytics.Figures{}, err
	}
	if err := q.funnel(ctx, &f); err != nil {
		return analytics.Figures{}, err
	}
	f.Tidy()
	return f, nil
}

// FiguresOf counts only what some tables of a show are made of, as [DB.Figures]
// does.
func (db *DB) FiguresOf(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error) {
	if show.Rehearsal || need == analytics.Everything {
		return db.Figures(ctx, merchant, show, asOf)
	}
	f := analytics.Figures{Show: show.ID, AsOf: asOf}
	q := db.questionOf(merchant, show, asOf, math.MaxInt64)
	for _, part := range []struct {
		of  analytics.Part
		ask func(context.Context, *analytics.Figures) error
	}{
		{analytics.Everything, q.bots},
		{analytics.PartFunnel | analytics.PartSources, q.traffic},
		{analytics.PartFunnel | analytics.PartSources, q.watching},
		{analytics.PartFunnel | analytics.PartSources, q.money},
		{analytics.PartFunnel, q.funnel},
		{analytics.PartMinutes, q.minutes},
		{analytics.PartMinutes, q.marks},
		{analytics.PartProducts, q.products},
		{analytics.PartSources, q.sources},
		{analytics.PartHosts, q.shifts},
	} {
		if !need.Has(part.of) {
			continue
		}
		if err := part.ask(ctx, &f); err != nil {
			return analytics.Figures{}, err
		}
	}
	f.Tidy()
	return f, nil
}

func (db *DB) questionOf(merchant live.MerchantID, show live.Show, asOf time.Time, flagsBefore int64) *question {
	return &question{db: db, show: show, viewers: everybody, parameters: ch.Parameters{
		"merchant": string(merchant), "show": string(show.ID), "as_of": strconv.FormatInt(asOf.UnixMilli(), 10),
		"flags_before": strconv.FormatInt(flagsBefore, 10),
	}}
}

// question is one show as of one instant.
type question struct {
	db         *DB
	show       live.Show
	parameters ch.Parameters
	viewers    string // where the facts that count are read from
}

// The conditions that every question shares. Each is text of this file; what a
// caller gives travels as a server-side parameter.
const (
	inShow = ` merchant_id = {merchant:String} AND show_id = {show:String} AND rehearsal = 0 `
	events = ` FROM events WHERE` + inShow + `AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	// everybody is what viewers did, with those who are flagged as bots.
	everybody = events + `AND actor_role = 'viewer' `
	deltas    = ` FROM order_deltas WHERE` + inShow + `AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
)

func (q *question) rows(ctx context.Context, name, sql string, each func(scanner) error) error {
	return q.db.within(ctx, ClassShow, name, q.parameters, sql, each)
}

// n is a count of facts of a kind, uv of the persons behind them.
func n(kind live.Kind) string { return `toInt64(countIf(kind = '` + string(kind) + `'))` }

func uv(kind live.Kind) string {
	return `toInt64(uniqExactIf(person_id, kind = '` + string(kind) + `' AND person_id != ''))`
}

func (q *question) traffic(ctx context.Context, f *analytics.Figures) error {
	t := &f.Traffic
	return q.rows(ctx, "traffic", `SELECT `+
		n(live.RoomExposed)+`, `+uv(live.RoomExposed)+`, `+uv(live.RoomEntered)+`, sumIf(`+watched+`, kind = 'watch_heartbeat'), `+
		n(live.CommentSent)+`, `+uv(live.CommentSent)+`, sumIf(num, kind = 'liked'), `+uv(live.Liked)+`, `+
		n(live.RoomShared)+`, `+uv(live.RoomShared)+`, `+n(live.Followed)+`,
		toInt64(uniqExactIf(person_id, kind IN ('comment_sent', 'liked', 'room_shared', 'followed') AND person_id != '')), `+
		n(live.ProductExposed)+`, `+uv(live.ProductExposed)+`, `+n(live.ProductClicked)+`, `+uv(live.ProductClicked)+`, `+
		n(live.CartItemAdded)+`, `+uv(live.CartItemAdded)+`, `+n(live.CheckoutStarted)+`, `+uv(live.CheckoutStarted)+q.viewers,
		func(scan scanner) error {
			return scan(&t.RoomExposurePV, &t.RoomExposureUV, &t.WatchUV, &t.WatchMS,
				&t.CommentPV, &t.CommentUV, &t.LikeCount, &t.LikeUV,
				&t.SharePV, &t.ShareUV, &t.FollowGross, &t.InteractUV,
				&t.ProductExposurePV, &t.ProductExposureUV, &t.ProductClickPV, &t.ProductClickUV,
				&t.CartPV, &t.CartUV, &t.CheckoutPV, &t.CheckoutUV)
		})
}

// follows counts persons whose last word was followed. The order is that of the
// log: two facts of one millisecond have one.
func (q *question) follows(ctx context.Context, f *analytics.Figures) error {
	return q.rows(ctx, "follows", `SELECT toInt64(countIf(last = 'followed')) FROM (
		SELECT argMax(kind, (seq, idx)) AS last`+q.viewers+`AND person_id != '' AND kind IN ('followed', 'unfollowed') GROUP BY person_id)`,
		func(scan scanner) error { return scan(&f.Traffic.FollowNet) })
}

// persons is one row for each viewer with a sign of life: the channel of their
// first entry, their views (a silence of more than 30 minutes begins another)
// and their visible time.
func (q *question) persons() string {
	return `SELECT person_id, countIf(kind = 'room_entered') > 0 AS entered,
		argMinIf(toString(channel), (seq, idx), kind = 'room_entered') AS first_channel,
		multiIf(NOT entered, 'unknown', first_channel = '', 'direct', first_channel) AS arrival,
		arraySort(groupArray(toUnixTimestamp64Milli(ts))) AS signs,
		toInt64(1 + arrayCount(gap -> gap > 1800000, arrayDifference(signs))) AS views,
		sum(if(kind = 'watch_heartbeat', ` + watched + `, 0)) AS watched` + q.viewers + `AND person_id != '' AND kind IN ('room_entered', 'watch_heartbeat') GROUP BY person_id`
}

// watching counts views and arrivals, over all and by channel.
func (q *question) watching(ctx context.Context, f *analytics.Figures) error {
	return q.rows(ctx, "watching", `SELECT arrival, sum(views), toInt64(countIf(entered)), toInt64(countIf(watched >= 60000)) FROM (`+q.persons()+`) GROUP BY arrival`,
		func(scan scanner) error {
			var s analytics.Source
			var long int64
			if err := scan(&s.Channel, &s.WatchPV, &s.WatchUV, &long); err != nil {
				return err
			}
			f.Traffic.WatchPV += s.WatchPV
			f.Traffic.WatchUV60s += long
			f.Sources = append(f.Sources, s)
			return nil
		})
}

// funnel counts the rungs; orders of all currencies count together.
func (q *question) funnel(ctx context.Context, f *analytics.Figures) error {
	var orderUV, buyers, orders, paid int64
	for i := range f.Money {
		orders += f.Money[i].Orders
		paid += f.Money[i].OrdersPaid
	}
	err := q.rows(ctx, "funnel", `SELECT toInt64(countIf(o > 0)), toInt64(countIf(p > 0)) FROM (
		SELECT sum(orders) AS o, sum(orders_paid) AS p`+deltas+`AND person_id != '' GROUP BY person_id)`,
		func(scan scanner) error { return scan(&orderUV, &buyers) })
	f.Funnel = analytics.NewFunnel(&f.Traffic, orders, orderUV, paid, buyers)
	return err
}

// marks are the host's commands, whoever gave them.
func (q *question) marks(ctx context.Context, f *analytics.Figures) error {
	return q.rows(ctx, "marks", `SELECT ts, kind, product_id, multiIf(kind = 'announcement_published', body,
		kind IN (`+quoted(analytics.MarkTitles)+`), JSONExtractString(props, 'title'), kind IN (`+quoted(analytics.MarkPrizes)+`), JSONExtractString(props, 'prize'), ''), actor_id, actor_role`+events+
		`AND kind IN (`+quoted(analytics.MarkKinds)+`) ORDER BY seq, idx`,
		func(scan scanner) error {
			var at time.Time
			var kind, product, text, actor, role string
			if err := scan(&at, &kind, &product, &text, &actor, &role); err != nil {
				return err
			}
			f.Commands = append(f.Commands, analytics.Mark{
				At: at.UTC(), Kind: live.Kind(kind), Product: live.ProductID(product), Text: text, Actor: actor, Role: live.Role(role),
			})
			return nil
		})
}

// alerts are read from their facts, in the order of the log.
func (q *question) alerts(ctx context.Context, f *analytics.Figures) error {
	return q.rows(ctx, "alerts", `SELECT kind, props, actor_id, ts`+events+`AND kind IN (`+quoted(analytics.AlertKinds)+`) ORDER BY seq, idx`,
		func(scan scanner) error {
			var kind, props, by string
			var at time.Time
			if err := scan(&kind, &props, &by, &at); err != nil {
				return err
			}
			f.Alerts = analytics.AddAlert(f.Alerts, live.Kind(kind), []byte(props), by, at.UTC())
			return nil
		})
}

// PastShow is a show that is over by its whole minutes, counted as [DB.Figures] does.
func (db *DB) PastShow(ctx context.Context, show live.Show) (analytics.PastShow, error) {
	f := analytics.Figures{Show: show.ID, AsOf: show.EndedAt}
	q := db.questionOf(show.Merchant, show, show.EndedAt, math.MaxInt64)
	for _, part := range []func(context.Context, *analytics.Figures) error{q.bots, q.minutes} {
		if err := part(ctx, &f); err != nil {
			return analytics.PastShow{}, err
		}
	}
	f.Tidy()
	return analytics.PastShow{Show: show, Minutes: analytics.WholeMinutes(show, &f)}, nil
}
