package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// otherNamesAtOnce bounds the names of one statement.
const otherNamesAtOnce = 400

// NamesAsOf tells the names of each of these persons as of an instant, their own
// among them, ascending: what was joined by then, less what was undone by then.
// Who had no other name is left out.
func (s *Store) NamesAsOf(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error) {
	found := map[int64]live.Merge{}
	err := s.snapshot(ctx, func(q querier) error {
		seen := map[live.PersonID]bool{}
		for ask := persons; len(ask) > 0; {
			var next []live.PersonID
			for some := range slices.Chunk(ask, otherNamesAtOnce) {
				list, err := joined(q, m, some, asOf)
				if err != nil {
					return err
				}
				for _, e := range list {
					found[e.N] = e
					next = append(next, e.A, e.B)
				}
			}
			for _, p := range ask {
				seen[p] = true
			}
			slices.Sort(next)
			ask = slices.DeleteFunc(slices.Compact(next), func(p live.PersonID) bool { return seen[p] })
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	log := make([]live.Merge, 0, len(found))
	for _, e := range found {
		log = append(log, e)
	}
	names := map[live.PersonID][]live.PersonID{}
	for _, g := range live.Groups(log) {
		for _, p := range g {
			names[p] = g
		}
	}
	out := map[live.PersonID][]live.PersonID{}
	for _, p := range persons {
		if g := names[p]; len(g) > 1 {
			out[p] = g
		}
	}
	return out, nil
}

// joined are the merges of some names that stood at an instant.
func joined(q querier, m live.MerchantID, persons []live.PersonID, asOf time.Time) ([]live.Merge, error) {
	of := func(column string) (string, []any) {
		args := []any{string(m), ms(asOf)}
		for _, p := range persons {
			args = append(args, string(p))
		}
		return `SELECT n, person_a, person_b FROM person_log l WHERE merchant_id = ? AND undoes = 0 AND at <= ? AND ` + column + ` IN (` + marks(len(persons)) + `)
			AND NOT EXISTS (SELECT 1 FROM person_log u WHERE u.merchant_id = l.merchant_id AND u.undoes <> 0 AND u.undoes = l.n AND u.at <= ?)`, append(args, ms(asOf))
	}
	a, args := of("person_a")
	b, more := of("person_b")
	rows, err := q.query(a+` UNION `+b, append(args, more...)...)
	return collect(rows, err, func(r scanner) (e live.Merge, err error) { return e, r.Scan(&e.N, &e.A, &e.B) })
}
