package conversion

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// DefaultWindow is how far back from an order a touch can earn credit. Seven
// days is the click window of most mobile measurement partners.
const DefaultWindow = 7 * 24 * time.Hour

// Touchpoint is one contact of a person with the chain.
type Touchpoint struct {
	At       time.Time     // when it happened, UTC
	Position live.Position // place in the log; orders touches of the same instant
	Kind     live.Kind
	Stage    live.Stage
	Channel  string // one level or two, see Levels
	Campaign string
	Show     live.ShowID    // empty: outside a show
	Product  live.ProductID // empty: about no product
	Referrer live.PersonID  // who sent them; empty: nobody

	// Who and what the person met, as far as the fact names it.
	Host  string // on air at that moment, or as the fact says
	Agent string // who served them
	Group string // the group they were in
	Entry string // the service entry they came by
	// AgentName and GroupName are what people call the two; they decide nothing.
	AgentName, GroupName string

	// Cost is what the touch cost, in minor units of CostCurrency.
	Cost         int64
	CostCurrency live.Currency
	// Rule is the version of the [RuleSet] that made a touch of the fact.
	Rule string
}

// Journey is one paid order with the touches of its buyer before it.
type Journey struct {
	Order  live.OrderID
	Person live.PersonID
	Show   live.ShowID
	// At is the instant of conversion: the order's first payment.
	At       time.Time
	Currency live.Currency
	// Control is true of the order of a person held out, see [live.HoldoutAssigned].
	Control bool
	// First is true of the first order that the person ever paid the merchant.
	First bool
	// Value is the money to be credited, in minor units of Currency: paid less
	// refunds and cancellations, as of the instant the journey was read. It
	// may be zero.
	Value   int64
	Touches []Touchpoint // any order; see Within
}

// SortTouches puts touches into their one order: time, then position.
func SortTouches(ts []Touchpoint) {
	slices.SortStableFunc(ts, func(a, b Touchpoint) int { return inOrder(&a, &b) })
}

// inOrder compares two touches by time, then position.
func inOrder(a, b *Touchpoint) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Position.Offset(), b.Position.Offset()))
}

// Credit is the money that one touch of an order earned.
type Credit struct {
	Order    live.OrderID
	Currency live.Currency
	Touch    Touchpoint
	// Weight is the touch's part of the order's weights. It is kept so that a
	// refund, however late, is split as the sale was.
	Weight int64
	Minor  int64 // minor units of Currency; negative only for a negative value
}
