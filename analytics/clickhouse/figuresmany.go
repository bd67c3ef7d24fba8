package clickhouse

import (
	"context"
	"fmt"
	"math"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// factsAtOnce bounds the facts of the shows that are counted by one question. What
// it holds of each person must find room, whatever the shows are of.
const factsAtOnce = 1_000_000

// ofEach turns the conditions about one show into those about many, each with the
// bounds of the show that a row is of.
var ofEach = strings.NewReplacer(
	`show_id = {show:String}`, `show_id IN {shows:Array(String)}`,
	`{as_of:Int64}`, ofRow("as_ofs"), `{from:Int64}`, ofRow("froms"), `{until:Int64}`, ofRow("untils"),
	`{watch_from:Int64}`, ofRow("watch_froms"), `{watch_until:Int64}`, ofRow("watch_untils"),
)

// ofRow is what a list of numbers, one for each show, says of the show of a row.
func ofRow(list string) string {
	return `transform(toString(show_id), {shows:Array(String)}, {` + list + `:Array(Int64)}, toInt64(0))`
}

// watchedOfEach is watched with the bounds of the show that a fact is of.
var watchedOfEach = ofEach.Replace(watched)

// Who is flagged in which show, as flagged has it of one: what is read goes between.
const (
	botsIn  = `SELECT show_id, person_id`
	botsAre = `AND person_id != '' AND kind IN ('bot_flagged', 'bot_unflagged')
		GROUP BY show_id, person_id HAVING argMax(kind, (seq, idx)) = 'bot_flagged'`
)

// What is read of many shows, as crowd has it of one.
var (
	manyEvents    = ofEach.Replace(events)
	manyDeltas    = ofEach.Replace(deltas)
	manyFlagged   = botsIn + manyEvents + botsAre
	manyUnflagged = `AND (show_id, person_id) NOT IN (` + manyFlagged + `) `

	everyoneOfMany = crowd{manyEvents, ofEach.Replace(everybody)}
	peopleOfMany   = crowd{manyEvents + manyUnflagged, ofEach.Replace(everybody) + manyUnflagged}
)

// Metrics counts [analytics.PartMetrics] of shows of a merchant, each show once and
// as of an instant of its own, in their order. It is what [DB.FiguresOf] counts of
// one after the other, but for the minutes, and asks about all of them at once.
func (db *DB) Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error) {
	return db.metrics(ctx, m, shows, factsAtOnce)
}

func (db *DB) metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt, most int64) ([]analytics.Figures, error) {
	all := make([]*countedShow, len(shows))
	var counted []*countedShow
	for i, s := range shows {
		all[i] = &countedShow{ofKind: make([]kindCount, len(byKind)), question: db.questionOf(m, s.Show, s.At, math.MaxInt64, analytics.PartMetrics)}
		if !s.Show.Rehearsal {
			counted = append(counted, all[i])
		}
	}
	if err := db.countMany(ctx, m, counted, most); err != nil {
		return nil, err
	}
	out := make([]analytics.Figures, len(shows))
	for i, s := range all {
		s.bought()
		s.f.Tidy()
		out[i] = *s.f
	}
	return out, nil
}

// countMany counts shows, as many of them at a time as have at most so many facts
// together, or one that has more.
func (db *DB) countMany(ctx context.Context, m live.MerchantID, shows []*countedShow, most int64) error {
	if len(shows) == 0 {
		return nil
	}
	if err := db.manyOf(m, shows).census(ctx, everyoneOfMany); err != nil {
		return err
	}
	for from := 0; from < len(shows); {
		until, facts := from+1, shows[from].facts
		for until < len(shows) && facts+shows[until].facts <= most {
			facts += shows[until].facts
			until++
		}
		if err := db.manyOf(m, shows[from:until]).count(ctx); err != nil {
			return err
		}
		from = until
	}
	return nil
}

// countedShow is one of many shows, and what is counted of its facts by kind.
type countedShow struct {
	*question
	facts  int64
	ofKind []kindCount // as byKind lists the kinds
}

// kindCount are the facts of a kind that viewers are behind, and the persons.
type kindCount struct{ times, persons, sum int64 }

// crowded puts what was counted by kind where it belongs.
func (s *countedShow) crowded() {
	t := &s.f.Traffic
	for i, c := range s.ofKind {
		byKind[i].into(t, c.times, c.persons, c.sum)
	}
	if !s.seen.any(moderationKinds) {
		t.CommentShown = t.CommentPV
	}
}

// many are shows of one merchant that questions are about together.
type many struct {
	db         *DB
	merchant   live.MerchantID
	shows      []*countedShow
	of         map[string]*countedShow
	parameters ch.Parameters
}

func (db *DB) manyOf(m live.MerchantID, shows []*countedShow) *many {
	q := &many{db: db, merchant: m, shows: shows, of: make(map[string]*countedShow, len(shows))}
	ids := make([]live.ShowID, len(shows))
	var asOfs, froms, untils, watchFroms, watchUntils, airFirsts, airEnds []int64
	for i, s := range shows {
		ids[i], q.of[string(s.show.ID)] = s.show.ID, s
		from, until := onShow(s.show)
		watchFrom, watchUntil := analytics.WatchBounds(s.show)
		airFirst, airEnd := analytics.ClockOnAir(s.show, s.f.AsOf)
		asOfs, froms, untils = append(asOfs, s.f.AsOf.UnixMilli()), append(froms, from), append(untils, until)
		watchFroms, watchUntils = append(watchFroms, watchFrom), append(watchUntils, watchUntil)
		airFirsts, airEnds = append(airFirsts, airFirst), append(airEnds, airEnd)
	}
	q.parameters = ch.Parameters{
		"merchant": string(m), "shows": array(ids), "as_ofs": numbers(asOfs), "froms": numbers(froms), "untils": numbers(untils),
		"watch_froms": numbers(watchFroms), "watch_untils": numbers(watchUntils), "air_firsts": numbers(airFirsts), "air_ends": numbers(airEnds),
	}
	return q
}

// rows asks a question whose rows begin with a show. For every row, row says where
// the rest of it goes, and what to make of it then for the show.
func (q *many) rows(ctx context.Context, name, sql string, row func() (dest []any, take func(*countedShow))) error {
	return q.db.rows(ctx, name, q.parameters, sql, func(scan scanner) error {
		var id string
		dest, take := row()
		if err := scan(append([]any{&id}, dest...)...); err != nil {
			return err
		}
		s, ok := q.of[id]
		if !ok {
			return fmt.Errorf("BUG: a row of show %s, which was not asked about", id)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		take(s)
		return nil
	})
}

// those are the shows of which something holds.
func (q *many) those(hold func(*countedShow) bool) *many {
	var some []*countedShow
	for _, s := range q.shows {
		if hold(s) {
			some = append(some, s)
		}
	}
	return q.db.manyOf(q.merchant, some)
}
