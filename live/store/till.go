package store

import (
	"errors"
	"fmt"
	"strconv"

	"showrunner/live"
)

// placing is one order on its way through the till.
type placing struct {
	want   *live.PlaceOrder
	answer live.PlacedOrder
	err    error // the refusal
}

// till places the orders of one group together. What they share, the show, the
// shelf and the stock, is read once; each order is decided in its turn against
// what those before it left; then all rows are written in as few statements as
// possible. Nothing is written for an order that is refused, so none needs to
// be undone. The group's transaction holds the write lock from its beginning:
// what was read cannot change under us, and no_oversell stands behind it.
type till struct {
	t     *tx
	shows map[saleKey]sale
	stock map[stockKey]*stack
	moved []stockKey // in the order of first sale
	named map[buyerKey]live.PlacedOrder
	had   map[personKey]int64 // units of limited SKUs, with those of this group
	held  map[string]bool     // coupons that orders of this group took
	got   map[saleBuyer]int64 // units of limited flash sales, likewise

	taken []*booking // the orders to write
}

// saleKey is how a buyer names a show: by itself, by its room, or by both.
type saleKey struct {
	show live.ShowID
	room live.RoomID
}

// sale is the show so named, or why there is none.
type sale struct {
	show    live.Show
	refusal error
}

// stack is the stock of one SKU while the group is decided.
type stack struct {
	item    live.Item
	refusal error                            // it is not on the shelf
	taken   int64                            // by the orders of this group
	offers  map[live.PersonID]live.WaitPlace // that hold units of it
	sale    live.FlashSale
	onSale  int64 // of taken, at the price of the flash sale
}

// buyerKey is the name a buyer gave to an order.
type buyerKey struct {
	merchant      live.MerchantID
	buyer, client string
}

func (w *placing) key() buyerKey {
	return buyerKey{w.want.Buyer.Merchant, w.want.Buyer.Subject, w.want.ClientID}
}

// place decides and writes a group of orders. Refusals stay with each order;
// the error returned is the transaction's.
func (t *tx) place(group []*placing) error {
	c := &till{t: t, shows: map[saleKey]sale{}, stock: map[stockKey]*stack{}, had: map[personKey]int64{}, got: map[saleBuyer]int64{}, held: map[string]bool{}}
	var err error
	if c.named, err = t.placedBefore(group); err != nil {
		return err
	}
	for _, p := range group {
		p.answer, p.err = c.decide(p)
		var refusal *live.Error
		if p.err != nil && !errors.As(p.err, &refusal) {
			return p.err
		}
	}
	return c.write()
}

func (c *till) decide(p *placing) (live.PlacedOrder, error) {
	w, t := p.want, c.t
	// First of all: a retry may come when the show is over.
	if kept, ok := c.named[p.key()]; ok {
		return kept, nil
	}
	sh, err := c.showFor(w)
	if err != nil {
		return live.PlacedOrder{}, err
	}
	if sh.State != live.ShowStateLive {
		return live.PlacedOrder{}, notLive(sh.State)
	}
	f := live.OrderFact{
		Kind: live.OrderCreated, Source: live.SourceOwn, At: t.now, Currency: sh.Currency, Show: sh.ID, Room: sh.Room,
		Person: live.PersonID(w.Buyer.Subject), Channel: w.Channel, Campaign: w.Campaign, Lines: make([]live.OrderLine, len(w.Lines)),
	}
	row := orderRow{
		held: make([]string, len(w.Lines)), own: true, buyer: w.Buyer.Subject, client: w.ClientID,
		seenAt: t.now, expiresAt: t.now.Add(t.w.store.ttl),
	}
	for i, l := range w.Lines {
		s, err := c.available(&sh, f.Person, l)
		if err != nil {
			return live.PlacedOrder{}, err
		}
		it, price := &s.item, s.item.Price
		if err := c.withinLimit(&sh, f.Person, l, it.PerPerson); err != nil {
			return live.PlacedOrder{}, err
		}
		if s.sale.State == live.FlashRunning {
			if err := c.joinSale(&sh, f.Person, l, s); err != nil {
				return live.PlacedOrder{}, err
			}
			price = min(price, s.sale.Price)
			row.join(strconv.Itoa(i+1), s.sale.ID)
		}
		if price > live.MaxMinor/l.Qty {
			return live.PlacedOrder{}, tooMuch()
		}
		f.Lines[i] = live.OrderLine{ID: strconv.Itoa(i + 1), Product: it.Product, SKU: l.SKU, Qty: l.Qty, Goods: price * l.Qty, CommissionBPS: it.CommissionBPS}
		if row.held[i] = heldReserved; it.Policy == live.StockFirstPaid {
			row.held[i] = heldNone
			row.deferStock(f.Lines[i].ID)
		}
		if row.total += f.Lines[i].Goods; row.total > live.MaxMinor {
			return live.PlacedOrder{}, tooMuch()
		}
	}
	if w.Coupon != "" {
		if err := c.takeOff(&sh, w, &f, &row); err != nil {
			return live.PlacedOrder{}, err
		}
	}
	id := live.OrderID("o_" + t.w.store.ids.next(t.now))
	b := &booking{row: row, fact: f, by: w.Buyer.Actor(), rehearsal: sh.Rehearsal}
	b.row.Merchant, b.row.ID = sh.Merchant, id
	if err := c.take(b); err != nil {
		return live.PlacedOrder{}, err
	}
	placed := live.PlacedOrder{ID: id, State: live.OrderUnpaid, Total: row.total, Discount: row.couponMinor, Currency: sh.Currency, ExpiresAt: row.expiresAt}
	again := placed
	again.Replay = true
	c.named[p.key()] = again
	return placed, nil
}

// take books an order that nothing refuses: its stock, and the place of its
// event in the outbox.
func (c *till) take(b *booking) error {
	for i := range b.fact.Lines {
		l := &b.fact.Lines[i]
		k := stockKey{b.fact.Show, l.SKU}
		s := c.stock[k]
		if err := c.accept(s, b.fact.Person); err != nil {
			return err
		}
		held := b.row.held[i] == heldReserved
		if held {
			if s.taken == 0 {
				c.moved = append(c.moved, k)
			}
			s.taken += l.Qty
			s.item.Reserved += l.Qty
		}
		if id := b.row.sales[l.ID]; id != "" {
			if held {
				s.onSale += l.Qty
				s.sale.Reserved += l.Qty
			}
			if who := (saleBuyer{id, b.fact.Person}); s.sale.PerPerson > 0 {
				c.got[who] += l.Qty
			}
		}
		who := personKey{k, b.fact.Person}
		if have, limited := c.had[who]; limited {
			c.had[who] = have + l.Qty
		}
	}
	if b.row.coupon != "" {
		if err := c.holdCoupon(&b.row); err != nil {
			return err
		}
	}
	b.slot = c.t.slot()
	b.seq = c.t.outbox
	c.taken = append(c.taken, b)
	return nil
}

// accept gives back what the waitlist holds for a person, for their order to
// take it; what the order leaves goes to the next in line.
func (c *till) accept(s *stack, person live.PersonID) error {
	w, ok := s.offers[person]
	if !ok {
		return nil
	}
	delete(s.offers, person)
	s.item.Reserved -= w.Qty
	if w.Sale == s.sale.ID {
		s.sale.Reserved -= w.Qty
	}
	return c.t.leave(&w)
}

// showFor is the show a viewer wants to buy in, on air or not.
func (c *till) showFor(w *live.PlaceOrder) (live.Show, error) {
	k := saleKey{w.Show, w.Room}
	s, ok := c.shows[k]
	if !ok {
		s.show, s.refusal = c.t.showForSale(w.Show, w.Room)
		c.shows[k] = s
	}
	if s.refusal != nil {
		return live.Show{}, s.refusal
	}
	if !w.Buyer.Sees(s.show.Merchant, s.show.Room) {
		return live.Show{}, live.Forbidden("forbidden", "the room is outside your scope")
	}
	return s.show, nil
}

// available is the item a line wants, if the shelf still has so many.
func (c *till) available(sh *live.Show, person live.PersonID, l live.WantedLine) (*stack, error) {
	k := stockKey{sh.ID, l.SKU}
	s := c.stock[k]
	if s == nil {
		s = &stack{}
		var err error
		if s.item, s.refusal = c.t.listed(sh.ID, l.SKU); s.refusal == nil {
			if s.sale, _, err = c.t.openSale(sh, l.SKU); err != nil {
				return nil, err
			}
			if s.offers, err = c.t.offers(k); err != nil {
				return nil, err
			}
		}
		c.stock[k] = s
	}
	if s.refusal != nil {
		return nil, s.refusal
	}
	// What the waitlist offers a person is theirs to order.
	if left := s.item.Left() + s.offers[person].Qty; left < l.Qty {
		return nil, outOfStock(l.SKU, left)
	}
	return s, nil
}

// write puts what the group took into the database: the stock once for each
// SKU, the rest many rows to a statement.
func (c *till) write() error {
	t := c.t
	for _, k := range c.moved {
		taken := c.stock[k].taken
		n, err := t.changed(`UPDATE items SET reserved = reserved + ? WHERE show_id = ? AND sku_id = ? AND listed = 1 AND released - reserved - sold >= ?`,
			taken, string(k.show), string(k.sku), taken)
		if err != nil {
			return fmt.Errorf("reserve stock: %w", err)
		}
		if n != 1 {
			return fmt.Errorf("reserve stock: %d of %s are not there any more", taken, k.sku)
		}
		t.stockMoved(k)
	}
	if err := t.book(c.taken); err != nil {
		return err
	}
	for _, k := range c.moved {
		if s := c.stock[k]; s.onSale > 0 {
			if err := t.moveSale(s.sale.ID, s.onSale, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesAtOnce is how many names one lookup takes; the last is repeated to fill it.
const namesAtOnce = 32

// placedBefore is the kept answers to orders of the same names.
func (t *tx) placedBefore(group []*placing) (map[buyerKey]live.PlacedOrder, error) {
	kept := map[buyerKey]live.PlacedOrder{}
	for start := 0; start < len(group); start += namesAtOnce {
		size := namesAtOnce
		if len(group) == 1 {
			size = 1
		}
		args := make([]any, 0, 3*size)
		for i := range size {
			k := group[min(start+i, len(group)-1)].key()
			args = append(args, string(k.merchant), k.buyer, k.client)
		}
		rows, err := t.query(`SELECT merchant_id, buyer_id, client_id, order_id, total_minor, coupon_minor, currency, expires_at FROM orders
			WHERE (merchant_id, buyer_id, client_id) IN (VALUES `+pairs(size, "(?, ?, ?)")+`)`, args...)
		_, err = collect(rows, err, func(r scanner) (k buyerKey, err error) {
			p := live.PlacedOrder{State: live.OrderUnpaid, Replay: true}
			var expires int64
			err = r.Scan(&k.merchant, &k.buyer, &k.client, &p.ID, &p.Total, &p.Discount, &p.Currency, &expires)
			p.ExpiresAt = at(expires)
			kept[k] = p
			return k, err
		})
		if err != nil {
			return nil, fmt.Errorf("look for the same orders: %w", err)
		}
	}
	return kept, nil
}
