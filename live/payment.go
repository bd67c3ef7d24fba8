package live

import (
	"cmp"
	"slices"
	"time"
)

// PaymentType is how an order is paid for, as its creation says. Empty is Prepaid.
type PaymentType string

// Payment types.
const (
	Prepaid    PaymentType = "prepaid"
	Presale    PaymentType = "presale"
	COD        PaymentType = "cod"
	CODOnOrder PaymentType = "cod_on_order"
)

// PaidWhen says which fact makes an order count as paid.
type PaidWhen string

// Moments at which an order counts as paid.
const (
	PaidOnMoney   PaidWhen = "money"   // a payment, or a deposit and its balance
	PaidOnReceipt PaidWhen = "receipt" // order_received, or the money if it is told sooner
	PaidOnOrder   PaidWhen = "order"   // order_created
)

// PaymentRule is one row of [PaymentRules].
type PaymentRule struct {
	Type   PaymentType
	When   PaidWhen
	Source string // who counts so
}

// PaymentRules says per payment type when an order counts as paid. An
// integration chooses by the payment type it gives with the creation: that of a
// platform which counts cash on delivery at once says cod_on_order.
var PaymentRules = []PaymentRule{
	{Prepaid, PaidOnMoney, "Douyin, WeChat: amount actually paid by the user"},
	{Presale, PaidOnMoney, "Douyin: deposit and balance are told apart; own: a deposit alone is no sale"},
	{COD, PaidOnReceipt, "own: what was not handed over was not paid"},
	{CODOnOrder, PaidOnOrder, "TikTok Shop: cash on delivery counts when the order is made"},
}

// Valid reports whether t is a payment type; none is Prepaid.
func (t PaymentType) Valid() bool {
	return t == "" || slices.ContainsFunc(PaymentRules, func(r PaymentRule) bool { return r.Type == t })
}

// PaidWhen is the rule of the type.
func (t PaymentType) PaidWhen() PaidWhen {
	for _, r := range PaymentRules {
		if r.Type == t {
			return r.When
		}
	}
	return PaidOnMoney
}

// pays reports whether a fact of the kind brings money.
func (k Kind) pays() bool { return k == OrderPaid || k == DepositPaid || k == BalancePaid }

// payments finds when the order counts as paid, and splits the money over its
// lines. A presale counts with its deposit and its balance; until then its
// money is held as a deposit.
func (w *folding) payments() {
	first := map[Kind]time.Time{}
	var paid, balances int64
	for i := range w.set {
		f := &w.set[i]
		if f.Kind == OrderPaymentFailed {
			w.Failures++
		}
		if !f.Kind.pays() || !w.in(f) {
			continue
		}
		paid += f.PaidMinor
		if f.Kind == BalancePaid {
			balances += f.PaidMinor
		}
		if at, ok := first[f.Kind]; !ok || f.At.Before(at) {
			first[f.Kind] = f.At
		}
	}
	w.moneyAt = first[OrderPaid]
	deposit, balance := first[DepositPaid], first[BalancePaid]
	if !deposit.IsZero() && !balance.IsZero() {
		w.moneyAt = earlier(w.moneyAt, later(deposit, balance))
	}
	w.PaidAt = w.moneyAt
	switch w.Payment.PaidWhen() {
	case PaidOnReceipt:
		w.PaidAt = earlier(w.moneyAt, w.ReceivedAt)
	case PaidOnOrder:
		w.PaidAt = earlier(w.moneyAt, w.CreatedAt)
	case PaidOnMoney:
	}
	switch {
	case w.PaidAt.IsZero():
		for i, share := range w.spread(paid) {
			w.Lines[i].Deposit = share
		}
	case len(first) == 0: // by the rule alone: the whole price is in
		for i := range w.Lines {
			w.Lines[i].Paid = w.Lines[i].Created
		}
	default:
		for i, share := range w.spread(paid) {
			w.Lines[i].Paid = share
		}
		w.balances(balances)
		if !w.CreatedAt.IsZero() {
			base, dearer := w.prices()
			w.flags[FlagPaidDiffers] = paid != sum(base)+sum(dearer)
		}
	}
}

// balances splits what came as the balance of a presale in proportion to what
// was paid for each line, of which it is a part.
func (w *folding) balances(minor int64) {
	weights := make([]int64, len(w.Lines))
	for i := range w.Lines {
		weights[i] = w.Lines[i].Paid
	}
	for i, share := range SplitMinor(minor, weights) {
		w.Lines[i].Balance = share
	}
}

// spread splits money over the lines by their price before exchanges, so that
// an exchange of one line moves nothing on another; what came on top of that
// belongs to the lines that exchanges made dearer.
func (w *folding) spread(paid int64) []int64 {
	if len(w.Lines) == 0 && (paid != 0 || !w.PaidAt.IsZero()) {
		w.Lines, w.extra = append(w.Lines, LineTotal{}), append(w.extra, 0)
	}
	base, dearer := w.prices()
	due, more := sum(base), sum(dearer)
	if more == 0 || paid <= due {
		return SplitMinor(paid, base)
	}
	out := SplitMinor(due, base)
	for i, share := range SplitMinor(paid-due, dearer) {
		out[i] += share
	}
	return out
}

// prices is what each line cost before exchanges, and what these added. What
// they took off is for a refund to give back.
func (w *folding) prices() (base, dearer []int64) {
	base, dearer = make([]int64, len(w.Lines)), make([]int64, len(w.Lines))
	for i := range w.Lines {
		base[i] = w.Lines[i].Created - w.extra[i]
		dearer[i] = max(w.extra[i], 0)
	}
	return base, dearer
}

func sum(minor []int64) (all int64) {
	for _, x := range minor {
		all += x
	}
	return all
}

// earlier is the earlier of two instants, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// settlements splits what the platform handed over, in proportion to what it
// collected for each line, never beyond it.
func (w *folding) settlements() {
	var settled, most int64
	for i := range w.set {
		if f := &w.set[i]; f.Kind == OrderSettled && w.in(f) {
			settled += f.SettledMinor
		}
	}
	weights := make([]int64, len(w.Lines))
	for i := range w.Lines {
		weights[i] = w.Lines[i].Paid
		if !w.PaidAt.IsZero() {
			weights[i] += w.Lines[i].Subsidy
		}
		most += weights[i]
	}
	if settled > most {
		w.flags[FlagSettledExceeds] = true
		settled = most
	}
	for i, share := range SplitMinor(settled, weights) {
		w.Lines[i].Settled = share
	}
}

// commissions accrues on the goods that were paid for, and takes back in
// proportion to what went back. Nothing kept leaves nothing accrued.
func (w *folding) commissions() {
	for i := range w.Lines {
		l := &w.Lines[i]
		goods := l.Paid - min(l.Shipping, l.Paid)
		l.Commission = SplitMinor(goods, []int64{l.CommissionBPS, WholeBPS - l.CommissionBPS})[0]
		gone := min(l.RefundGoods, goods)
		if l.Net() == 0 {
			gone = goods
		}
		if goods > 0 {
			l.CommissionBack = SplitMinor(l.Commission, []int64{gone, goods - gone})[0]
		}
	}
}

// WholeBPS is a whole in hundredths of a per cent.
const WholeBPS = 10_000

// Fulfilment is how far the goods of an order have come.
type Fulfilment string

// Fulfilments. An empty one means that nothing was shipped.
const (
	PartShipped Fulfilment = "part_shipped"
	Shipped     Fulfilment = "shipped"
	Received    Fulfilment = "received"
	Completed   Fulfilment = "completed"
)

// fulfil takes the furthest the goods were ever said to be: a later word that
// they were shipped does not undo that they were received.
func (w *folding) fulfil() {
	steps := []struct {
		kind Kind
		as   Fulfilment
		at   *time.Time
	}{
		{OrderPartShipped, PartShipped, &w.ShippedAt},
		{OrderShipped, Shipped, &w.ShippedAt},
		{OrderReceived, Received, &w.ReceivedAt},
		{OrderCompleted, Completed, &w.CompletedAt},
	}
	for _, s := range steps {
		for i := range w.set {
			if f := &w.set[i]; f.Kind == s.kind {
				w.Fulfilment = s.as
				*s.at = earlier(*s.at, f.At)
			}
		}
	}
}

// compare orders requests.
func (r RefundRequest) compare(x RefundRequest) int {
	return cmp.Or(cmp.Compare(r.Line, x.Line), cmp.Compare(r.Type, x.Type))
}
