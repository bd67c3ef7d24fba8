package clickhouse

import (
	"context"

	"showrunner/live"
)

// comments counts those that are in sight: hidden, or of somebody who was muted,
// kicked or blocked after they wrote it, is out of sight, unless it was restored
// since. Where nobody moderated, all are.
func (q *question) comments(ctx context.Context, from string) error {
	if !q.seen.any(moderationKinds) {
		q.f.Traffic.CommentShown = q.f.Traffic.CommentPV
		return nil
	}
	t := &q.f.Traffic
	const id = `JSONExtractString(props, 'comment_id')`
	return q.rows(ctx, "comments shown", `SELECT toInt64(countIf(greatest(w.hidden, if(m.muted > c.pos, m.muted, 0)) <= w.restored)) FROM (
			SELECT person_id, `+id+` AS id, `+place+` AS pos`+from+`AND kind = 'comment_sent') AS c
		LEFT JOIN (
			SELECT `+id+` AS id, maxIf(`+place+`, kind = 'comment_hidden') AS hidden, maxIf(`+place+`, kind = 'comment_restored') AS restored`+events+`
			AND kind IN ('comment_hidden', 'comment_restored') AND id != '' GROUP BY id) AS w ON w.id = c.id
		LEFT JOIN (
			SELECT person_id, max(`+place+`) AS muted`+events+`
			AND kind IN ('viewer_muted', 'viewer_kicked', 'viewer_blocked') AND person_id != '' GROUP BY person_id) AS m ON m.person_id = c.person_id`,
		func(scan scanner) error { return scan(&t.CommentShown) })
}

// moderationKinds take comments out of sight, or back in.
var moderationKinds = []live.Kind{live.CommentHidden, live.CommentRestored, live.ViewerMuted, live.ViewerKicked, live.ViewerBlocked}

// gifts counts those that are no streak, and of every streak its first end.
func (q *question) gifts(ctx context.Context, from string) error {
	if !q.seen[live.GiftSent] {
		return nil
	}
	t := &q.f.Traffic
	return q.rows(ctx, "gifts", `SELECT sum(num), sum(value), toInt64(uniqExactIf(person_id, person_id != '')) FROM (
		SELECT person_id, num, JSONExtractInt(props, 'value_minor') AS value, JSONExtractString(props, 'streak_id') AS streak`+from+`
		AND kind = 'gift_sent' AND num > 0 ORDER BY seq, idx LIMIT 1 BY person_id, streak, if(streak = '', `+place+`, 0))`,
		func(scan scanner) error { return scan(&t.GiftCount, &t.GiftValue, &t.GiftUV) })
}

// takenKinds are what viewers take part in.
var takenKinds = []live.Kind{live.CouponClaimed, live.RedPacketClaimed, live.LuckyDrawEntered}

// takers counts the persons who took part in what was given away.
func (q *question) takers(ctx context.Context, from string) error {
	if !q.seen.any(takenKinds) {
		return nil
	}
	t := &q.f.Traffic
	return q.rows(ctx, "takers", `SELECT `+uv(live.CouponClaimed)+`, `+uv(live.RedPacketClaimed)+`, `+n(live.LuckyDrawEntered)+`, `+uv(live.LuckyDrawEntered)+
		from+`AND kind IN (`+quoted(takenKinds)+`) AND source = '`+live.SourceSystem+`'`,
		func(scan scanner) error { return scan(&t.CouponClaimUV, &t.PacketUV, &t.DrawEntries, &t.DrawEntryUV) })
}

// bots counts who is flagged, where anybody ever was.
func (q *question) bots(ctx context.Context) error {
	if q.need.Has(ofCensus|ofDeeds) && !q.seen[live.BotFlagged] {
		return nil
	}
	return q.rows(ctx, "bots", `SELECT toInt64(count()) FROM (`+flagged+`)`, func(scan scanner) error { return scan(&q.f.Bots) })
}
