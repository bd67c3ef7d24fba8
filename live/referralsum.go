package live

import "time"

// Commission is what one fact of an order added to what whoever brought the
// buyer earns, or took back.
type Commission struct {
	Seq      int64    // ascending in the order it was booked
	Referrer PersonID // to whom the buyer belonged when the order was made; empty: to nobody
	Order    OrderID
	Currency Currency
	Minor    int64 // negative where it is taken back
	Fact     Kind
	FactID   string
	FactAt   time.Time
	At       time.Time // when it was booked
}

// CommissionTotal is what one referrer earned in one currency, in minor units.
type CommissionTotal struct {
	Referrer PersonID // empty: of orders whose buyer belonged to nobody
	Currency Currency
	Orders   int64
	Accrued  int64
	Reversed int64 // not negative
}

// Due is what is left to be paid out.
func (c *CommissionTotal) Due() int64 { return c.Accrued - c.Reversed }

// WordOfMouth are the counts behind the k-factor of a period: invitations for
// each active person times how many of them bind somebody.
//
// Source: domain metrics k_factor, referral_gmv and referral_new.
type WordOfMouth struct {
	Active  int64 // people of whom something new was learned in the period
	Sharers int64 // whose links were followed
	Invites int64 // people who followed a link, each once for each referrer
	Bound   int64 // bindings that were made
}
