package group

import (
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// SaleWindow is how long after the last touch of a group an order is its doing,
// unless another is asked for.
const SaleWindow = 7 * 24 * time.Hour

// SaleQuestion asks what members ordered after a touch of their group.
type SaleQuestion struct {
	conversion.Scope
	From, Until conversion.Day // orders paid in [From, Until)
	Window      time.Duration
	Groups      []string // nobody else's; nil: all of the merchant
}

// Sale is what the members of a group ordered within the window after a touch of
// it. An order is of the group that touched its buyer last before the payment, so
// that the sales of groups add up; what was refunded or cancelled since is off.
type Sale struct {
	Group    string
	Currency live.Currency
	Orders   int64 // that hold
	Buyers   int64
	Net      int64
}

// Words is what an agent wrote in groups.
type Words struct {
	Agent      string
	Groups     int64 // in which they wrote
	Messages   int64
	Care, Sell int64
}

// Reported is what the platform said of a group and a day, last word; -1: nothing.
type Reported struct {
	Day                    conversion.Day
	Members, Joins, Leaves int64
	Talkers, Messages      int64 // to date: they can never fall
}
