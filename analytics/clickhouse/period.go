package clickhouse

import (
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// The conditions that questions about a period share.
const (
	// byShows are the facts of the shows of a period, inside is the money that moved
	// in it, in the room that is asked for.
	byShows  = ` FROM events WHERE merchant_id = {merchant:String} AND show_id IN {shows:Array(String)} AND rehearsal = 0 AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	ofPeriod = ` FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') `
	inside   = `(toUnixTimestamp64Milli(at) >= {from:Int64} AND toUnixTimestamp64Milli(at) < {until:Int64} AND ({room:String} = '' OR room_id = {room:String}))`
	// botsOfShows are who is flagged in which show, as flagged has it of one.
	botsOfShows    = botsIn + byShows + botsAre
	viewersOfShows = byShows + `AND actor_role = 'viewer' AND (show_id, person_id) NOT IN (` + botsOfShows + `) `
)

// Period counts a period as of an instant: the money that moved in it, and what
// was counted of the shows that started in it, which must carry their starts and
// ends as of the same instant. Every number is exact.
func (db *DB) Period(ctx context.Context, p analytics.Period, shows []live.Show, asOf time.Time) (analytics.PeriodSide, error) {
	side := analytics.PeriodSide{Period: p, Shows: shows}
	at := make([]analytics.ShowAt, len(shows))
	for i, show := range shows {
		at[i] = analytics.ShowAt{Show: show, At: asOf}
	}
	counted, err := db.Metrics(ctx, p.Merchant, at)
	if err != nil {
		return side, err
	}
	for i := range counted {
		side.Add(shows[i], &counted[i])
	}
	side.Started.AsOf = asOf
	q := periodQuestion{db, p, ch.Parameters{
		"merchant": string(p.Merchant), "room": string(p.Room), "as_of": unixMilli(asOf), "from": unixMilli(p.From), "until": unixMilli(p.Until),
	}}
	ids, froms, untils := make([]live.ShowID, len(shows)), make([]int64, len(shows)), make([]int64, len(shows))
	for i := range shows {
		ids[i] = shows[i].ID
		froms[i], untils[i] = analytics.WatchBounds(shows[i])
	}
	q.parameters["shows"], q.parameters["watch_froms"], q.parameters["watch_untils"] = array(ids), numbers(froms), numbers(untils)
	if err := q.parts(ctx, &side); err != nil {
		return side, err
	}
	return side, q.persons(ctx, &side)
}

// periodQuestion is one period as of one instant.
type periodQuestion struct {
	db         *DB
	period     analytics.Period
	parameters ch.Parameters
}

func (q *periodQuestion) rows(ctx context.Context, name, sql string, each func(scanner) error) error {
	return q.db.rows(ctx, name, q.parameters, sql, each)
}

// parts reads the money that moved in the period, and that of its shows which
// moved outside.
func (q *periodQuestion) parts(ctx context.Context, side *analytics.PeriodSide) error {
	err := q.rows(ctx, "money of a period", `SELECT toString(show_id) AS show, `+inside+` AS moved, currency,`+moneySums+ofPeriod+
		`AND (`+inside+` OR (show_id != '' AND show_id IN {shows:Array(String)})) GROUP BY show, moved, currency ORDER BY show, currency, moved DESC`,
		func(scan scanner) error {
			var part analytics.PeriodPart
			var moved uint8
			if err := scan(append([]any{(*string)(&part.Show), &moved}, moneyOf(&part.Money)...)...); err != nil {
				return err
			}
			part.Inside = moved != 0
			side.Parts = append(side.Parts, part)
			return nil
		})
	if err != nil {
		return err
	}
	ordered, bought, err := q.buyers(ctx, inside)
	side.Move(ordered, bought)
	return err
}

// buyers counts the persons behind orders, by currency.
func (q *periodQuestion) buyers(ctx context.Context, where string) (ordered, bought map[live.Currency]int64, err error) {
	ordered, bought = map[live.Currency]int64{}, map[live.Currency]int64{}
	err = q.rows(ctx, "buyers of a period", `SELECT currency, toInt64(countIf(o > 0)), toInt64(countIf(p > 0)) FROM (
		SELECT currency, sum(orders) AS o, sum(orders_paid) AS p`+ofPeriod+`AND `+where+` AND person_id != '' GROUP BY currency, person_id) GROUP BY currency`,
		func(scan scanner) error {
			var currency string
			var o, p int64
			err := scan(&currency, &o, &p)
			ordered[live.Currency(currency)], bought[live.Currency(currency)] = o, p
			return err
		})
	return ordered, bought, err
}

// persons counts everybody once over all shows of the period.
func (q *periodQuestion) persons(ctx context.Context, side *analytics.PeriodSide) error {
	var t analytics.Traffic
	var bots int64
	own := func(kind live.Kind) string {
		return `toInt64(uniqExactIf(person_id, kind = '` + string(kind) + `' AND person_id != '' AND source = '` + live.SourceSystem + `'))`
	}
	err := q.rows(ctx, "persons of a period", `SELECT `+uv(live.RoomExposed)+`, `+uv(live.RoomEntered)+`, `+uv(live.CommentSent)+`, `+uv(live.Liked)+`, `+uv(live.RoomShared)+`,
		toInt64(uniqExactIf(person_id, kind IN ('comment_sent', 'liked', 'room_shared', 'followed') AND person_id != '')), `+
		uv(live.ProductExposed)+`, `+uv(live.ProductClicked)+`, `+uv(live.CartItemAdded)+`, `+uv(live.CheckoutStarted)+`,
		toInt64(uniqExactIf(person_id, kind = 'gift_sent' AND num > 0 AND person_id != '')), `+
		own(live.CouponClaimed)+`, `+own(live.RedPacketClaimed)+`, `+own(live.LuckyDrawEntered)+viewersOfShows,
		func(scan scanner) error {
			return scan(&t.RoomExposureUV, &t.WatchUV, &t.CommentUV, &t.LikeUV, &t.ShareUV, &t.InteractUV, &t.ProductExposureUV, &t.ProductClickUV, &t.CartUV, &t.CheckoutUV,
				&t.GiftUV, &t.CouponClaimUV, &t.PacketUV, &t.DrawEntryUV)
		})
	if err != nil {
		return err
	}
	err = q.rows(ctx, "follows of a period", `SELECT toInt64(countIf(last = 'followed')) FROM (
		SELECT argMax(kind, (seq, idx)) AS last`+viewersOfShows+`AND person_id != '' AND kind IN ('followed', 'unfollowed') GROUP BY person_id)`,
		func(scan scanner) error { return scan(&t.FollowNet) })
	if err != nil {
		return err
	}
	err = q.rows(ctx, "watching of a period", `SELECT toInt64(countIf(seen >= 60000)) FROM (
		SELECT sum(`+watchedOfEach+`) AS seen`+viewersOfShows+`AND person_id != '' AND kind = 'watch_heartbeat' GROUP BY person_id)`,
		func(scan scanner) error { return scan(&t.WatchUV60s) })
	if err != nil {
		return err
	}
	err = q.rows(ctx, "bots of a period", `SELECT toInt64(uniqExact(person_id)) FROM (`+botsOfShows+`)`, func(scan scanner) error { return scan(&bots) })
	if err != nil {
		return err
	}
	ordered, bought, err := q.buyers(ctx, `show_id != '' AND show_id IN {shows:Array(String)}`)
	side.SetPersons(&t, bots, ordered, bought)
	return err
}
