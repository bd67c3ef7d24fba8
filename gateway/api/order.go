package api

import (
	"context"
	"strconv"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// NewOrder is the body of POST /v1/shows/{show_id}/orders.
type NewOrder struct {
	ClientOrderID string      `json:"client_order_id" doc:"Makes the order idempotent: the same id again returns the first answer." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Lines         []OrderWish `json:"lines" minItems:"1" maxItems:"100"`
	CouponID      string      `json:"coupon_id,omitempty" doc:"A coupon of one's own; what it takes off is divided over the lines it is for."`
	Channel       string      `json:"channel,omitempty" maxLength:"64" doc:"Of the buyer's arrival."`
	Campaign      string      `json:"campaign,omitempty" maxLength:"128"`
}

// OrderWish is one SKU a buyer wants.
type OrderWish struct {
	SKUID string `json:"sku_id"`
	Qty   int64  `json:"qty" minimum:"1" maximum:"9999"`
}

// PlacedOrder answers a placed order. The stock is held until it expires.
type PlacedOrder struct {
	OrderID    string `json:"order_id"`
	State      string `json:"state"`
	TotalMinor int64  `json:"total_minor" doc:"Due, in minor units."`
	Discount   int64  `json:"discount_minor" doc:"Taken off by the coupon; not in total_minor."`
	Currency   string `json:"currency"`
	ExpiresAt  Time   `json:"expires_at,omitzero" doc:"Unpaid until then, the order is cancelled and the stock returns."`
	Replay     bool   `json:"replay" doc:"This is the kept first answer to the same client_order_id."`
}

// Order is an order on the wire: the sum of its facts.
type Order struct {
	OrderID         string      `json:"order_id"`
	MerchantID      string      `json:"merchant_id"`
	ShowID          string      `json:"show_id,omitempty"`
	RoomID          string      `json:"room_id,omitempty"`
	PersonID        string      `json:"person_id,omitempty"`
	Channel         string      `json:"channel,omitempty"`
	Campaign        string      `json:"campaign,omitempty"`
	Currency        string      `json:"currency,omitempty"`
	State           string      `json:"state" enum:"unknown,unpaid,deposit_paid,paid,part_refunded,refunded,cancelled"`
	CreatedAt       Time        `json:"created_at,omitzero"`
	PaidAt          Time        `json:"paid_at,omitzero"`
	CancelledAt     Time        `json:"cancelled_at,omitzero"`
	CancelType      string      `json:"cancel_type,omitempty"`
	DueMinor        int64       `json:"due_minor"`
	PaidMinor       int64       `json:"paid_minor"`
	RefundMinor     int64       `json:"refund_minor"`
	RefundOwedMinor int64       `json:"refund_owed_minor" doc:"Paid for what was cancelled and not given back so far."`
	NetMinor        int64       `json:"net_minor" doc:"Paid less refunded less cancelled."`
	Flags           []string    `json:"flags" doc:"Raised when facts contradict each other."`
	Version         uint32      `json:"version" doc:"Number of distinct facts."`
	Lines           []OrderLine `json:"lines"`

	PaymentType  string `json:"payment_type,omitempty" enum:"prepaid,presale,cod,cod_on_order"`
	Fulfilment   string `json:"fulfilment,omitempty" enum:"part_shipped,shipped,received,completed" doc:"How far the goods have come; left out before the first shipment."`
	ShippedAt    Time   `json:"shipped_at,omitzero" doc:"The first shipment."`
	ReceivedAt   Time   `json:"received_at,omitzero"`
	CompletedAt  Time   `json:"completed_at,omitzero"`
	DepositMinor int64  `json:"deposit_minor" doc:"Presale money of an order that is not paid in full; forfeited when it is cancelled."`
	SettledMinor int64  `json:"settled_minor" doc:"Handed over by the platform."`
}

// OrderLine is one line of an order.
type OrderLine struct {
	LineID              string `json:"line_id,omitempty"`
	ProductID           string `json:"product_id,omitempty"`
	SKUID               string `json:"sku_id,omitempty"`
	Qty                 int64  `json:"qty"`
	GoodsMinor          int64  `json:"goods_minor"`
	DiscountMinor       int64  `json:"discount_minor"`
	SubsidyMinor        int64  `json:"subsidy_minor"`
	ShippingMinor       int64  `json:"shipping_minor"`
	TaxMinor            int64  `json:"tax_minor"`
	DueMinor            int64  `json:"due_minor"`
	PaidMinor           int64  `json:"paid_minor"`
	RefundGoodsMinor    int64  `json:"refund_goods_minor"`
	RefundShippingMinor int64  `json:"refund_shipping_minor"`
	CancelledPaidMinor  int64  `json:"cancelled_paid_minor"`
	NetMinor            int64  `json:"net_minor"`
	DepositMinor        int64  `json:"deposit_minor"`
	SettledMinor        int64  `json:"settled_minor"`
}

// OrderFact is one fact of an order, as it came.
type OrderFact struct {
	Type       string `json:"type"`
	FactID     string `json:"fact_id,omitempty" doc:"Payment or refund id."`
	Source     string `json:"source"`
	At         Time   `json:"at"`
	Currency   string `json:"currency,omitempty"`
	PaidMinor  int64  `json:"paid_minor,omitempty"`
	CancelType string `json:"cancel_type,omitempty"`
	Reason     string `json:"reason,omitempty"`

	SettledMinor int64 `json:"settled_minor,omitempty"`
}

// Aftersale is one refund of an order, from its request to its end. Only
// refund_succeeded moved money.
type Aftersale struct {
	RefundID    string `json:"refund_id"`
	LineID      string `json:"line_id,omitempty"`
	RefundType  string `json:"refund_type,omitempty" enum:"refund_only,return_goods"`
	Reason      string `json:"reason,omitempty"`
	State       string `json:"state" enum:"refund_requested,refund_approved,refund_rejected,refund_withdrawn,refund_succeeded"`
	At          Time   `json:"at"`
	RequestedAt Time   `json:"requested_at,omitzero"`
}

// OrderWithFacts is an order with what it is made of.
type OrderWithFacts struct {
	Order
	PaymentFailures int         `json:"payment_failures" doc:"Payments that were tried and failed."`
	Aftersales      []Aftersale `json:"aftersales"`
	Facts           []OrderFact `json:"facts"`
}

func orderOf(o live.Order) Order {
	w := Order{
		OrderID: string(o.ID), MerchantID: string(o.Merchant), ShowID: string(o.Show), RoomID: string(o.Room), PersonID: string(o.Person),
		Channel: o.Channel, Campaign: o.Campaign, Currency: string(o.Currency), State: string(o.State), CreatedAt: Time{o.CreatedAt},
		PaidAt: Time{o.PaidAt}, CancelledAt: Time{o.CancelledAt}, CancelType: string(o.Cancel), DueMinor: o.Due(),
		PaymentType: string(o.Payment), Fulfilment: string(o.Fulfilment), ShippedAt: Time{o.ShippedAt}, ReceivedAt: Time{o.ReceivedAt},
		CompletedAt: Time{o.CompletedAt},
		Flags:       append([]string{}, o.Flags...), Version: o.Ver, Lines: make([]OrderLine, len(o.Lines)),
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		w.Lines[i] = OrderLine{
			LineID: l.ID, ProductID: string(l.Product), SKUID: string(l.SKU), Qty: l.Qty, GoodsMinor: l.Goods, DiscountMinor: l.Discount,
			SubsidyMinor: l.Subsidy, ShippingMinor: l.Shipping, TaxMinor: l.Tax, DueMinor: l.Created, PaidMinor: l.Paid,
			RefundGoodsMinor: l.RefundGoods, RefundShippingMinor: l.RefundShip, CancelledPaidMinor: l.CancelledPaid, NetMinor: l.Net(),
			DepositMinor: l.Deposit, SettledMinor: l.Settled,
		}
		w.PaidMinor += l.Paid
		w.RefundMinor += l.RefundGoods + l.RefundShip
		w.NetMinor += l.Net()
		w.DepositMinor += l.Deposit
		w.SettledMinor += l.Settled
		w.RefundOwedMinor += l.CancelledPaid
	}
	return w
}

func (a *API) orders() {
	own := []live.Action{live.ActOrderRead, live.ActOrderPlace}
	add(a, Route{
		ID: "place-order", Method: "POST", Path: "/v1/shows/{show_id}/orders", Tag: "Orders", Summary: "Place an order",
		Text:    "The buyer is the token's subject. Reserving the stock and making the order are one step: an order that is answered with 201 has its stock.",
		Actions: []live.Action{live.ActOrderPlace}, status: 201, body: NewOrder{},
		example: map[string]any{"client_order_id": "cart-1", "lines": []any{map[string]any{"sku_id": "p1-red", "qty": 1}}},
	}, a.placeOrder)
	add(a, Route{
		ID: "get-order", Method: "GET", Path: "/v1/orders/{order_id}", Tag: "Orders", Summary: "Read an order with its facts",
		Text: "A viewer reads their own orders only.", Actions: own,
	}, a.getOrder)
	add(a, Route{
		ID: "list-orders", Method: "GET", Path: "/v1/orders", Tag: "Orders", Summary: "List orders",
		Text: "A viewer sees their own orders only. A token limited to rooms must name a show.", Actions: own,
	}, a.listOrders)
	add(a, Route{
		ID: "cancel-order", Method: "POST", Path: "/v1/orders/{order_id}/cancel", Tag: "Orders", Summary: "Cancel an unpaid order of one's own",
		Text: "The stock returns to the shelf.", Actions: []live.Action{live.ActOrderPlace},
	}, a.cancelOrder)
}

type placedOutput struct{ Body PlacedOrder }

func (a *API) placeOrder(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	rawBody
},
) (*placedOutput, error) {
	b, err := decode[NewOrder](in.RawBody)
	if err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	o := live.PlaceOrder{
		ClientID: b.ClientOrderID, Room: s.Room, Show: s.ID, Buyer: p, Channel: b.Channel, Campaign: b.Campaign, Coupon: b.CouponID, At: a.cfg.Now(),
	}
	for _, l := range b.Lines {
		o.Lines = append(o.Lines, live.WantedLine{SKU: live.SKUID(l.SKUID), Qty: l.Qty})
	}
	placed, err := a.cfg.Store.PlaceOrder(ctx, o)
	if err != nil {
		return nil, err
	}
	return &placedOutput{PlacedOrder{
		OrderID: string(placed.ID), State: string(placed.State), TotalMinor: placed.Total, Discount: placed.Discount, Currency: string(placed.Currency),
		ExpiresAt: Time{placed.ExpiresAt}, Replay: placed.Replay,
	}}, nil
}

func (b *NewOrder) check() error {
	if len(b.Lines) < 1 || len(b.Lines) > live.MaxLines {
		return live.Invalid("invalid_field", "lines", "must be 1 to %d", live.MaxLines)
	}
	for i, l := range b.Lines {
		at := "lines[" + strconv.Itoa(i) + "]"
		if err := id("sku_id", l.SKUID, true); err != nil {
			return under(at, err)
		}
		if l.Qty < 1 || l.Qty > live.MaxQuantity {
			return live.Invalid("invalid_field", at+".qty", "must be 1 to %d", live.MaxQuantity)
		}
	}
	if utf8.RuneCountInString(b.Channel) > maxChannel {
		return live.Invalid("invalid_field", "channel", "must be at most %d characters", maxChannel)
	}
	if utf8.RuneCountInString(b.Campaign) > maxCampaign {
		return live.Invalid("invalid_field", "campaign", "must be at most %d characters", maxCampaign)
	}
	return firstOf(id("client_order_id", b.ClientOrderID, true), id("coupon_id", b.CouponID, false))
}

type orderQuery struct {
	OrderID    string `path:"order_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token: order ids are unique within a merchant."`
}

type orderOutput struct{ Body OrderWithFacts }

func (a *API) getOrder(ctx context.Context, p live.Principal, in *orderQuery) (*orderOutput, error) {
	o, facts, err := a.order(ctx, p, in)
	if err != nil {
		return nil, err
	}
	out := OrderWithFacts{Order: orderOf(o), PaymentFailures: o.Failures, Facts: make([]OrderFact, len(facts)), Aftersales: make([]Aftersale, len(o.Aftersales))}
	for i, r := range o.Aftersales {
		out.Aftersales[i] = Aftersale{
			RefundID: r.ID, LineID: r.Line, RefundType: string(r.Type), Reason: r.Reason, State: string(r.State), At: Time{r.At}, RequestedAt: Time{r.RequestedAt},
		}
	}
	for i, f := range facts {
		out.Facts[i] = OrderFact{
			Type: string(f.Kind), FactID: f.ID, Source: f.Source, At: Time{f.At}, Currency: string(f.Currency), PaidMinor: f.PaidMinor,
			CancelType: string(f.CancelType), Reason: f.Reason, SettledMinor: f.SettledMinor,
		}
	}
	return &orderOutput{out}, nil
}

// order finds an order the caller may read. One out of reach does not exist:
// its id says nothing of its room, so even a 403 would tell too much.
func (a *API) order(ctx context.Context, p live.Principal, in *orderQuery) (live.Order, []live.OrderFact, error) {
	missing := notFound("order", in.OrderID)
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return live.Order{}, nil, err
	}
	if !live.ValidID(in.OrderID) {
		return live.Order{}, nil, missing
	}
	o, facts, err := a.cfg.Store.Order(ctx, m, live.OrderID(in.OrderID))
	switch {
	case isNotFound(err):
		return live.Order{}, nil, missing
	case err != nil:
		return live.Order{}, nil, err
	case !p.May(live.ActOrderRead) && string(o.Person) != p.Subject:
		return live.Order{}, nil, missing
	case p.May(live.ActOrderRead) && !p.Sees(o.Merchant, o.Room):
		return live.Order{}, nil, missing
	}
	return o, facts, nil
}

func (a *API) listOrders(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	ShowID     string `query:"show_id" doc:"Of this show only."`
	PersonID   string `query:"person_id" doc:"Of this buyer only."`
	State      string `query:"state" enum:"unknown,unpaid,deposit_paid,paid,part_refunded,refunded,cancelled" doc:"In this state only."`
},
) (*listOutput[Order], error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f := store.OrderFilter{
		Merchant: m, Show: live.ShowID(in.ShowID), Person: live.PersonID(in.PersonID), State: live.OrderState(in.State), Cursor: in.Cursor, Limit: in.Limit,
	}
	if !p.May(live.ActOrderRead) {
		if in.PersonID != "" && in.PersonID != p.Subject {
			return nil, live.Forbidden("role_forbidden", "the role %s may see its own orders only", p.Role)
		}
		f.Person = live.PersonID(p.Subject)
	}
	if in.ShowID != "" {
		if _, err := a.show(ctx, p, f.Show); err != nil {
			return nil, err
		}
	} else if p.Rooms != nil && p.May(live.ActOrderRead) {
		return nil, live.Invalid("invalid_field", "show_id", "is required of a token limited to rooms")
	}
	orders, next, err := a.cfg.Store.Orders(ctx, f)
	if err != nil {
		return nil, err
	}
	return listOf(orders, next, orderOf), nil
}

type cancelledOutput struct{ Body Order }

func (a *API) cancelOrder(ctx context.Context, p live.Principal, in *orderQuery) (*cancelledOutput, error) {
	if _, _, err := a.order(ctx, p, in); err != nil {
		return nil, err
	}
	o, err := a.cfg.Store.CancelOrder(ctx, p.Merchant, live.OrderID(in.OrderID), p, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return &cancelledOutput{orderOf(o)}, nil
}
