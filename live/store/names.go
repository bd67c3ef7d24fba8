package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// otherNamesAtOnce bounds the names of one statement.
const otherNamesAtOnce = 400

// NamesAsOf tells the names of each of these persons as of an instant, their own
// among them, the one that stands for them first and the others ascending: what
// was joined by then, less what was undone by then. Who had no other name is
// left out.
func (s *Store) NamesAsOf(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error) {
	var names map[live.PersonID][]live.PersonID
	err := s.snapshot(ctx, func(q querier) error {
		found := map[int64]live.Merge{}
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
		var err error
		names, err = groupsOf(q, m, slices.Collect(maps.Values(found)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	out := map[live.PersonID][]live.PersonID{}
	for _, p := range persons {
		if g := names[p]; len(g) > 1 {
			out[p] = g
		}
	}
	return out, nil
}

// EveryNameAsOf is [Store.NamesAsOf] of everybody.
func (s *Store) EveryNameAsOf(ctx context.Context, m live.MerchantID, asOf time.Time) (names map[live.PersonID][]live.PersonID, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		rows, err := q.query(`SELECT n, person_a, person_b FROM person_log l WHERE merchant_id = ? AND undoes = 0 AND at <= ?`+stood, string(m), ms(asOf), ms(asOf))
		log, err := collect(rows, err, scanJoined)
		if err != nil {
			return err
		}
		names, err = groupsOf(q, m, log)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	return names, nil
}

// groupsOf are the groups that merges make, under each of their names.
func groupsOf(q querier, m live.MerchantID, log []live.Merge) (map[live.PersonID][]live.PersonID, error) {
	groups := live.Groups(log)
	out := map[live.PersonID][]live.PersonID{}
	var all []live.PersonID
	for _, g := range groups {
		all = append(all, g...)
	}
	kinds := map[live.PersonID]live.IdentityKind{}
	for some := range slices.Chunk(all, otherNamesAtOnce) {
		w := where{}
		w.add("merchant_id = ?", string(m))
		in(&w, "person_id", some)
		rows, err := q.query(`SELECT person_id, kind FROM person_names`+w.sql(), w.args...)
		list, err := collect(rows, err, func(r scanner) (k live.KnownAs, err error) { return k, r.Scan(&k.Person, &k.Kind) })
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			kinds[k.Person] = k.Kind
		}
	}
	for _, g := range groups {
		known := make([]live.KnownAs, len(g))
		for i, p := range g {
			known[i] = live.KnownAs{Person: p, Kind: kinds[p]}
		}
		one := live.OnePerson(known)
		g = append([]live.PersonID{one}, slices.DeleteFunc(g, func(p live.PersonID) bool { return p == one })...)
		for _, p := range g {
			out[p] = g
		}
	}
	return out, nil
}

// stood keeps the merges that were not undone by an instant.
const stood = ` AND NOT EXISTS (SELECT 1 FROM person_log u WHERE u.merchant_id = l.merchant_id AND u.undoes <> 0 AND u.undoes = l.n AND u.at <= ?)`

func scanJoined(r scanner) (e live.Merge, err error) { return e, r.Scan(&e.N, &e.A, &e.B) }

// joined are the merges of some names that stood at an instant.
func joined(q querier, m live.MerchantID, persons []live.PersonID, asOf time.Time) ([]live.Merge, error) {
	of := func(column string) (string, []any) {
		args := []any{string(m), ms(asOf)}
		for _, p := range persons {
			args = append(args, string(p))
		}
		return `SELECT n, person_a, person_b FROM person_log l WHERE merchant_id = ? AND undoes = 0 AND at <= ? AND ` + column + ` IN (` + marks(len(persons)) + `)` + stood, append(args, ms(asOf))
	}
	a, args := of("person_a")
	b, more := of("person_b")
	rows, err := q.query(a+` UNION `+b, append(args, more...)...)
	return collect(rows, err, scanJoined)
}
