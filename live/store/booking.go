package store

import (
	"fmt"

	"showrunner/live"
)

// booking is an order that the till took: what was decided, and then the rows
// and the event made of it.
type booking struct {
	row       orderRow // without its fold
	fact      live.OrderFact
	by        live.Actor
	rehearsal bool
	slot      int   // of tx.events
	seq       int64 // of its event
}

// The rows of an order as the till writes them: what is the same of every new
// order stands in the text, or is the column's default.
var (
	newOrder = shape(`orders`, `merchant_id, order_id, show_id, room_id, person_id, channel, campaign, currency, state, cancel_type,
		created_at, paid_at, cancelled_at, flags, oversold, ver, own, buyer_id, client_id, total_minor, expires_at, seen_at`,
		`?, ?, ?, ?, ?, ?, ?, ?, 'unpaid', '', ?, 0, 0, '', 0, 1, 1, ?, ?, ?, ?, ?`)
	newLine = shape(`order_lines`, `merchant_id, order_id, n, line_id, product_id, sku_id, qty, goods_minor, discount_minor, subsidy_minor,
		shipping_minor, tax_minor, created_minor, paid_minor, refund_goods_minor, refund_ship_minor, cancelled_paid_minor, held, sale_id,
		first_paid, commission_bps`,
		`?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, 0, 0, 0, 0, ?, ?, ?, ?`)
	// Orders with a coupon have rows of their own, so that the others pay nothing
	// for theirs.
	newCouponOrder = shape(`orders`, `merchant_id, order_id, show_id, room_id, person_id, channel, campaign, currency, state, cancel_type,
		created_at, paid_at, cancelled_at, flags, oversold, ver, own, buyer_id, client_id, total_minor, expires_at, seen_at, coupon_id, coupon_minor`,
		`?, ?, ?, ?, ?, ?, ?, ?, 'unpaid', '', ?, 0, 0, '', 0, 1, 1, ?, ?, ?, ?, ?, ?, ?`)
	newCouponLine = shape(`order_lines`, `merchant_id, order_id, n, line_id, product_id, sku_id, qty, goods_minor, discount_minor, subsidy_minor,
		shipping_minor, tax_minor, created_minor, paid_minor, refund_goods_minor, refund_ship_minor, cancelled_paid_minor, held, sale_id,
		first_paid, commission_bps`,
		`?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, 0, 0, 0, 0, ?, ?, ?, ?`)
	newFact    = shape(`order_facts`, factColumns, `?, ?, 'order_created', '', ?, ?, ?`)
	newPosting = shape(`ledger_entries`, postingColumns, `?, ?, 1, ?, ?, ?, ?, ?, ?, ?, 'order_created', '', ?, ?, 0`)
)

// sheet is the rows of some orders. Sheets are kept and filled again, group
// after group.
type sheet struct {
	orders, lines, facts, postings []any
	couponOrders, couponLines      []any
}

// sheetOrders is how many orders are made into rows at a time, which is a second
// core's work while the database stores those before them.
const sheetOrders = 64

// book writes the rows of orders, and their events into the slots they have.
func (t *tx) book(taken []*booking) error {
	sheets := (len(taken) + sheetOrders - 1) / sheetOrders
	for len(t.w.sheets) < sheets {
		t.w.sheets = append(t.w.sheets, &sheet{})
	}
	of := func(n int) []*booking { return taken[n*sheetOrders : min((n+1)*sheetOrders, len(taken))] }
	filled := make(chan *sheet, sheets)
	fill := func() {
		for n := range sheets {
			t.w.sheets[n].fill(t, of(n))
			filled <- t.w.sheets[n]
		}
		close(filled)
	}
	if sheets == 1 {
		fill()
	} else {
		go fill()
	}
	var err error
	for p := range filled { // to the end in any case: the sheets are filled again
		if err == nil {
			err = t.store(p)
		}
	}
	return err
}

func (t *tx) store(p *sheet) error {
	if err := t.insert(newOrder, p.orders); err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	if err := t.insert(newLine, p.lines); err != nil {
		return fmt.Errorf("write order lines: %w", err)
	}
	if err := t.insert(newCouponOrder, p.couponOrders); err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	if err := t.insert(newCouponLine, p.couponLines); err != nil {
		return fmt.Errorf("write order lines: %w", err)
	}
	if err := t.insert(newFact, p.facts); err != nil {
		return fmt.Errorf("keep creations: %w", err)
	}
	if err := t.insert(newPosting, p.postings); err != nil {
		return fmt.Errorf("post to the ledger: %w", err)
	}
	return nil
}

// fill makes the rows and the events of orders.
func (p *sheet) fill(t *tx, taken []*booking) {
	p.orders, p.lines, p.facts, p.postings = p.orders[:0], p.lines[:0], p.facts[:0], p.postings[:0]
	p.couponOrders, p.couponLines = p.couponOrders[:0], p.couponLines[:0]
	var merchant, show, room, currency, channel, campaign, product, sku same
	now, expires := any(ms(t.now)), any(ms(t.now.Add(t.w.store.ttl)))
	// Not kept with the sheet: the events are stored when the transaction ends.
	text := make(live.JSONText, 0, eventSize*len(taken))
	for _, b := range taken {
		f, row := &b.fact, &b.row
		o := live.FoldOrder(row.Merchant, row.ID, []live.OrderFact{*f})
		id, m := any(string(o.ID)), merchant.as(string(o.Merchant))
		orders := &p.orders
		if row.coupon != "" {
			orders = &p.couponOrders
		}
		*orders = append(*orders, m, id, show.as(string(o.Show)), room.as(string(o.Room)), string(o.Person), channel.as(o.Channel),
			campaign.as(o.Campaign), currency.as(string(o.Currency)), now, row.buyer, row.client, row.total, expires, now)
		if row.coupon != "" {
			*orders = append(*orders, row.coupon, row.couponMinor)
		}
		for i := range o.Lines {
			l := &o.Lines[i]
			if row.coupon != "" {
				p.couponLines = append(p.couponLines, m, id, int64(i), l.ID, string(l.Product), string(l.SKU), l.Qty, l.Goods, l.Discount, l.Created,
					row.held[i], row.sales[l.ID], bit(row.firstPaid[l.ID]), l.CommissionBPS)
				continue
			}
			p.lines = append(p.lines, m, id, int64(i), l.ID, product.as(string(l.Product)), sku.as(string(l.SKU)), l.Qty, l.Goods, l.Created,
				row.held[i], row.sales[l.ID], bit(row.firstPaid[l.ID]), l.CommissionBPS)
		}
		body, hash := encodeFact(f)
		p.facts = append(p.facts, m, id, hash, now, body)
		deltas := live.Deltas(live.Order{}, o)
		for n, e := range live.Postings(deltas) {
			p.postings = append(p.postings, m, id, int64(n), b.seq, e.Delta.Line, show.as(string(e.Delta.Show)),
				currency.as(string(e.Delta.Currency)), string(e.Account), e.Minor, now, now)
		}
		from := len(text)
		appendEnvelope(&text, &live.Event{
			ID: eventID(o.ID, f, hash, false), Kind: f.Kind, Source: f.Source, Merchant: o.Merchant, Room: o.Room, Show: o.Show, Actor: b.by,
			Person: o.Person, Channel: o.Channel, Campaign: o.Campaign, Rehearsal: b.rehearsal, OccurredAt: t.now, ReceivedAt: t.now,
		})
		text.Name("data")
		appendOrderData(&text, &o, f, deltas)
		text.Close()
		t.events[b.slot].body = text[from:len(text):len(text)]
	}
}

// eventSize is what the event of an order of one line takes, generously.
const eventSize = 1200

// same is a value that is mostly that of the row before: an argument made of it
// is used again.
type same struct {
	value string
	arg   any
}

func (s *same) as(value string) any {
	if s.arg == nil || s.value != value {
		s.value, s.arg = value, value
	}
	return s.arg
}
