package live

import (
	"slices"
	"time"
)

// SourceOwn is the source of facts that Showrunner states about its own orders.
const SourceOwn = "showrunner"

// OrderFact is one thing somebody said about an order: that it was created,
// paid, cancelled or refunded. Facts arrive late, twice and in any order; they
// are kept as they came, and [FoldOrder] makes the order out of the set.
type OrderFact struct {
	Kind Kind // OrderCreated, OrderPaid, OrderCancelled or RefundSucceeded
	// ID is the fact's own name within the order and kind: the payment or
	// refund id, and the empty string for creation and cancellation.
	ID       string
	Source   string    // SourceOwn for our own, else the integration's name
	At       time.Time // when it happened, by whoever says so
	Currency Currency

	// OrderCreated.
	Show     ShowID
	Room     RoomID
	Person   PersonID
	Channel  string
	Campaign string
	Lines    []OrderLine

	PaidMinor  int64        // OrderPaid
	CancelType CancelType   // OrderCancelled
	Refunds    []RefundLine // RefundSucceeded
	Reason     string       // OrderCancelled and RefundSucceeded
}

// OrderLine is one SKU of an order. All amounts are for the whole line.
type OrderLine struct {
	ID       string
	Product  ProductID
	SKU      SKUID
	Qty      int64
	Goods    int64 // price x quantity, before discount
	Discount int64 // given by the seller
	Subsidy  int64 // given by the platform; the buyer does not pay it
	Shipping int64
	Tax      int64
}

// Payable is what the buyer owes for the line.
func (l *OrderLine) Payable() int64 {
	return max(0, l.Goods-l.Discount-l.Subsidy+l.Shipping+l.Tax)
}

// RefundLine is the part of a refund that falls on one line, named by line or by SKU.
type RefundLine struct {
	Line     string
	SKU      SKUID
	Goods    int64
	Shipping int64
}

// CancelType says why an order was cancelled.
type CancelType string

// Cancel types.
const (
	CancelUser        CancelType = "user"
	CancelTimeout     CancelType = "timeout"
	CancelAllRefunded CancelType = "all_refunded"
	CancelOversold    CancelType = "oversold"
	CancelMerchant    CancelType = "merchant"
	CancelRisk        CancelType = "risk"
)

// Valid reports whether t is a cancel type.
func (t CancelType) Valid() bool {
	return slices.Contains([]CancelType{CancelUser, CancelTimeout, CancelAllRefunded, CancelOversold, CancelMerchant, CancelRisk}, t)
}

// OrderState is where an order stands.
type OrderState string

// Order states.
const (
	OrderUnknown       OrderState = "unknown" // facts came, creation did not
	OrderUnpaid        OrderState = "unpaid"
	OrderStatePaid     OrderState = "paid"
	OrderPartRefunded  OrderState = "part_refunded"
	OrderRefunded      OrderState = "refunded"
	OrderStateCanceled OrderState = "cancelled"
)

// Flags that a fold raises when facts contradict each other. Such facts are
// kept and shown; what they claim beyond the possible stays out of the sums.
const (
	FlagCurrencyMismatch = "currency_mismatch"     // a fact in another currency than the order's
	FlagRefundExceeds    = "refund_exceeds_paid"   // more refunded on a line than paid for it
	FlagPaidAfterCancel  = "paid_after_cancel"     // money came for a cancelled order
	FlagPaidDiffers      = "paid_differs_from_due" // paid is not the sum of the lines
	FlagUnknownLine      = "unknown_line"          // a refund names a line the order does not have
	FlagConflicting      = "conflicting_duplicate" // two facts of one name say different things
	FlagNeverCreated     = "never_created"         // paid, cancelled or refunded, but not created so far
	FlagOversold         = "oversold"              // paid, and the shelf had no unit left for it; set by the order book, not by the fold
)

// Order is the fold of its facts.
type Order struct {
	ID          OrderID
	Merchant    MerchantID
	Show        ShowID
	Room        RoomID
	Person      PersonID
	Channel     string
	Campaign    string
	Currency    Currency
	State       OrderState
	CreatedAt   time.Time // zero: creation not seen
	PaidAt      time.Time // zero: not paid; else the earliest payment
	CancelledAt time.Time
	Cancel      CancelType
	Lines       []LineTotal
	Flags       []string // sorted
	Ver         uint32   // number of facts folded that differ in any way
}

// LineTotal is the money of one line. Unassigned money, paid or refunded
// before creation told us the lines, stands on a line with an empty ID.
type LineTotal struct {
	OrderLine
	Created       int64 // payable
	Paid          int64
	RefundGoods   int64
	RefundShip    int64
	CancelledPaid int64 // paid, then cancelled, and not refunded so far
}

// Net is what the merchant keeps: paid less refunded less cancelled. Never negative.
func (l *LineTotal) Net() int64 { return l.Paid - l.RefundGoods - l.RefundShip - l.CancelledPaid }

// FoldOrder makes the order of a set of facts. It is a function of the set:
// any order of arrival and any number of repetitions give the same result.
func FoldOrder(merchant MerchantID, id OrderID, facts []OrderFact) Order {
	o := Order{ID: id, Merchant: merchant, State: OrderUnknown}
	flags := map[string]bool{}
	set, ver := distinct(facts, flags)
	o.Ver = ver

	var created *OrderFact
	for i := range set {
		if set[i].Kind == OrderCreated {
			created = &set[i]
			break
		}
	}
	if created != nil {
		o.Show, o.Room, o.Person = created.Show, created.Room, created.Person
		o.Channel, o.Campaign, o.Currency, o.CreatedAt = created.Channel, created.Campaign, created.Currency, created.At
		o.State = OrderUnpaid
		for _, l := range created.Lines {
			o.Lines = append(o.Lines, LineTotal{OrderLine: l, Created: l.Payable()})
		}
	} else {
		flags[FlagNeverCreated] = len(set) > 0
		o.Currency = earliestCurrency(set)
	}

	o.foldPayments(set, flags)
	o.foldRefunds(set, flags)
	o.foldCancel(set, flags)
	o.settleState()

	for f, up := range flags {
		if up {
			o.Flags = append(o.Flags, f)
		}
	}
	slices.Sort(o.Flags)
	return o
}

// foldPayments splits what was paid over the lines in proportion to what is due.
func (o *Order) foldPayments(set []OrderFact, flags map[string]bool) {
	var paid, due int64
	for i := range set {
		f := &set[i]
		if f.Kind != OrderPaid {
			continue
		}
		if f.Currency != o.Currency {
			flags[FlagCurrencyMismatch] = true
			continue
		}
		paid += f.PaidMinor
		if o.PaidAt.IsZero() || f.At.Before(o.PaidAt) {
			o.PaidAt = f.At
		}
	}
	if o.PaidAt.IsZero() {
		return
	}
	if len(o.Lines) == 0 {
		o.Lines = append(o.Lines, LineTotal{Paid: paid})
		return
	}
	weights := make([]int64, len(o.Lines))
	for i := range o.Lines {
		weights[i] = o.Lines[i].Created
		due += o.Lines[i].Created
	}
	for i, share := range SplitMinor(paid, weights) {
		o.Lines[i].Paid = share
	}
	flags[FlagPaidDiffers] = flags[FlagPaidDiffers] || paid != due
}

// foldRefunds adds up the refunds of each line, never beyond what was paid for
// it: goods first, then shipping. Refunds before payment wait in the set.
func (o *Order) foldRefunds(set []OrderFact, flags map[string]bool) {
	for i := range set {
		f := &set[i]
		if f.Kind != RefundSucceeded {
			continue
		}
		if f.Currency != o.Currency {
			flags[FlagCurrencyMismatch] = true
			continue
		}
		for _, r := range f.Refunds {
			l := o.line(r)
			if l == nil {
				flags[FlagUnknownLine] = true
				continue
			}
			l.RefundGoods += r.Goods
			l.RefundShip += r.Shipping
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if over := l.RefundGoods + l.RefundShip - l.Paid; over > 0 {
			flags[FlagRefundExceeds] = true
			l.RefundGoods = min(l.RefundGoods, l.Paid)
			l.RefundShip = min(l.RefundShip, l.Paid-l.RefundGoods)
		}
	}
}

// line finds the line a refund speaks of: by line id, else by SKU, else, while
// no line is known, the unassigned one.
func (o *Order) line(r RefundLine) *LineTotal {
	for i := range o.Lines {
		if r.Line != "" && o.Lines[i].ID == r.Line {
			return &o.Lines[i]
		}
	}
	for i := range o.Lines {
		if r.Line == "" && r.SKU != "" && o.Lines[i].SKU == r.SKU {
			return &o.Lines[i]
		}
	}
	if len(o.Lines) == 1 && o.Lines[0].ID == "" && o.CreatedAt.IsZero() {
		return &o.Lines[0]
	}
	return nil
}

// foldCancel takes what is left of the paid money out of net. A time-out that
// says it happened after the payment was made is void: the payment was only
// told late. Of the cancellations that are not void the earliest stands.
func (o *Order) foldCancel(set []OrderFact, flags map[string]bool) {
	for i := range set {
		f := &set[i]
		if f.Kind != OrderCancelled {
			continue
		}
		if f.CancelType == CancelTimeout && !o.PaidAt.IsZero() && !o.PaidAt.After(f.At) {
			continue
		}
		if o.Cancel == "" || f.At.Before(o.CancelledAt) {
			o.Cancel, o.CancelledAt = f.CancelType, f.At
		}
	}
	if o.Cancel == "" {
		return
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		l.CancelledPaid = l.Paid - l.RefundGoods - l.RefundShip
	}
	flags[FlagPaidAfterCancel] = !o.PaidAt.IsZero() && o.PaidAt.After(o.CancelledAt)
}

func (o *Order) settleState() {
	var paid, refunded int64
	for i := range o.Lines {
		paid += o.Lines[i].Paid
		refunded += o.Lines[i].RefundGoods + o.Lines[i].RefundShip
	}
	switch {
	case o.Cancel != "":
		o.State = OrderStateCanceled
	case paid > 0 && refunded >= paid:
		o.State = OrderRefunded
	case paid > 0 && refunded > 0:
		o.State = OrderPartRefunded
	case !o.PaidAt.IsZero():
		o.State = OrderStatePaid
	case !o.CreatedAt.IsZero():
		o.State = OrderUnpaid
	}
}

// Due is what the buyer owes for the whole order.
func (o *Order) Due() (sum int64) {
	for i := range o.Lines {
		sum += o.Lines[i].Created
	}
	return sum
}
