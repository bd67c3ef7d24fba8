package store

import (
	"fmt"

	"showrunner/live"
)

// book is the orders that one change speaks of, read together before their
// facts are applied and written together after them: history comes in by the
// hundred facts, and an order is told by several of them. The transaction holds
// the write lock from its beginning, so what was read cannot change under it.
type book struct {
	t        *tx
	merchant live.MerchantID
	orders   map[live.OrderID]*bookOrder
	opened   []*bookOrder // in the order they were read
	shows    map[live.ShowID]bookShow
	products map[stockKey]live.ProductID

	facts, postings []any // arguments of the rows to write
}

// bookOrder is one order while its facts are applied.
type bookOrder struct {
	row     orderRow
	stored  bool // it has a row
	said    []live.OrderFact
	names   map[factName]bool
	folded  *live.Order // the fold of said; nil: not made so far
	changed bool
	earned  []earning
	whose   bool // who earns of it has to be looked up
}

// factName tells facts of one order apart.
type factName struct {
	kind     live.Kind
	id, hash string
}

// bookShow is what orders need of the show they name: nothing of one that is
// not the merchant's.
type bookShow struct {
	room      live.RoomID
	rehearsal bool
}

func (t *tx) openBook(m live.MerchantID) *book {
	return &book{t: t, merchant: m, orders: map[live.OrderID]*bookOrder{}, shows: map[live.ShowID]bookShow{"": {}}, products: map[stockKey]live.ProductID{}}
}

func (o *bookOrder) fold(m live.MerchantID, id live.OrderID, said []live.OrderFact) live.Order {
	if o.folded != nil {
		return *o.folded
	}
	return live.FoldOrder(m, id, said)
}

// read opens the orders of the facts, as far as they are not open.
func (b *book) read(facts []Fact) error {
	var names []any
	for i := range facts {
		id := facts[i].Order
		if b.orders[id] != nil {
			continue
		}
		o := &bookOrder{names: map[factName]bool{}}
		b.orders[id], b.opened = o, append(b.opened, o)
		names = append(names, string(id))
	}
	return inPieces(names, func(piece []any) error {
		if err := b.readOrders(piece); err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		if err := b.readFacts(piece); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		return nil
	})
}

// inPieces hands values on in pieces of a few fixed sizes, so that statements
// over them stay prepared.
func inPieces(values []any, do func([]any) error) error {
	for len(values) > 0 {
		for _, n := range rowsAtOnce {
			if n > len(values) {
				continue
			}
			if err := do(values[:n]); err != nil {
				return err
			}
			values = values[n:]
			break
		}
	}
	return nil
}

// of is a condition on the orders of a piece, and its arguments.
func (b *book) of(piece []any) (condition string, args []any) {
	return ` WHERE merchant_id = ? AND order_id IN (` + marks(len(piece)) + `)`, append([]any{string(b.merchant)}, piece...)
}

func (b *book) readOrders(piece []any) error {
	where, args := b.of(piece)
	rows, err := b.t.query(`SELECT `+orderColumns+` FROM orders`+where, args...)
	orders, err := collect(rows, err, scanOrder)
	if err != nil || len(orders) == 0 {
		return err
	}
	for i := range orders {
		o := b.orders[orders[i].ID]
		o.row, o.stored = orders[i], true
	}
	rows, err = b.t.query(`SELECT order_id, `+lineColumns+` FROM order_lines`+where+` ORDER BY order_id, n`, args...)
	lines, err := collect(rows, err, scanLine)
	for i := range lines {
		b.orders[lines[i].order].row.addLine(&lines[i])
	}
	return err
}

func (b *book) readFacts(piece []any) error {
	type said struct {
		order live.OrderID
		name  factName
		fact  live.OrderFact
	}
	where, args := b.of(piece)
	rows, err := b.t.query(`SELECT order_id, kind, fact_id, hash, body FROM order_facts`+where, args...)
	list, err := collect(rows, err, func(r scanner) (x said, err error) {
		var body string
		if err := r.Scan(&x.order, &x.name.kind, &x.name.id, &x.name.hash, &body); err != nil {
			return x, err
		}
		x.fact, err = decodeFact(body)
		return x, err
	})
	for _, x := range list {
		o := b.orders[x.order]
		o.names[x.name] = true
		o.said = append(o.said, x.fact)
	}
	return err
}

// show finds what orders need of a show, once.
func (b *book) show(id live.ShowID) (bookShow, error) {
	if s, ok := b.shows[id]; ok {
		return s, nil
	}
	rows, err := b.t.query(`SELECT room_id, rehearsal FROM shows WHERE show_id = ? AND merchant_id = ?`, string(id), string(b.merchant))
	list, err := collect(rows, err, func(r scanner) (s bookShow, err error) {
		var rehearsal int64
		err = r.Scan(&s.room, &rehearsal)
		s.rehearsal = rehearsal != 0
		return s, err
	})
	if err != nil {
		return bookShow{}, fmt.Errorf("read show of order: %w", err)
	}
	var s bookShow
	if len(list) == 1 {
		s = list[0]
	}
	b.shows[id] = s
	return s, nil
}

// write writes what changed, each order once. The book stays open.
func (b *book) write() error {
	if len(b.facts) == 0 {
		return nil
	}
	if err := b.t.insert(factRow, b.facts); err != nil {
		return fmt.Errorf("keep facts: %w", err)
	}
	if err := b.saveOrders(); err != nil {
		return err
	}
	err := b.t.post(b.postings)
	b.facts, b.postings = b.facts[:0], b.postings[:0]
	if err != nil {
		return err
	}
	return b.tellEarned()
}

// saveOrders writes the orders that changed and their lines.
func (b *book) saveOrders() error {
	var orders, lines, stale []any
	for _, o := range b.opened {
		if !o.changed {
			continue
		}
		orders = appendOrder(orders, &o.row)
		for i := range o.row.Lines {
			lines = appendLine(lines, &o.row, i)
		}
		if o.stored {
			stale = append(stale, string(o.row.ID))
		}
		o.changed, o.stored = false, true
	}
	if err := b.t.insert(orderUpsert, orders); err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	if err := inPieces(stale, func(piece []any) error {
		where, args := b.of(piece)
		_, err := b.t.exec(`DELETE FROM order_lines`+where, args...)
		return err
	}); err != nil {
		return fmt.Errorf("write order lines: %w", err)
	}
	if err := b.t.insert(lineInsert, lines); err != nil {
		return fmt.Errorf("write order lines: %w", err)
	}
	return nil
}

var factRow = table(`order_facts`, factColumns)

// orderUpsert is an order as it is now, whether or not it has a row.
var orderUpsert = table(`orders`, orderColumns).or(`ON CONFLICT (merchant_id, order_id) DO UPDATE SET show_id = excluded.show_id, room_id = excluded.room_id,
	person_id = excluded.person_id, channel = excluded.channel, campaign = excluded.campaign, currency = excluded.currency, state = excluded.state,
	cancel_type = excluded.cancel_type, created_at = excluded.created_at, paid_at = excluded.paid_at, cancelled_at = excluded.cancelled_at,
	flags = excluded.flags, oversold = excluded.oversold, ver = excluded.ver,
	payment_type = excluded.payment_type, fulfilment = excluded.fulfilment, shipped_at = excluded.shipped_at,
	received_at = excluded.received_at, completed_at = excluded.completed_at`)
