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
	Kind Kind // one of OrderKinds
	// ID is the fact's own name within the order and kind: the payment, refund,
	// change, exchange, shipment or settlement id, and the empty string for
	// creation, cancellation, receipt and completion.
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
	Payment  PaymentType
	Lines    []OrderLine // OrderPriceChanged too: the new amounts of the lines it names

	PaidMinor    int64         // OrderPaid, DepositPaid and BalancePaid
	CancelType   CancelType    // OrderCancelled
	Refunds      []RefundLine  // RefundSucceeded
	Reason       string        // of cancellations, refunds and their requests, and failed payments
	SettledMinor int64         // OrderSettled
	TotalMinor   int64         // OrderPriceChanged without lines: what the whole order costs now
	Exchange     Exchange      // ExchangeCreated
	Refund       RefundRequest // RefundRequested
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
	// CommissionBPS is what whoever brought the buyer earns of the goods, in
	// hundredths of a per cent.
	CommissionBPS int64
}

// Payable is what the buyer owes for the line.
func (l *OrderLine) Payable() int64 { return max(0, l.owed()) }

// owed is Payable of a line on which more may be taken off than it costs.
func (l *OrderLine) owed() int64 { return l.Goods - l.Discount - l.Subsidy + l.Shipping + l.Tax }

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
	OrderDepositPaid   OrderState = "deposit_paid" // a presale: some money came, not all of it
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
	FlagShippedUnpaid    = "shipped_unpaid"        // the goods left, and no money came for them
	FlagShippedCancelled = "shipped_after_cancel"  // the goods left after the order was cancelled
	FlagSettledExceeds   = "settled_exceeds_paid"  // more settled than was paid and subsidised
	FlagRefundRefused    = "refund_after_refusal"  // money went back on a request that was rejected or withdrawn
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
	Payment     PaymentType
	Fulfilment  Fulfilment
	ShippedAt   time.Time // zero: nothing left the house yet; else the first shipment
	ReceivedAt  time.Time
	CompletedAt time.Time
	Failures    int // payments that were tried and failed
	Aftersales  []Aftersale
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
	RefundPreShip int64 // the part of both that went back before anything was shipped
	CancelledPaid int64 // paid, then cancelled, and not refunded so far
	// Deposit is presale money of an order that is not paid in full, less what
	// was given back of it. When the order is cancelled it is forfeited and
	// stays here: money the merchant has, and no sale. With the balance it
	// becomes Paid.
	Deposit int64
	// Balance is the part of Paid that came as the balance of a presale.
	Balance        int64
	Settled        int64 // handed over to the merchant by the platform, subsidies included
	Commission     int64 // accrued when the line was paid
	CommissionBack int64 // reversed with refunds and cancellation
}

// Net is what the merchant keeps: paid less refunded less cancelled. Never negative.
func (l *LineTotal) Net() int64 { return l.Paid - l.RefundGoods - l.RefundShip - l.CancelledPaid }

// folding is a fold under way.
type folding struct {
	*Order
	set   []OrderFact
	flags map[string]bool
	born  []OrderLine // the lines as they were created
	// extra is what exchanges added to the price of each line, or took off.
	extra []int64
	// moneyAt is the earliest instant at which money made the order paid; zero
	// if it counts as paid by a rule alone.
	moneyAt time.Time
}

// in reports whether a fact speaks of money of the order, flagging it if not.
func (w *folding) in(f *OrderFact) bool {
	if f.Currency != w.Currency {
		w.flags[FlagCurrencyMismatch] = true
		return false
	}
	return true
}

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
		o.Show, o.Room, o.Person = created.Show, created.Room, personOf(created.Person, set)
		o.Channel, o.Campaign, o.Currency, o.CreatedAt = created.Channel, created.Campaign, created.Currency, created.At
		o.Payment = created.Payment
		o.State = OrderUnpaid
		for _, l := range created.Lines {
			o.Lines = append(o.Lines, LineTotal{OrderLine: l})
		}
	} else {
		flags[FlagNeverCreated] = len(set) > 0
		o.Currency = earliestCurrency(set)
	}

	w := folding{Order: &o, set: set, flags: flags}
	if created != nil {
		w.born = created.Lines
	}
	w.amend()
	w.fulfil()
	w.payments()
	w.refunds()
	w.cancel()
	w.settlements()
	w.commissions()
	w.aftersales()
	o.settleState()

	for f, up := range flags {
		if up {
			o.Flags = append(o.Flags, f)
		}
	}
	slices.Sort(o.Flags)
	return o
}

func (o *Order) settleState() {
	var paid, refunded, deposit int64
	for i := range o.Lines {
		deposit += o.Lines[i].Deposit
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
	case deposit > 0:
		o.State = OrderDepositPaid
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
