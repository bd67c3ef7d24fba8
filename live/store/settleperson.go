package store

import (
	"context"
	"fmt"
	"slices"

	"showrunner/live"
)

// personFigures are the figures of one show that count persons behind orders.
type personFigures struct{ orderUV, buyers int64 }

// personFiguresOf counts for the shows that these persons ordered in.
func personFiguresOf(q querier, m live.MerchantID, shows []live.ShowID) (map[live.ShowID]personFigures, error) {
	out := map[live.ShowID]personFigures{}
	for _, show := range shows {
		var f personFigures
		if err := q.row(`SELECT COUNT(DISTINCT CASE WHEN created_at > 0 THEN person_id END), COUNT(DISTINCT CASE WHEN paid_at > 0 THEN person_id END)
			FROM orders WHERE merchant_id = ? AND show_id = ? AND person_id <> ''`, string(m), string(show)).Scan(&f.orderUV, &f.buyers); err != nil {
			return nil, fmt.Errorf("count buyers: %w", err)
		}
		out[show] = f
	}
	return out, nil
}

// settlePersons moves the orders of these names to the names that stand for
// them, by a fact of each order, so that sums of the past stay and those of now
// are right.
func (t *tx) settlePersons(m live.MerchantID, names []live.PersonID, reason string) error {
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	rows, err := t.query(`SELECT order_id, show_id FROM orders`+w.sql()+` ORDER BY order_id`, w.args...)
	type found struct {
		order live.OrderID
		show  live.ShowID
	}
	orders, err := collect(rows, err, func(r scanner) (f found, err error) { return f, r.Scan(&f.order, &f.show) })
	if err != nil {
		return fmt.Errorf("list the orders of a person: %w", err)
	}
	var shows []live.ShowID
	for _, o := range orders {
		if o.show != "" && !slices.Contains(shows, o.show) {
			shows = append(shows, o.show)
		}
	}
	before, err := personFiguresOf(t, m, shows)
	if err != nil {
		return err
	}
	n, err := lastMerge(t, m)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := t.settlePerson(m, o.order, n); err != nil {
			return err
		}
	}
	moved := make([]earnedOrder, len(orders))
	for i := range orders {
		moved[i].order = orders[i].order
	}
	if err := t.tellEarned(m, moved); err != nil { // Their bindings are one person's now, or no longer.
		return err
	}
	after, err := personFiguresOf(t, m, shows)
	if err != nil {
		return err
	}
	for _, show := range shows {
		for _, x := range []struct {
			metric   string
			old, now int64
		}{
			{"order_uv", before[show].orderUV, after[show].orderUV},
			{"buyers", before[show].buyers, after[show].buyers},
		} {
			if x.old == x.now {
				continue
			}
			if err := t.corrected(m, show, x.metric, reason, x.old, x.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// settlePerson moves one order, if it is not where it belongs.
func (t *tx) settlePerson(m live.MerchantID, id live.OrderID, n int64) error {
	rows, err := t.query(`SELECT body FROM order_facts WHERE merchant_id = ? AND order_id = ?`, string(m), string(id))
	said, err := collect(rows, err, factReader)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	now := live.FoldOrder(m, id, said)
	born := live.FoldOrder(m, id, slices.DeleteFunc(slices.Clone(said), func(f live.OrderFact) bool { return f.Kind == live.OrderPersonChanged }))
	to, err := canonical(t, m, born.Person)
	if err != nil || to == now.Person {
		return err
	}
	f := Fact{Order: id, OrderFact: live.OrderFact{
		Kind: live.OrderPersonChanged, ID: fmt.Sprintf("%012d-%04d", n, len(said)), Source: live.SourceOwn, At: t.now, Person: to, Reason: string(now.Person),
	}}
	_, _, err = t.applyFact(m, f, itself.Actor())
	return err
}

// settleLate moves the orders that came in, since a merge, under another name
// than the one that stands for their buyer.
func (s *Store) settleLate(ctx context.Context) error {
	const late = `SELECT DISTINCT o.merchant_id, o.person_id FROM person_links l
		JOIN orders o ON o.merchant_id = l.merchant_id AND o.person_id = l.person_id WHERE l.person_id <> l.canonical LIMIT 100`
	type name struct {
		merchant live.MerchantID
		person   live.PersonID
	}
	scan := func(r scanner) (n name, err error) { return n, r.Scan(&n.merchant, &n.person) }
	rows, err := s.reader(ctx).query(late)
	found, err := collect(rows, err, scan)
	if err != nil || len(found) == 0 {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		for _, x := range found {
			if err := t.settlePersons(x.merchant, []live.PersonID{x.person}, string(live.IdentityMerged)); err != nil {
				return err
			}
		}
		return nil
	})
}
