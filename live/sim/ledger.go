package sim

import (
	"slices"
	"time"

	"showrunner/live"
)

// Order is an order as its acknowledgement describes it.
type Order struct {
	ID       live.OrderID
	Person   string
	Currency live.Currency
	Lines    []live.OrderLine
	Coupon   int64 // what a coupon took off, in the lines' discounts; 0: none
}

// Money is the orders of one currency, in minor units.
type Money struct {
	Orders, OrdersPaid, OrdersCancelled, OrdersRefunded int64
	SKUOrders, SKUOrdersPaid, ItemsPaid                 int64
	Buyers, OrderUV                                     int64
	Created, Paid, Subsidy                              int64
	RefundGoods, RefundShipping, CancelledPaid          int64
	RefundsOfPayDate                                    int64 // of orders paid while on air
}

// Refunded is goods and postage given back.
func (m Money) Refunded() int64 { return m.RefundGoods + m.RefundShipping }

// Net is paid less refunded less cancelled after payment.
func (m Money) Net() int64 { return m.Paid - m.Refunded() - m.CancelledPaid }

// LineMoney is the money of one product or one channel.
type LineMoney struct {
	SKUOrders, SKUOrdersPaid, ItemsPaid    int64
	Created, Paid, Refunded, CancelledPaid int64
}

// Net is what remains.
func (m LineMoney) Net() int64 { return m.Paid - m.Refunded - m.CancelledPaid }

// bought is the book page of one order. Its entries may come in any order.
type bought struct {
	Order
	created   bool
	payments  int64
	paidAt    time.Time // of the earliest payment; zero: unpaid
	cancelled bool
	refunds   map[string]live.RefundLine // by refund id and line
}

func (t *Tally) page(id live.OrderID) *bought {
	b := t.orders[id]
	if b == nil {
		b = &bought{refunds: map[string]live.RefundLine{}}
		t.orders[id] = b
	}
	return b
}

// Ordered books a created order.
func (t *Tally) Ordered(o Order) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.page(o.ID)
	b.Order, b.created = o, true
}

// Paid books a payment made at an instant of the real clock.
func (t *Tally) Paid(id live.OrderID, minor int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.page(id)
	b.payments += minor
	if b.paidAt.IsZero() || at.Before(b.paidAt) {
		b.paidAt = at
	}
}

// Refunded books one line of a refund.
func (t *Tally) Refunded(id live.OrderID, refund string, r live.RefundLine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page(id).refunds[refund+"/"+r.Line+"/"+string(r.SKU)] = r
}

// Cancelled books a cancellation.
func (t *Tally) Cancelled(id live.OrderID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page(id).cancelled = true
}

// Due is what the buyer owes for an order.
func (o Order) Due() (sum int64) {
	for i := range o.Lines {
		sum += o.Lines[i].Payable()
	}
	return sum
}

// refundOf sums the refunds of a line.
func (b *bought) refundOf(l *live.OrderLine) (goods, shipping int64) {
	for _, r := range b.refunds {
		if r.Line == l.ID && r.Line != "" || r.Line == "" && r.SKU == l.SKU {
			goods += r.Goods
			shipping += r.Shipping
		}
	}
	return goods, shipping
}

// money adds the orders to the figures. An order's payment equals what is due
// in every script, so a line was paid exactly what is payable for it.
func (t *Tally) money(f *Figures, began, ended time.Time) {
	buyers, creators := map[live.Currency]map[string]bool{}, map[live.Currency]map[string]bool{}
	bySource := map[string]map[string]bool{}
	everyBuyer, everyCreator := map[string]bool{}, map[string]bool{}
	for _, b := range t.orders {
		if !b.created {
			continue
		}
		channel, paid := t.channel[b.Person], !b.paidAt.IsZero()
		onAir := paid && !b.paidAt.Before(began) && !b.paidAt.After(ended)
		m := f.Money[b.Currency]
		m.Orders++
		everyCreator[b.Person] = true
		mark(creators, b.Currency, b.Person)
		if paid {
			m.OrdersPaid++
			everyBuyer[b.Person] = true
			mark(buyers, b.Currency, b.Person)
			mark(bySource, channel, b.Person)
		}
		if b.cancelled {
			m.OrdersCancelled++
		} else if paid && len(b.refunds) > 0 {
			m.OrdersRefunded++
		}
		for i := range b.Lines {
			l := &b.Lines[i]
			line := LineMoney{SKUOrders: 1, Created: l.Payable()}
			var goods, shipping int64
			if paid {
				line.SKUOrdersPaid, line.ItemsPaid, line.Paid = 1, l.Qty, l.Payable()
				goods, shipping = b.refundOf(l)
				line.Refunded = goods + shipping
				m.Subsidy += l.Subsidy
				if b.cancelled {
					line.CancelledPaid = line.Paid - line.Refunded
				}
			}
			m.SKUOrders += line.SKUOrders
			m.SKUOrdersPaid += line.SKUOrdersPaid
			m.ItemsPaid += line.ItemsPaid
			m.Created += line.Created
			m.RefundGoods += goods
			m.RefundShipping += shipping
			if onAir {
				m.RefundsOfPayDate += line.Refunded
			}
			m.CancelledPaid += line.CancelledPaid

			p := f.Products[l.Product]
			p.Money = plus(p.Money, b.Currency, line)
			f.Products[l.Product] = p
			s := f.Sources[channel]
			s.Money = plus(s.Money, b.Currency, line)
			f.Sources[channel] = s
		}
		m.Paid += b.payments
		f.Money[b.Currency] = m
	}
	for cur, m := range f.Money {
		m.Buyers, m.OrderUV = int64(len(buyers[cur])), int64(len(creators[cur]))
		f.Money[cur] = m
	}
	for channel, who := range bySource {
		s := f.Sources[channel]
		s.Buyers = int64(len(who))
		f.Sources[channel] = s
	}
	f.Counts["buyers"], f.Counts["order_uv"] = int64(len(everyBuyer)), int64(len(everyCreator))
}

func plus(of map[live.Currency]LineMoney, cur live.Currency, l LineMoney) map[live.Currency]LineMoney {
	if of == nil {
		of = map[live.Currency]LineMoney{}
	}
	m := of[cur]
	m.SKUOrders += l.SKUOrders
	m.SKUOrdersPaid += l.SKUOrdersPaid
	m.ItemsPaid += l.ItemsPaid
	m.Created += l.Created
	m.Paid += l.Paid
	m.Refunded += l.Refunded
	m.CancelledPaid += l.CancelledPaid
	of[cur] = m
	return of
}

// Currencies lists the currencies of the figures in ascending order.
func (f Figures) Currencies() []live.Currency {
	var out []live.Currency
	for c := range f.Money {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}
