package live

import "time"

// RoomState is everything a newcomer needs to see of a room: what the welcome
// and gap frames carry.
type RoomState struct {
	Room         Room
	Show         *Show       // on air, else the newest scheduled one, else nil
	Shelf        []Item      // listed items of that show by rank
	Sales        []FlashSale // of that show, not ended, by start
	Coupon       *CouponDrop // that runs in that show, or nil
	Packet       *RedPacket  // likewise, without its seed
	Draw         *Draw       // that is open or closed in the room, or nil, without its seed
	Announcement string      // the newest, or empty
	Host         string      // who is on, by the newest shift; empty: not said
	Explains     map[ProductID]Explain
	Modes        Modes
	Pinned       *PinnedComment // nil: none
}

// PlaceOrder is a viewer's wish to buy. ClientID makes it idempotent within
// (merchant, buyer): the same again returns the first answer.
type PlaceOrder struct {
	ClientID string
	Room     RoomID
	Show     ShowID // empty: the show on air in Room
	Buyer    Principal
	Channel  string // of the buyer's arrival
	Campaign string
	Coupon   string // its id, or empty
	Lines    []WantedLine
	At       time.Time
}

// WantedLine is one SKU a viewer wants.
type WantedLine struct {
	SKU SKUID
	Qty int64
}

// PlacedOrder answers [PlaceOrder]: the stock is held until ExpiresAt.
type PlacedOrder struct {
	ID        OrderID
	State     OrderState
	Total     int64 // minor units due
	Discount  int64 // minor units the coupon takes off, not in Total
	Currency  Currency
	ExpiresAt time.Time
	Replay    bool // this is the kept first answer
}

// LedgerTotal is one currency of the order ledger of a show, summed over the
// orders themselves and not over deltas: the independent side of a reconciliation.
type LedgerTotal struct {
	Currency                                       Currency
	Orders, Paid, Cancelled, Refunded, Buyers      int64
	SKUOrders, SKUPaid, ItemsCreated, ItemsPaid    int64
	CreatedMinor, PaidMinor, SubsidyMinor          int64
	RefundGoodsMinor, RefundShipMinor, CancelMinor int64

	DepositMinor, BalanceMinor, SettledMinor int64
	CommissionMinor, CommissionBackMinor     int64 // accrued, and reversed of it
	RefundPreShipMinor                       int64 // in the refunds
}
