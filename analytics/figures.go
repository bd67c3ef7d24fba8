package analytics

import (
	"time"

	"showrunner/live"
)

// Figures is everything counted about one show, before any division. Two ways
// lead here, the fold of the log and the queries of ClickHouse, and they must
// agree to the last unit. Behaviour counts viewers only, outside rehearsals
// (see live.Event.Counts); "uv" is distinct persons, "pv" is occurrences.
type Figures struct {
	Show live.ShowID
	// AsOf bounds the facts: those received at or before it.
	AsOf time.Time

	Funnel Funnel
	// Traffic is published: without what flagged bots did. Raw is with it. Orders
	// and money are those of everybody.
	Traffic  Traffic
	Raw      Traffic
	Bots     int64     // persons who are flagged
	Money    []Money   // one per currency, sorted by currency
	Minutes  []Minute  // ascending, minutes with any fact only
	Products []Product // sorted by product id
	Sources  []Source  // sorted by channel
	Shifts   []Shift   // of the hosts, in their order
	Benefits Benefits
	Ladder   []RungFlow // moves it caused, from the lowest rung up
	Earned   []Earned   // by referrers: by currency, the most owed first
	Alerts   []Alert    // in the order in which they were raised
	Commands []Mark     // host commands, ascending: the overlay of every curve
}

// Traffic is reach, watching and interaction.
type Traffic struct {
	RoomExposurePV, RoomExposureUV int64 // room_exposed
	WatchPV                        int64 // entries; a gap of over 30 minutes begins a new one
	WatchUV                        int64 // persons who entered
	WatchUV60s                     int64 // persons who watched 60 s or more in all
	WatchMS                        int64 // visible watch time within the show, summed
	PeakOnline                     int64 // pcu: most persons active in one clock minute on air
	OnlineMinutes                  int64 // persons active in each clock minute on air, summed, for acu
	ClockMinutes                   int64 // clock minutes on air, see [ClockOnAir]: what OnlineMinutes is summed over
	MinutesOnAir                   int64 // minutes from start to end, begun minutes count
	CommentPV, CommentUV           int64 // sent
	CommentShown                   int64 // sent and not taken out of sight
	LikeCount, LikeUV              int64
	SharePV, ShareUV               int64
	FollowGross                    int64 // followed facts
	FollowNet                      int64 // persons whose last word was followed
	InteractUV                     int64 // persons who commented, liked, shared or followed
	ProductExposurePV              int64
	ProductExposureUV              int64
	ProductClickPV, ProductClickUV int64
	CartPV, CartUV                 int64
	CheckoutPV, CheckoutUV         int64
	GiftCount, GiftUV              int64 // of a streak only its end
	CouponClaimUV, PacketUV        int64 // persons who claimed a coupon, and who took a share of a red packet
	DrawEntries, DrawEntryUV       int64 // in lucky draws
	GiftValue                      int64 // minor units of the show's currency, as platforms say
}

// Money is the orders of a show in one currency, from the deltas of the order
// book. Minor units throughout.
type Money struct {
	Currency                                            live.Currency
	Orders, OrdersPaid, OrdersCancelled, OrdersRefunded int64
	SKUOrders, SKUOrdersPaid, ItemsCreated, ItemsPaid   int64
	Buyers                                              int64 // persons with a paid order
	OrderUV                                             int64 // persons with a created order
	Created, Paid, Subsidy                              int64
	RefundGoods, RefundShipping, CancelledPaid          int64
	RefundsOfPayDate/* refunds of orders paid on the show */ int64
	MoneyLife
}

// MoneyLife is what became of the orders beside and after their payment.
type MoneyLife struct {
	GoodsOfPayDate int64 // the goods part of RefundsOfPayDate; like it in no rollup

	// OrdersCancelled by type.
	CancelledUser, CancelledTimeout, CancelledAllRefunded  int64
	CancelledOversold, CancelledMerchant, CancelledForRisk int64

	Settled            int64 // handed over by the platform, subsidies included
	Deposit            int64 // held of presales that are not paid in full
	Balance            int64 // the part of Paid that came as the balance of a presale
	CommissionAccrued  int64 // on payment
	CommissionReversed int64 // of it, with refunds and cancellations
	RefundPreShip      int64 // the part of the refunds that went back before anything was shipped
}

// Refunded is goods and shipping given back.
func (m *Money) Refunded() int64 { return m.RefundGoods + m.RefundShipping }

// Commission is what is owed to whoever brought the buyers.
func (m *Money) Commission() int64 { return m.CommissionAccrued - m.CommissionReversed }

// Net is what the merchant keeps: gmv_net.
func (m *Money) Net() int64 { return m.Paid - m.Refunded() - m.CancelledPaid }

// Funnel is watch → click → cart → checkout → order → pay. UV steps count
// persons who did that step at all within the show.
type Funnel struct {
	Steps []FunnelStep
}

// FunnelStep is one rung with both counts.
type FunnelStep struct {
	Key    string // room_exposed, room_entered, product_clicked, cart_item_added, checkout_started, order_created, order_paid
	PV, UV int64
}

// Minute is one minute of the show, by the server's clock, starting at T.
type Minute struct {
	T        time.Time
	Entered  int64 // room_entered facts of viewers
	Online   int64 // persons active in the minute: entered or heartbeat
	Comments int64
	Likes    int64
	Clicks   int64
	Carts    int64
	Orders   int64
	Paid     int64
	// Complaints are those opened about the show, Breaches the promises of service
	// that were broken in it, see [live.ServiceSLABreached].
	Complaints, Breaches int64
	Money                []MinuteMoney // sorted by currency
}

// MinuteMoney is the money of one minute in one currency.
type MinuteMoney struct {
	Currency                live.Currency
	Created, Paid, Refunded int64 // refunded: goods and shipping
	CancelledPaid           int64
	Settled                 int64
	Deposit, Balance        int64 // presales: what is held changed by, and what came as a balance
	Commission              int64 // accrued less reversed
}

// Net is what the merchant keeps of it.
func (m *MinuteMoney) Net() int64 { return m.Paid - m.Refunded - m.CancelledPaid }

// Product is one product of a show.
type Product struct {
	Product                live.ProductID
	Title                  string // from the shelf, may be empty
	ExposurePV, ExposureUV int64
	ClickPV, ClickUV       int64
	CartPV                 int64
	Pins                   int64
	Explains               int64          // times its explanation began
	Money                  []ProductMoney // sorted by currency
}

// ProductMoney is the money of one product in one currency.
type ProductMoney struct {
	Currency                               live.Currency
	SKUOrders, SKUOrdersPaid, ItemsPaid    int64
	Created, Paid, Refunded, CancelledPaid int64
	// Explained is the part of Paid that came while the product was explained or
	// within [ExplainTail] after, ExplainedSKUs that of SKUOrdersPaid.
	Explained, ExplainedSKUs int64
}

// Source is one channel of arrival. A person belongs to the channel of their
// first entry; their orders too.
type Source struct {
	Channel          string
	WatchPV, WatchUV int64
	Buyers           int64
	Money            []SourceMoney // sorted by currency
}

// SourceMoney is the money of one channel in one currency.
type SourceMoney struct {
	Currency  live.Currency
	Paid, Net int64
}

// Mark is a host command on the time axis.
type Mark struct {
	At      time.Time
	Kind    live.Kind
	Product live.ProductID // of pins, prices, stock and flash sales, else empty
	Text    string         // of announcements, titles of coupons and prizes of draws, else empty
	Actor   string         // who did it: the subject of their token; of what the server does in time, its own
	Role    live.Role
}
