package analytics

import (
	"time"

	"showrunner/live"
)

// book is the money side of a fold: sums of deltas.
type book struct {
	money   map[live.Currency]*ledger
	account map[int32]map[live.Currency]*account // by person index
	any     map[int32]*account                   // order counts over all currencies
	orderUV int64                                // persons with a created order, any currency
	buyers  int64                                // persons with a paid order, any currency
}

// ledger gathers one currency.
type ledger struct {
	Money
	// refunds by the time their order was paid, unix ms; the show's start and
	// end, which decide what counts, may be learned later.
	refunds, goods map[int64]int64
}

// account is what one person ordered in one currency.
type account struct {
	orders, paid int64
	minor, net   int64
}

func newBook() book {
	return book{
		money: map[live.Currency]*ledger{}, account: map[int32]map[live.Currency]*account{}, any: map[int32]*account{},
	}
}

// addDelta adds one row of the order book, at the time the server got it.
func (f *Fold) addDelta(d *live.Delta, at time.Time) {
	l := f.book.ledger(d.Currency)
	l.Orders += d.Orders
	l.OrdersPaid += d.Paid
	l.OrdersCancelled += d.Cancelled
	l.OrdersRefunded += d.Refunded
	l.SKUOrders += d.SKUOrders
	l.SKUOrdersPaid += d.SKUPaid
	l.ItemsCreated += d.UnitsCreated
	l.ItemsPaid += d.UnitsPaid
	l.Created += d.Created
	l.Paid += d.PaidMinor
	l.Subsidy += d.Subsidy
	l.RefundGoods += d.RefundGoods
	l.RefundShipping += d.RefundShip
	l.CancelledPaid += d.CancelledPaid
	l.CancelledUser += d.CancelledUser
	l.CancelledTimeout += d.CancelledTimeout
	l.CancelledAllRefunded += d.CancelledAllRefunded
	l.CancelledOversold += d.CancelledOversold
	l.CancelledMerchant += d.CancelledMerchant
	l.CancelledForRisk += d.CancelledForRisk
	l.Settled += d.Settled
	l.Deposit += d.Deposit
	l.Balance += d.Balance
	l.CommissionAccrued += d.Commission
	l.CommissionReversed += d.CommissionBack
	l.RefundPreShip += d.RefundPreShip
	refund := d.RefundGoods + d.RefundShip
	if refund != 0 && !d.PaidAt.IsZero() {
		l.refunds[d.PaidAt.UnixMilli()] += refund
		l.goods[d.PaidAt.UnixMilli()] += d.RefundGoods
	}

	m := f.minuteOf(at)
	m.Orders += d.Orders
	m.Paid += d.Paid
	cash := m.cash(d.Currency)
	cash.Created += d.Created
	cash.Paid += d.PaidMinor
	cash.Refunded += refund
	cash.CancelledPaid += d.CancelledPaid
	cash.Settled += d.Settled
	cash.Deposit += d.Deposit
	cash.Balance += d.Balance
	cash.Commission += d.Commission - d.CommissionBack

	if d.Product != "" {
		sold := f.product(d.Product)
		p := sold.cash(d.Currency)
		if (d.PaidMinor != 0 || d.SKUPaid != 0) && sold.explaining.sells(at) {
			p.Explained += d.PaidMinor
			p.ExplainedSKUs += d.SKUPaid
		}
		p.SKUOrders += d.SKUOrders
		p.SKUOrdersPaid += d.SKUPaid
		p.ItemsPaid += d.UnitsPaid
		p.Created += d.Created
		p.Paid += d.PaidMinor
		p.Refunded += refund
		p.CancelledPaid += d.CancelledPaid
	}
	if d.PaidMinor != 0 || d.Paid != 0 {
		x := f.shift(f.on).cash(d.Currency)
		x.OrdersPaid += d.Paid
		x.Paid += d.PaidMinor
	}
	f.addAccount(d, l)
}

// addAccount counts the persons behind the orders and the money of their channel.
func (f *Fold) addAccount(d *live.Delta, l *ledger) {
	net := d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
	src := f.unknown
	if d.Person != "" {
		who := f.person(d.Person)
		src = f.at(who).source
		a := f.book.of(who, d.Currency)
		l.OrderUV += a.addOrders(d.Orders)
		l.Buyers += a.addPaid(d.Paid)
		a.minor += d.PaidMinor
		a.net += net
		whole := f.book.any[who]
		if whole == nil {
			whole = &account{}
			f.book.any[who] = whole
		}
		f.book.orderUV += whole.addOrders(d.Orders)
		bought := whole.addPaid(d.Paid)
		f.book.buyers += bought
		src.buyers += bought
	}
	cash := src.cash(d.Currency)
	cash.Paid += d.PaidMinor
	cash.Net += net
}

// addOrders changes the count of orders and returns +1 when the person becomes
// one who ordered, -1 when they cease to be.
func (a *account) addOrders(n int64) int64 { return step(&a.orders, n) }

// addPaid is addOrders for paid orders.
func (a *account) addPaid(n int64) int64 { return step(&a.paid, n) }

func step(count *int64, n int64) int64 {
	before := *count > 0
	*count += n
	after := *count > 0
	switch {
	case after && !before:
		return 1
	case before && !after:
		return -1
	}
	return 0
}

// move hands what a person bought from one channel to another.
func (b *book) move(who int32, from, to *source) {
	if whole := b.any[who]; whole != nil && whole.paid > 0 {
		from.buyers--
		to.buyers++
	}
	for c, a := range b.account[who] {
		out, in := from.cash(c), to.cash(c)
		out.Paid -= a.minor
		out.Net -= a.net
		in.Paid += a.minor
		in.Net += a.net
	}
}

func (b *book) ledger(c live.Currency) *ledger {
	l := b.money[c]
	if l == nil {
		l = &ledger{Money: Money{Currency: c}, refunds: map[int64]int64{}, goods: map[int64]int64{}}
		b.money[c] = l
	}
	return l
}

func (b *book) of(who int32, c live.Currency) *account {
	m := b.account[who]
	if m == nil {
		m = map[live.Currency]*account{}
		b.account[who] = m
	}
	a := m[c]
	if a == nil {
		a = &account{}
		m[c] = a
	}
	return a
}

func (m *minute) cash(c live.Currency) *MinuteMoney {
	x := m.money[c]
	if x == nil {
		x = &MinuteMoney{Currency: c}
		m.money[c] = x
	}
	return x
}

func (p *product) cash(c live.Currency) *ProductMoney {
	x := p.money[c]
	if x == nil {
		x = &ProductMoney{Currency: c}
		p.money[c] = x
	}
	return x
}
