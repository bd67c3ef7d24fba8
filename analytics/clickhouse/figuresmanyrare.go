package clickhouse

import "context"

// comments counts those that are in sight, as [question.comments] does. It asks
// about shows that somebody moderated.
func (q *many) comments(ctx context.Context, from string) error {
	if len(q.shows) == 0 {
		return nil
	}
	const id = `JSONExtractString(props, 'comment_id')`
	return q.rows(ctx, "comments shown of shows", `SELECT toString(c.show_id), toInt64(countIf(greatest(w.hidden, if(m.muted > c.pos, m.muted, 0)) <= w.restored)) FROM (
			SELECT show_id, person_id, `+id+` AS id, `+place+` AS pos`+from+`AND kind = 'comment_sent') AS c
		LEFT JOIN (
			SELECT show_id, `+id+` AS id, maxIf(`+place+`, kind = 'comment_hidden') AS hidden, maxIf(`+place+`, kind = 'comment_restored') AS restored`+manyEvents+`
			AND kind IN ('comment_hidden', 'comment_restored') AND id != '' GROUP BY show_id, id) AS w ON w.show_id = c.show_id AND w.id = c.id
		LEFT JOIN (
			SELECT show_id, person_id, max(`+place+`) AS muted`+manyEvents+`
			AND kind IN ('viewer_muted', 'viewer_kicked', 'viewer_blocked') AND person_id != '' GROUP BY show_id, person_id) AS m ON m.show_id = c.show_id AND m.person_id = c.person_id
		GROUP BY c.show_id`,
		func() ([]any, func(*countedShow)) {
			var shown int64
			return []any{&shown}, func(s *countedShow) { s.f.Traffic.CommentShown = shown }
		})
}

// gifts counts those that are no streak, and of every streak its first end, as
// [question.gifts] does.
func (q *many) gifts(ctx context.Context, from string) error {
	if len(q.shows) == 0 {
		return nil
	}
	return q.rows(ctx, "gifts of shows", `SELECT toString(show_id), sum(num), sum(value), toInt64(uniqExactIf(person_id, person_id != '')) FROM (
			SELECT show_id, person_id, num, JSONExtractInt(props, 'value_minor') AS value, JSONExtractString(props, 'streak_id') AS streak`+from+`
			AND kind = 'gift_sent' AND num > 0 ORDER BY seq, idx LIMIT 1 BY show_id, person_id, streak, if(streak = '', `+place+`, 0))
		GROUP BY show_id`,
		func() ([]any, func(*countedShow)) {
			var count, value, persons int64
			return []any{&count, &value, &persons}, func(s *countedShow) {
				s.f.Traffic.GiftCount, s.f.Traffic.GiftValue, s.f.Traffic.GiftUV = count, value, persons
			}
		})
}

// bots counts who is flagged.
func (q *many) bots(ctx context.Context) error {
	if len(q.shows) == 0 {
		return nil
	}
	return q.rows(ctx, "bots of shows", `SELECT toString(show_id), toInt64(count()) FROM (`+manyFlagged+`) GROUP BY show_id`,
		func() ([]any, func(*countedShow)) {
			var bots int64
			return []any{&bots}, func(s *countedShow) { s.f.Bots = bots }
		})
}

// given is what the shows gave away and what they caused, as [question.given] has it.
func (q *many) given(ctx context.Context) error {
	if len(q.shows) == 0 {
		return nil
	}
	return q.rows(ctx, "given of shows", `SELECT toString(show_id), `+givenColumns+manyEvents+givenFacts+`GROUP BY show_id, what, a, b`,
		func() ([]any, func(*countedShow)) {
			var g givenRow
			return g.dest(), func(s *countedShow) { g.into(s.f) }
		})
}
