package live

import "time"

// JoinWaitlist is a viewer's wish to be next when a SKU that is out of stock
// comes free. A person has one place per SKU of a show; joining again returns it.
type JoinWaitlist struct {
	Room   RoomID
	Show   ShowID // empty: the show on air in Room
	Person Principal
	SKU    SKUID
	Qty    int64
}

// WaitState is where a person stands in a waitlist.
type WaitState string

// Waitlist states. Who accepts an offer or lets it pass has no place any more.
const (
	Waiting     WaitState = "waiting"
	WaitOffered WaitState = "offered"
)

// WaitPlace is one person's place in the line for a SKU.
type WaitPlace struct {
	Show     ShowID
	SKU      SKUID
	Person   PersonID
	Qty      int64 // units waited for; once offered, the units held
	Place    int64 // ascending; who has the lowest is next
	Ahead    int64 // persons waiting before them
	State    WaitState
	Sale     string // flash sale the held units count in; empty: none
	JoinedAt time.Time
	// ExpiresAt is when an offer passes to the next; zero while waiting.
	ExpiresAt time.Time
	Replay    bool // they had the place already
}

// WaitEnd says why a place in a waitlist ended without an order.
type WaitEnd string

// Why a place ends.
const (
	WaitTimedOut  WaitEnd = "time"       // the offer was not taken
	WaitShowEnded WaitEnd = "show_ended" // nothing is sold any more
	WaitDelisted  WaitEnd = "delisted"   // the SKU is off the shelf
)
