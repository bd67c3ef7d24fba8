package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// JourneyItem is one thing on a person's way. One of Touch, Move and Order is set.
type JourneyItem struct {
	At    time.Time
	Touch *live.PersonFact
	Move  *live.LadderMove
	Order *JourneyOrder
	key   string
}

// JourneyOrder is an order at one step of its life, with what it comes to now.
type JourneyOrder struct {
	Order    live.OrderID
	Show     live.ShowID
	Kind     live.Kind // order_created, or what made it valid or invalid
	Valid    bool      // from here on
	State    live.OrderState
	Currency live.Currency
	Paid     int64 // minor units, as of now
	Net      int64 // less refunded and cancelled
}

// Journey lists what happened with a person under all their names, latest first,
// with the cursor of the next page: the first touch of each kind with each
// thing, moves that stand, and the life of orders. Codes: "person_not_found",
// "invalid_cursor".
func (s *Store) Journey(ctx context.Context, m live.MerchantID, name live.PersonID, after string, most int) (live.PersonID, []JourneyItem, string, error) {
	c, err := decodeCursor(after)
	if err != nil {
		return "", nil, "", err
	}
	p := Profile{Merchant: m}
	var items []JourneyItem
	err = s.snapshot(ctx, func(q querier) error {
		names, err := p.identify(q, m, name)
		if err != nil {
			return err
		}
		// A person has few facts, each once: they are read whole and paged here.
		for _, read := range []func(querier, *Profile, []live.PersonID) ([]JourneyItem, error){journeyTouches, journeyMoves, journeyOrders} {
			list, err := read(q, &p, names)
			if err != nil {
				return err
			}
			items = append(items, list...)
		}
		return nil
	})
	if err != nil {
		return "", nil, "", err
	}
	slices.SortFunc(items, func(a, b JourneyItem) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.key, a.key)) })
	items = slices.DeleteFunc(items, func(i JourneyItem) bool {
		when := ms(i.At)
		return when > c.at || when == c.at && after != "" && i.key >= c.id
	})
	most = limit(most)
	items, next := page(items[:min(len(items), most+1)], most, func(i JourneyItem) cursor { return cursor{ms(i.At), i.key} })
	return p.Person, items, next, nil
}

// journeyKey names an item for good, so that a cursor finds its place again.
func journeyKey(parts ...string) string {
	return hexOf(sha256.Sum256([]byte(strings.Join(parts, "\x00"))))
}

func journeyTouches(q querier, p *Profile, names []live.PersonID) ([]JourneyItem, error) {
	facts, err := factsOf(q, p.Merchant, names)
	if err != nil {
		return nil, err
	}
	out := make([]JourneyItem, len(facts))
	for i := range facts {
		f := &facts[i]
		out[i] = JourneyItem{At: f.At, Touch: f, key: journeyKey("touch", string(f.Person), string(f.Kind), f.Ref)}
	}
	return out, nil
}

func journeyMoves(q querier, p *Profile, _ []live.PersonID) ([]JourneyItem, error) {
	moves, err := movesOf(q, p.Merchant, p.Person)
	if err != nil {
		return nil, err
	}
	out := make([]JourneyItem, len(moves))
	for i := range moves {
		v := &moves[i]
		out[i] = JourneyItem{At: v.At, Move: v, key: journeyKey("move", string(v.Cause), string(v.To))}
	}
	return out, nil
}

func journeyOrders(q querier, p *Profile, names []live.PersonID) ([]JourneyItem, error) {
	w := where{}
	w.add("o.merchant_id = ?", string(p.Merchant))
	in(&w, "o.person_id", names)
	w.add("o.show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1)", string(p.Merchant))
	type row struct {
		JourneyOrder
		created int64
	}
	rows, err := q.query(`SELECT o.order_id, o.show_id, o.state, o.currency, o.created_at, COALESCE(SUM(l.paid_minor), 0),
			COALESCE(SUM(l.paid_minor - l.refund_goods_minor - l.refund_ship_minor - l.cancelled_paid_minor), 0)
		FROM orders o LEFT JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id`+w.sql()+`
		GROUP BY o.order_id, o.show_id, o.state, o.currency, o.created_at`, w.args...)
	orders, err := collect(rows, err, func(r scanner) (o row, err error) {
		return o, r.Scan(&o.Order, &o.Show, &o.State, &o.Currency, &o.created, &o.Paid, &o.Net)
	})
	if err != nil {
		return nil, fmt.Errorf("read orders of a person: %w", err)
	}
	w = where{}
	w.add("merchant_id = ?", string(p.Merchant))
	in(&w, "person_id", names)
	steps := map[live.OrderID][]live.OrderStep{}
	rows, err = q.query(`SELECT person_id, order_id, show_id, zone, steps FROM person_orders`+w.sql(), w.args...)
	if _, err := collect(rows, err, func(r scanner) (none struct{}, err error) {
		_, o, err := scanPersonOrder(r)
		steps[o.Order] = o.Steps
		return none, err
	}); err != nil {
		return nil, fmt.Errorf("read steps of orders: %w", err)
	}
	var out []JourneyItem
	for _, o := range orders {
		if o.created > 0 {
			made := o.JourneyOrder
			made.Kind = live.OrderCreated
			out = append(out, JourneyItem{At: at(o.created), Order: &made, key: journeyKey("order", string(o.Order))})
		}
		for _, x := range steps[o.Order] {
			step := o.JourneyOrder
			step.Kind, step.Valid = x.Kind, x.Valid
			out = append(out, JourneyItem{At: x.At, Order: &step, key: journeyKey("order", string(o.Order), string(x.Event))})
		}
	}
	return out, nil
}
