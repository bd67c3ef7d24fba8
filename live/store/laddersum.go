package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"showrunner/live"
)

// LadderCount is how many people stood on a rung at an instant.
type LadderCount struct {
	Rung   live.Rung
	People int64
}

// LadderFlow is how often people moved from one rung to another.
type LadderFlow struct {
	From, To live.Rung
	Moves    int64
}

// LadderHelp is how many moves up something helped.
type LadderHelp struct {
	Key   string // empty: nothing of the kind
	To    live.Rung
	Moves int64
}

// LadderSums are figures of a merchant's ladder over [From, Until).
type LadderSums struct {
	Rungs  []LadderCount // just before Until; who fell off the ladder is on the empty rung
	Flows  []LadderFlow
	Helped map[string][]LadderHelp // by "class", "show" and "agent", most moves first, at most maxHelp
}

// maxHelp bounds the shows and agents that are told one by one.
const maxHelp = 100

// LadderSums adds up the moves of a merchant that stand, and tells each person
// to each, in one look at the database.
func (s *Store) LadderSums(ctx context.Context, m live.MerchantID, from, until time.Time, each func(*live.Climber)) (LadderSums, error) {
	out := LadderSums{Helped: map[string][]LadderHelp{}}
	err := s.snapshot(ctx, func(q querier) error {
		rows, err := q.query(`SELECT to_rung, COUNT(*) FROM ladder_moves WHERE merchant_id = ? AND withdrawn_at = 0 AND at < ? AND (ended_at = 0 OR ended_at >= ?)
			GROUP BY to_rung`, string(m), ms(until), ms(until))
		if out.Rungs, err = collect(rows, err, func(r scanner) (c LadderCount, err error) { return c, r.Scan(&c.Rung, &c.People) }); err != nil {
			return err
		}
		rows, err = q.query(`SELECT from_rung, to_rung, COUNT(*) FROM ladder_moves WHERE merchant_id = ? AND withdrawn_at = 0 AND at >= ? AND at < ?
			GROUP BY from_rung, to_rung`, string(m), ms(from), ms(until))
		if out.Flows, err = collect(rows, err, func(r scanner) (f LadderFlow, err error) { return f, r.Scan(&f.From, &f.To, &f.Moves) }); err != nil {
			return err
		}
		for _, by := range []string{"class", "show", "agent"} {
			// Ranks of rungs, so that SQL knows up from down.
			rows, err = q.query(`SELECT by_`+by+`, to_rung, COUNT(*) FROM ladder_moves WHERE merchant_id = ? AND withdrawn_at = 0 AND at >= ? AND at < ?
				AND `+rank("to_rung")+` > `+rank("from_rung")+` GROUP BY by_`+by+`, to_rung ORDER BY COUNT(*) DESC, by_`+by+`, to_rung LIMIT `+fmt.Sprint(maxHelp),
				string(m), ms(from), ms(until))
			if out.Helped[by], err = collect(rows, err, func(r scanner) (h LadderHelp, err error) { return h, r.Scan(&h.Key, &h.To, &h.Moves) }); err != nil {
				return err
			}
		}
		rows, err = q.query(`SELECT rung, channel, show_id, agent_id, incentive, reached_1, reached_2, reached_3, reached_4, reached_5
			FROM ladder_people WHERE merchant_id = ?`, string(m))
		_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
			var c live.Climber
			var incentive int64
			var reached [5]int64
			err = r.Scan(&c.Rung, &c.Channel, &c.Show, &c.Agent, &incentive, &reached[0], &reached[1], &reached[2], &reached[3], &reached[4])
			c.Incentive = incentive != 0
			for i := range reached {
				c.Reached[i] = at(reached[i])
			}
			each(&c)
			return none, err
		})
		return err
	})
	if err != nil {
		return LadderSums{}, fmt.Errorf("add up the ladder: %w", err)
	}
	return out, nil
}

// rank is the level of a rung in SQL.
func rank(column string) string {
	var out strings.Builder
	out.WriteString(`CASE ` + column)
	for _, r := range live.Rungs {
		_, _ = fmt.Fprintf(&out, ` WHEN '%s' THEN %d`, r, r.Level()) // A Builder takes everything.
	}
	return out.String() + ` ELSE 0 END`
}
