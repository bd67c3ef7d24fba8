package live

import "time"

// FlashSale offers some units of a SKU at a lower price for a while. It is
// part of the stock on the shelf, not beside it: its quantity bounds how many
// units go at its price, and the database keeps Reserved + Sold <= Qty.
type FlashSale struct {
	ID        string
	Show      ShowID
	SKU       SKUID
	Price     int64 // minor units per unit, of orders placed while it runs
	Qty       int64 // units at that price
	PerPerson int64 // units one person may buy in it; 0: any number
	Reserved  int64 // units in unpaid orders
	Sold      int64 // units in paid orders
	StartsAt  time.Time
	EndsAt    time.Time // at the latest
	SoldOutAt time.Time // when the last unit was ordered first; zero: never
	EndedAt   time.Time // zero: not yet
	State     FlashState
	Reason    FlashEnd
}

// Left is what can still be ordered at the sale's price.
func (f *FlashSale) Left() int64 { return f.Qty - f.Reserved - f.Sold }

// FlashState is where a flash sale stands.
type FlashState string

// Flash sale states.
const (
	FlashScheduled FlashState = "scheduled"
	FlashRunning   FlashState = "running"
	FlashEnded     FlashState = "ended"
)

// FlashEnd says why a flash sale ended.
type FlashEnd string

// Why a flash sale ends. It is sold out for good when every unit is paid: until
// then an order that expires gives its units back to the sale.
const (
	FlashSoldOut FlashEnd = "sold_out"
	FlashTime    FlashEnd = "time"
	FlashCommand FlashEnd = "command" // also the end of the show, and the SKU off the shelf
)

// Limits of a flash sale.
const (
	MaxFlashSeconds = 86_400 // a day; also how far ahead it may be scheduled
)
