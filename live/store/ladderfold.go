package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"showrunner/live"
)

// known is what the store has of one person while they are folded anew.
type known struct {
	names  []live.PersonID
	record live.PersonRecord
	rows   map[live.PersonID]personRow    // of ladder_people, by name
	moves  map[live.PersonID][]storedMove // not withdrawn, by name
	last   int64                          // the highest n of their moves under the name that stands for them
}

// settlePeople folds the people of these names anew and writes what changed.
func (l *ladder) settlePeople(m live.MerchantID, names []live.PersonID) error {
	people, err := l.t.peopleOf(m, names)
	if err != nil {
		return err
	}
	rules, ok := l.rules[m]
	if !ok {
		if rules, err = ladderRules(l.t, m); err != nil {
			return err
		}
		l.rules[m] = rules
	}
	if err := l.t.readKnown(m, people); err != nil {
		return err
	}
	for _, one := range slices.SortedFunc(maps.Keys(people), func(a, b live.PersonID) int { return cmp.Compare(a, b) }) {
		k := people[one]
		k.record.Merchant = m
		standing, err := l.fold(rules, k.record)
		if err != nil {
			return err
		}
		if err := l.place(m, one, k, &standing); err != nil {
			return err
		}
	}
	return nil
}

// peopleOf gathers names into people, each under the name that stands for them
// with all they are known by.
func (t *tx) peopleOf(m live.MerchantID, names []live.PersonID) (map[live.PersonID]*known, error) {
	type link struct{ person, canonical live.PersonID }
	scan := func(r scanner) (k link, err error) { return k, r.Scan(&k.person, &k.canonical) }
	stands := map[live.PersonID]live.PersonID{}
	links, err := inNames(t, `SELECT person_id, canonical FROM person_links WHERE merchant_id = ? AND person_id IN `, m, names, scan)
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	for _, k := range links {
		stands[k.person] = k.canonical
	}
	people := map[live.PersonID]*known{}
	var heads []live.PersonID
	for _, p := range names {
		one := cmp.Or(stands[p], p)
		if people[one] == nil {
			people[one] = &known{names: []live.PersonID{one}, rows: map[live.PersonID]personRow{}, moves: map[live.PersonID][]storedMove{}}
			heads = append(heads, one)
		}
	}
	links, err = inNames(t, `SELECT person_id, canonical FROM person_links WHERE merchant_id = ? AND canonical IN `, m, heads, scan)
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	for _, k := range links {
		if p := people[k.canonical]; !slices.Contains(p.names, k.person) {
			p.names = append(p.names, k.person)
		}
	}
	return people, nil
}

// readKnown reads facts, orders, moves and rows of people.
func (t *tx) readKnown(m live.MerchantID, people map[live.PersonID]*known) error {
	of := map[live.PersonID]*known{}
	var names []live.PersonID
	for _, one := range slices.SortedFunc(maps.Keys(people), func(a, b live.PersonID) int { return cmp.Compare(a, b) }) {
		for _, p := range people[one].names {
			of[p] = people[one]
			names = append(names, p)
		}
	}
	if _, err := inNames(t, `SELECT `+factOfPerson+` FROM person_facts WHERE merchant_id = ? AND person_id IN `, m, names, func(r scanner) (none struct{}, err error) {
		f, err := scanPersonFact(r)
		if err == nil {
			of[f.Person].record.Facts = append(of[f.Person].record.Facts, f)
		}
		return none, err
	}); err != nil {
		return fmt.Errorf("read facts of people: %w", err)
	}
	var senders []live.PersonID
	for _, k := range people {
		senders = append(senders, referrersOf(k.record.Facts)...)
	}
	stands, err := standing(t, m, senders)
	if err != nil {
		return err
	}
	for _, k := range people {
		k.record.Facts = sent(k.record.Facts, k.names, stands)
	}
	if _, err := inNames(t, `SELECT person_id, order_id, show_id, zone, steps FROM person_orders WHERE merchant_id = ? AND person_id IN `, m, names, func(r scanner) (none struct{}, err error) {
		p, o, err := scanPersonOrder(r)
		if err == nil {
			of[p].record.Orders = append(of[p].record.Orders, o)
		}
		return none, err
	}); err != nil {
		return fmt.Errorf("read orders of people: %w", err)
	}
	if _, err := inNames(t, `SELECT person_id, `+personColumns+` FROM ladder_people WHERE merchant_id = ? AND person_id IN `, m, names, func(r scanner) (none struct{}, err error) {
		p, row, err := scanPerson(r)
		if err == nil {
			of[p].rows[p] = row
		}
		return none, err
	}); err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	_, err = inNames(t, `SELECT `+moveColumns+` FROM ladder_moves WHERE merchant_id = ? AND person_id IN `, m, names, func(r scanner) (none struct{}, err error) {
		v, err := scanMove(r)
		if err != nil {
			return none, err
		}
		k := of[v.person]
		if v.withdrawn == 0 {
			k.moves[v.person] = append(k.moves[v.person], v)
		}
		if v.person == k.names[0] {
			k.last = max(k.last, v.n)
		}
		return none, nil
	})
	if err != nil {
		return fmt.Errorf("read moves: %w", err)
	}
	return nil
}

// inNames reads rows of people by their names, in pieces of a few sizes so that
// the statements stay prepared.
func inNames[T any](t *tx, query string, m live.MerchantID, names []live.PersonID, scan func(scanner) (T, error)) ([]T, error) {
	values := make([]any, len(names))
	for i, p := range names {
		values[i] = string(p)
	}
	var out []T
	err := inPieces(values, func(piece []any) error {
		rows, err := t.query(query+`(`+marks(len(piece))+`)`, append([]any{string(m)}, piece...)...)
		list, err := collect(rows, err, scan)
		out = append(out, list...)
		return err
	})
	return out, err
}

// place writes where a person stands now, and what that changes of what was
// said before.
func (l *ladder) place(m live.MerchantID, one live.PersonID, k *known, s *live.Standing) error {
	for p := range k.rows { // Names that stand for themselves no more.
		if p == one {
			continue
		}
		if _, err := l.t.exec(`DELETE FROM ladder_people WHERE merchant_id = ? AND person_id = ?`, string(m), string(p)); err != nil {
			return fmt.Errorf("forget where a name stood: %w", err)
		}
	}
	had := k.moves[one]
	slices.SortFunc(had, func(a, b storedMove) int { return a.At.Compare(b.At) })
	for _, p := range k.names {
		for i := range k.moves[p] {
			v := &k.moves[p][i]
			if p == one && slices.ContainsFunc(s.Moves, func(x live.LadderMove) bool { return x.Same(&v.LadderMove) }) {
				continue
			}
			if err := l.withdraw(m, v); err != nil {
				return err
			}
		}
	}
	for i := range s.Moves {
		v := storedMove{LadderMove: s.Moves[i], person: one}
		if i+1 < len(s.Moves) {
			v.ended = ms(s.Moves[i+1].At)
		}
		n := slices.IndexFunc(had, func(x storedMove) bool { return x.Same(&v.LadderMove) })
		if n >= 0 {
			if err := l.amend(m, &had[n], &v); err != nil {
				return err
			}
			continue
		}
		k.last++
		v.n = k.last
		if err := l.add(m, &v); err != nil {
			return err
		}
	}
	row := rowOf(s)
	if was, ok := k.rows[one]; ok && was == row {
		return nil
	}
	if len(k.record.Facts) == 0 && len(k.record.Orders) == 0 {
		_, err := l.t.exec(`DELETE FROM ladder_people WHERE merchant_id = ? AND person_id = ?`, string(m), string(one))
		return err
	}
	return l.t.savePerson(m, one, &row)
}
