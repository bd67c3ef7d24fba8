package clickhouse

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"showrunner/analytics"
	"showrunner/live"
)

// didKinds are the kinds of facts that persons are counted behind, each a bit of
// what a person did: those of byKind first, and at its place.
var didKinds = func() (kinds []live.Kind) {
	for _, c := range byKind {
		kinds = append(kinds, c.kind)
	}
	return slices.Concat(kinds, []live.Kind{live.RoomEntered}, takenKinds)
}()

// bitOf is the bit of a kind in what a person did.
func bitOf(kinds ...live.Kind) (mask int64) {
	for _, k := range kinds {
		mask |= 1 << slices.Index(didKinds, k)
	}
	return mask
}

// count counts the shows, with those who are flagged as bots and, where there are
// any, without them, in the order of [question.figures].
func (q *many) count(ctx context.Context) error {
	giving := q.those(func(s *countedShow) bool { return s.seen.any(givenKinds) })
	flagged := q.those(func(s *countedShow) bool { return s.seen[live.BotFlagged] })
	asks := append(q.behaviour(everyoneOfMany), q.money, q.customers, giving.given, flagged.bots)
	if err := atOnce(ctx, asks...); err != nil {
		return err
	}
	for _, s := range q.shows {
		s.crowded()
		s.aired()
		s.f.Raw = s.f.Traffic
	}
	flagged = flagged.those(func(s *countedShow) bool { return s.f.Bots > 0 })
	if len(flagged.shows) == 0 {
		return nil
	}
	for _, s := range flagged.shows {
		s.forget()
		clear(s.ofKind)
	}
	asks = append(flagged.behaviour(peopleOfMany), func(ctx context.Context) error { return flagged.census(ctx, peopleOfMany) })
	if err := atOnce(ctx, asks...); err != nil {
		return err
	}
	for _, s := range flagged.shows {
		s.crowded()
		s.aired()
	}
	return nil
}

// behaviour is what viewers do, as far as the shows have facts of it.
func (q *many) behaviour(of crowd) []func(context.Context) error {
	moderated := q.those(func(s *countedShow) bool { return s.seen.any(moderationKinds) })
	gifted := q.those(func(s *countedShow) bool { return s.seen[live.GiftSent] })
	return []func(context.Context) error{
		func(ctx context.Context) error { return q.persons(ctx, of.viewers) },
		func(ctx context.Context) error { return q.presence(ctx, of.viewers) },
		func(ctx context.Context) error { return moderated.comments(ctx, of.viewers) },
		func(ctx context.Context) error { return gifted.gifts(ctx, of.viewers) },
	}
}

// census counts the facts by kind.
func (q *many) census(ctx context.Context, of crowd) error {
	const viewer = `actor_role = 'viewer'`
	return q.rows(ctx, "census of shows", `SELECT toString(show_id), toString(kind), toInt64(count()), toInt64(countIf(`+viewer+`)), sumIf(num, `+viewer+`)`+of.facts+`GROUP BY show_id, kind SETTINGS optimize_aggregation_in_order = 1`, // The facts lie in that order.
		func() ([]any, func(*countedShow)) {
			var k live.Kind
			var facts, times, sum int64
			return []any{(*string)(&k), &facts, &times, &sum}, func(s *countedShow) {
				s.seen[k] = true
				s.facts += facts
				if i := slices.Index(didKinds, k); i >= 0 && i < len(byKind) {
					s.ofKind[i].times, s.ofKind[i].sum = times, sum
				}
			}
		})
}

// persons goes once over what each viewer did in a show, and counts the persons
// that [question.census], [question.watching] and [question.takers] count.
func (q *many) persons(ctx context.Context, from string) error {
	const system = `source = '` + live.SourceSystem + `'`
	var bits []int64
	var counts strings.Builder
	for i, k := range didKinds {
		bits = append(bits, bitOf(k))
		counts.WriteString(`, toInt64(countIf(person_id != '' AND bitTest(did, ` + strconv.Itoa(i) + `)))`)
	}
	interact := strconv.FormatInt(bitOf(interactKinds...), 10)
	return q.rows(ctx, "persons of shows", `SELECT toString(show_id), toInt64(sum(views)), sum(ms), toInt64(countIf(ms >= 60000 AND person_id != '')),
			toInt64(countIf(bitAnd(did, `+interact+`) != 0 AND person_id != '')), toInt64(countIf(follows > 0 AND person_id != '')), toInt64(sum(entries))`+counts.String()+` FROM (
			SELECT show_id, person_id, sumIf(`+watchedOfEach+`, kind = 'watch_heartbeat') AS ms,
				groupBitOr(if(kind IN (`+quoted(takenKinds)+`) AND NOT `+system+`, toInt64(0), transform(toString(kind), [`+quoted(didKinds)+`], `+numbers(bits)+`, toInt64(0)))) AS did,
				countIf(kind = 'lucky_draw_entered' AND `+system+`) AS entries,
				argMaxIf(kind = 'followed', (seq, idx), kind IN ('followed', 'unfollowed')) AS follows,
				arraySort(groupArrayIf(toUnixTimestamp64Milli(ts), kind IN ('room_entered', 'watch_heartbeat') AND person_id != '')) AS signs,
				if(empty(signs), 0, 1 + arrayCount(gap -> gap > 1800000, arrayDifference(signs))) AS views`+from+`
				AND kind IN (`+quoted(append([]live.Kind{live.WatchHeartbeat, live.Unfollowed}, didKinds...))+`) GROUP BY show_id, person_id)
		GROUP BY show_id`,
		func() ([]any, func(*countedShow)) {
			var t analytics.Traffic
			persons := make([]int64, len(didKinds))
			dest := []any{&t.WatchPV, &t.WatchMS, &t.WatchUV60s, &t.InteractUV, &t.FollowNet, &t.DrawEntries}
			for i := range persons {
				dest = append(dest, &persons[i])
			}
			return dest, func(s *countedShow) {
				to := &s.f.Traffic
				to.WatchPV, to.WatchMS, to.WatchUV60s, to.InteractUV, to.FollowNet, to.DrawEntries = t.WatchPV, t.WatchMS, t.WatchUV60s, t.InteractUV, t.FollowNet, t.DrawEntries
				for i := range s.ofKind {
					s.ofKind[i].persons = persons[i]
				}
				rest := persons[len(byKind):] // in the order of didKinds
				to.WatchUV, to.CouponClaimUV, to.PacketUV, to.DrawEntryUV = rest[0], rest[1], rest[2], rest[3]
			}
		})
}

// presence counts who was there minute by minute, without keeping the minutes.
func (q *many) presence(ctx context.Context, from string) error {
	return q.rows(ctx, "presence of shows", `SELECT toString(show_id), toInt64(sumIf(online, (clock >= `+ofRow("air_firsts")+` AND clock < `+ofRow("air_ends")+`) AS on_air)), toInt64(maxIf(online, on_air)) FROM (
			SELECT show_id, intDiv(toUnixTimestamp64Milli(ts), 60000) AS clock, uniqExact(person_id) AS online`+from+`AND person_id != '' AND kind IN ('room_entered', 'watch_heartbeat') GROUP BY show_id, clock)
		GROUP BY show_id`,
		func() ([]any, func(*countedShow)) {
			var sum, peak int64
			return []any{&sum, &peak}, func(s *countedShow) { s.f.Traffic.OnlineMinutes, s.f.Traffic.PeakOnline = sum, peak }
		})
}
