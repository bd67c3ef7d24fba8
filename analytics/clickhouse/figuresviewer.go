package clickhouse

import (
	"context"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// watched is the watch time of a heartbeat as far as it lies within the show.
// What was cut when it came in, and says so, is not cut again.
const watched = `if(position(props, '"stated_ms":') > 0 AND JSONExtractInt(props, 'stated_ms') > 0, num, greatest(0, least(toUnixTimestamp64Milli(occurred_at), {watch_until:Int64}) - greatest(toUnixTimestamp64Milli(occurred_at) - num, {watch_from:Int64})))`

// byKind is what is counted of viewers by the kind of fact alone: times, persons
// behind them and the sum of num. Facts of nobody in particular have no person.
var byKind = []struct {
	of   analytics.Part
	kind live.Kind
	into func(t *analytics.Traffic, times, persons, sum int64)
}{
	{ofFunnel, live.RoomExposed, func(t *analytics.Traffic, n, uv, _ int64) { t.RoomExposurePV, t.RoomExposureUV = n, uv }},
	{ofFunnel, live.ProductClicked, func(t *analytics.Traffic, n, uv, _ int64) { t.ProductClickPV, t.ProductClickUV = n, uv }},
	{ofFunnel, live.CartItemAdded, func(t *analytics.Traffic, n, uv, _ int64) { t.CartPV, t.CartUV = n, uv }},
	{ofFunnel, live.CheckoutStarted, func(t *analytics.Traffic, n, uv, _ int64) { t.CheckoutPV, t.CheckoutUV = n, uv }},
	{analytics.PartMetrics, live.ProductExposed, func(t *analytics.Traffic, n, uv, _ int64) { t.ProductExposurePV, t.ProductExposureUV = n, uv }},
	{analytics.PartMetrics, live.CommentSent, func(t *analytics.Traffic, n, uv, _ int64) { t.CommentPV, t.CommentUV = n, uv }},
	{analytics.PartMetrics, live.RoomShared, func(t *analytics.Traffic, n, uv, _ int64) { t.SharePV, t.ShareUV = n, uv }},
	{analytics.PartMetrics, live.Liked, func(t *analytics.Traffic, _, uv, sum int64) { t.LikeCount, t.LikeUV = sum, uv }},
	{analytics.PartMetrics, live.Followed, func(t *analytics.Traffic, n, _, _ int64) { t.FollowGross = n }},
}

// census counts the facts by kind, and so tells what there may be to ask about, and how
// they stand if that is asked for.
func (q *question) census(ctx context.Context, from string, stand bool) error {
	of := ``
	if !q.need.Has(analytics.PartMetrics) {
		kinds := []live.Kind{live.BotFlagged}
		for _, c := range byKind {
			if q.need.Has(c.of) {
				kinds = append(kinds, c.kind)
			}
		}
		of = `AND kind IN (` + quoted(kinds) + `) `
	}
	viewer := `actor_role = 'viewer'`
	if stand {
		from, viewer = allEvents, viewer+` AND rehearsal = 0`
	}
	sum := `toInt64(0)`
	if q.need.Has(analytics.PartMetrics) {
		sum = `sumIf(num, ` + viewer + `)`
	}
	if stand {
		sum += `, ` + extentOf(`ts`)
	}
	return q.rows(ctx, "census", `SELECT toString(kind) AS k, toInt64(countIf(`+viewer+`)), toInt64(uniqExactIf(person_id, `+viewer+` AND person_id != '')), `+sum+from+of+`GROUP BY kind`,
		func(scan scanner) error {
			var k live.Kind
			var times, persons, sum int64
			var x Extent
			dest := []any{(*string)(&k), &times, &persons, &sum}
			if stand {
				dest = append(dest, &x.Rows, &x.Places, &x.Latest)
			}
			if err := scan(dest...); err != nil {
				return err
			}
			q.stood.Events.add(x)
			q.seen[k] = true
			for i := range byKind {
				if byKind[i].kind == k {
					byKind[i].into(&q.f.Traffic, times, persons, sum)
				}
			}
			return nil
		})
}

// watching counts views, where a silence of more than 30 minutes begins another,
// watch time, who did anything in the room, and whose last word was followed, over
// all and by the channel of each person's first entry, and tells by which channel each
// of the buyers came. The order is that of the log: two facts of one millisecond have
// one. Facts of nobody in particular have nothing but watch time.
func (q *question) watching(ctx context.Context, from string) error {
	kinds := []live.Kind{live.RoomEntered, live.WatchHeartbeat}
	arrival, buyers, first := `''`, `emptyArrayString()`, ``
	if q.need.Has(analytics.PartSources) {
		first = `, argMinIf(toString(channel), (seq, idx), kind = 'room_entered') AS first`
		arrival = `multiIf(views = 0, '', entered = 0, 'unknown', first = '', 'direct', first)`
		buyers = `groupArrayIf(person_id, person_id IN (SELECT person_id` + deltas + `))`
	}
	person, sign, sums, of := `AND person_id != '' `, ``, `toInt64(0), toInt64(0), toInt64(0), toInt64(0)`, ``
	if q.need.Has(analytics.PartMetrics) {
		person, sign = ``, ` AND person_id != ''`
		sums = `sum(ms), toInt64(countIf(ms >= 60000` + sign + `)), toInt64(countIf(active > 0` + sign + `)), toInt64(countIf(follows > 0` + sign + `))`
		of = `, sumIf(` + watched + `, kind = 'watch_heartbeat') AS ms, countIf(kind IN (` + quoted(interactKinds) + `)) AS active,
				argMaxIf(kind = 'followed', (seq, idx), kind IN ('followed', 'unfollowed')) AS follows`
		kinds = append(append(kinds, interactKinds...), live.Unfollowed)
	}
	return q.rows(ctx, "watching", `SELECT `+arrival+` AS arrival, `+buyers+`, toInt64(sum(views)), toInt64(countIf(entered > 0`+sign+`)), `+sums+` FROM (
			SELECT person_id, countIf(kind = 'room_entered') AS entered`+first+of+`,
				arraySort(groupArrayIf(toUnixTimestamp64Milli(ts), kind IN ('room_entered', 'watch_heartbeat')`+sign+`)) AS signs,
				if(empty(signs), 0, 1 + arrayCount(gap -> gap > 1800000, arrayDifference(signs))) AS views`+from+person+`AND kind IN (`+quoted(kinds)+`) GROUP BY person_id)
		GROUP BY arrival`,
		func(scan scanner) error {
			var channel string
			var buyers []string
			var views, entered, ms, long, active, follows int64
			if err := scan(&channel, &buyers, &views, &entered, &ms, &long, &active, &follows); err != nil {
				return err
			}
			t := &q.f.Traffic
			t.WatchPV, t.WatchUV, t.WatchMS, t.WatchUV60s = t.WatchPV+views, t.WatchUV+entered, t.WatchMS+ms, t.WatchUV60s+long
			t.InteractUV, t.FollowNet = t.InteractUV+active, t.FollowNet+follows
			if channel != "" {
				s := q.source(channel)
				s.WatchPV, s.WatchUV = views, entered
				for _, b := range buyers {
					q.arrived[b] = channel
				}
			}
			return nil
		})
}

// interactKinds are what persons do who do anything in the room.
var interactKinds = []live.Kind{live.CommentSent, live.Liked, live.RoomShared, live.Followed}

// presence counts what viewers did minute by minute.
func (q *question) presence(ctx context.Context, from string) error {
	first, end := analytics.ClockOnAir(q.show, q.f.AsOf)
	return q.rows(ctx, "minutes", `SELECT toStartOfMinute(ts) AS t, `+n(live.RoomEntered)+`, toInt64(uniqExactIf(person_id, kind IN ('room_entered', 'watch_heartbeat') AND person_id != '')), `+
		n(live.CommentSent)+`, sumIf(num, kind = 'liked'), `+n(live.ProductClicked)+`, `+n(live.CartItemAdded)+from+
		`AND kind IN ('room_entered', 'watch_heartbeat', 'comment_sent', 'liked', 'product_clicked', 'cart_item_added') GROUP BY t`,
		func(scan scanner) error {
			var t time.Time
			var x analytics.Minute
			if err := scan(&t, &x.Entered, &x.Online, &x.Comments, &x.Likes, &x.Clicks, &x.Carts); err != nil {
				return err
			}
			m := q.minute(t)
			m.Entered, m.Online, m.Comments, m.Likes, m.Clicks, m.Carts = x.Entered, x.Online, x.Comments, x.Likes, x.Clicks, x.Carts
			if clock := t.Unix() / 60; clock >= first && clock < end {
				q.f.Traffic.OnlineMinutes += x.Online
				q.f.Traffic.PeakOnline = max(q.f.Traffic.PeakOnline, x.Online)
			}
			return nil
		})
}

// interest counts what viewers did with each product.
func (q *question) interest(ctx context.Context, from string) error {
	return q.rows(ctx, "products", `SELECT product_id, `+n(live.ProductExposed)+`, `+uv(live.ProductExposed)+`, `+
		n(live.ProductClicked)+`, `+uv(live.ProductClicked)+`, `+n(live.CartItemAdded)+from+
		`AND product_id != '' AND kind IN ('product_exposed', 'product_clicked', 'cart_item_added') GROUP BY product_id`,
		func(scan scanner) error {
			var id string
			var x analytics.Product
			if err := scan(&id, &x.ExposurePV, &x.ExposureUV, &x.ClickPV, &x.ClickUV, &x.CartPV); err != nil {
				return err
			}
			p := q.product(id)
			p.ExposurePV, p.ExposureUV, p.ClickPV, p.ClickUV, p.CartPV = x.ExposurePV, x.ExposureUV, x.ClickPV, x.ClickUV, x.CartPV
			return nil
		})
}
