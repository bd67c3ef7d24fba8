package store

import (
	"fmt"
	"slices"

	"showrunner/live"
)

// factsOf are the first facts of a person of each kind about each thing, over all
// their names, ascending, with the names that stand now for those who sent them.
func factsOf(q querier, m live.MerchantID, names []live.PersonID) ([]live.PersonFact, error) {
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	rows, err := q.query(`SELECT `+factOfPerson+` FROM person_facts`+w.sql(), w.args...)
	facts, err := collect(rows, err, scanPersonFact)
	if err != nil {
		return nil, fmt.Errorf("read facts of a person: %w", err)
	}
	one, err := standing(q, m, referrersOf(facts))
	if err != nil {
		return nil, err
	}
	return live.FirstFacts(sent(facts, names, one)), nil
}

func referrersOf(facts []live.PersonFact) (out []live.PersonID) {
	for i := range facts {
		if r := facts[i].Referrer; r != "" {
			out = append(out, r)
		}
	}
	return out
}

// standing tells the names that stand now for some, where they are others.
func standing(q querier, m live.MerchantID, names []live.PersonID) (map[live.PersonID]live.PersonID, error) {
	out := map[live.PersonID]live.PersonID{}
	slices.Sort(names)
	for some := range slices.Chunk(slices.Compact(names), otherNamesAtOnce) {
		w := where{}
		w.add("merchant_id = ?", string(m))
		in(&w, "person_id", some)
		rows, err := q.query(`SELECT person_id, canonical FROM person_links`+w.sql(), w.args...)
		_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
			var name, one live.PersonID
			err = r.Scan(&name, &one)
			out[name] = one
			return none, err
		})
		if err != nil {
			return nil, fmt.Errorf("read who names are: %w", err)
		}
	}
	return out, nil
}

// sent gives those who sent a person the names that stand for them, and drops the
// links that the person followed of their own, under whatever name.
func sent(facts []live.PersonFact, own []live.PersonID, one map[live.PersonID]live.PersonID) []live.PersonFact {
	out := facts[:0:0]
	for _, f := range facts {
		if slices.Contains(own, f.Referrer) && f.Referrer != "" {
			continue
		}
		if stands, ok := one[f.Referrer]; ok {
			if f.Ref == string(f.Referrer) { // The link is what the fact is about.
				f.Ref = string(stands)
			}
			f.Referrer = stands
		}
		out = append(out, f)
	}
	return out
}

// sentTwice are the people who were sent by several of these names: when the
// names become one person's, or no longer are, what they met is other things.
// Others need nothing: names of who sent them are looked up when they are read.
func sentTwice(q querier, m live.MerchantID, names []live.PersonID) ([]live.PersonID, error) {
	w := where{}
	w.add("f.merchant_id = ?", string(m))
	in(&w, "f.referrer_id", names)
	rows, err := q.query(`SELECT MIN(f.person_id) FROM person_facts f LEFT JOIN person_links l ON l.merchant_id = f.merchant_id AND l.person_id = f.person_id`+
		w.sql()+` GROUP BY COALESCE(l.canonical, f.person_id) HAVING COUNT(DISTINCT f.referrer_id) > 1`, w.args...)
	list, err := collect(rows, err, func(r scanner) (p live.PersonID, err error) { return p, r.Scan(&p) })
	if err != nil {
		return nil, fmt.Errorf("find who was sent by several names: %w", err)
	}
	return list, nil
}
