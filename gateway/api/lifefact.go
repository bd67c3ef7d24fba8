package api

import (
	"encoding/json"
	"strconv"

	"showrunner/live"
	"showrunner/live/store"
)

// OrderStep is the data of order_payment_failed, order_part_shipped,
// order_shipped, order_received and order_completed, and of refund_approved,
// refund_rejected and refund_withdrawn: facts that move no money.
type OrderStep struct {
	OrderID    string `json:"order_id"`
	PaymentID  string `json:"payment_id,omitempty" doc:"Required of order_payment_failed."`
	ShipmentID string `json:"shipment_id,omitempty" doc:"Required of order_part_shipped and order_shipped: the parcel, or its tracking number."`
	RefundID   string `json:"refund_id,omitempty" doc:"Required of the facts of a refund."`
	Reason     string `json:"reason,omitempty"`
}

// RefundRequested is the data of refund_requested.
type RefundRequested struct {
	RefundID   string `json:"refund_id"`
	OrderID    string `json:"order_id"`
	LineID     string `json:"line_id,omitempty" doc:"The whole order when left out."`
	RefundType string `json:"refund_type" enum:"refund_only,return_goods"`
	Reason     string `json:"reason,omitempty"`
}

// PresalePaid is the data of presale_deposit_paid and balance_paid. The order
// counts as paid when both are there; a deposit alone is held.
type PresalePaid OrderPaid

// OrderSettled is the data of order_settled.
type OrderSettled struct {
	OrderID      string `json:"order_id"`
	SettlementID string `json:"settlement_id"`
	SettledMinor int64  `json:"settled_minor" doc:"What the platform handed over, its subsidies included."`
	Currency     string `json:"currency"`
}

// PriceChanged is the data of order_price_changed: new amounts of lines, or one
// of the whole order. Of two changes the later stands, ties by change_id.
type PriceChanged struct {
	OrderID    string      `json:"order_id"`
	ChangeID   string      `json:"change_id"`
	Currency   string      `json:"currency"`
	TotalMinor *int64      `json:"total_minor,omitempty" doc:"What the order costs now, spread over its lines; or give lines."`
	Lines      []PriceLine `json:"lines,omitempty"`
}

// PriceLine is the new amounts of one line.
type PriceLine struct {
	LineID        string `json:"line_id"`
	GoodsMinor    int64  `json:"goods_minor"`
	DiscountMinor int64  `json:"discount_minor,omitempty"`
	SubsidyMinor  int64  `json:"subsidy_minor,omitempty"`
	ShippingMinor int64  `json:"shipping_minor,omitempty"`
	TaxMinor      int64  `json:"tax_minor,omitempty"`
}

// ExchangeCreated is the data of exchange_created: one whole line given for
// another SKU.
type ExchangeCreated struct {
	OrderID    string `json:"order_id"`
	ExchangeID string `json:"exchange_id"`
	LineID     string `json:"line_id,omitempty" doc:"Or give old_sku_id."`
	OldSKUID   string `json:"old_sku_id,omitempty"`
	SKUID      string `json:"sku_id" doc:"The new one."`
	ProductID  string `json:"product_id,omitempty" doc:"The same as before when left out."`
	Qty        int64  `json:"qty,omitempty" doc:"Of the new SKU; as before when left out."`
	GoodsMinor int64  `json:"goods_minor,omitempty" doc:"The signed difference in price: more is paid by another order_paid, less goes back by refund_succeeded."`
	Currency   string `json:"currency"`
}

// The shapes of the facts between creation and settlement, made once.
var (
	stepShape      = shapeOf[OrderStep]().open()
	requestedShape = shapeOf[RefundRequested]().open()
	settledShape   = shapeOf[OrderSettled]().open()
	priceShape     = shapeOf[PriceChanged]().open()
	exchangeShape  = shapeOf[ExchangeCreated]().open()
)

// lifeFacts reads the facts between creation and settlement.
var lifeFacts = map[live.Kind]func(json.RawMessage) (store.Fact, error){
	live.DepositPaid: paidFact, live.BalancePaid: paidFact, live.OrderSettled: settledFact,
	live.OrderPriceChanged: priceFact, live.ExchangeCreated: exchangeFact, live.RefundRequested: requestFact,
	live.OrderPaymentFailed: stepFact("payment_id", func(d *OrderStep) string { return d.PaymentID }),
	live.OrderPartShipped:   stepFact("shipment_id", func(d *OrderStep) string { return d.ShipmentID }),
	live.OrderShipped:       stepFact("shipment_id", func(d *OrderStep) string { return d.ShipmentID }),
	live.OrderReceived:      stepFact("", nil),
	live.OrderCompleted:     stepFact("", nil),
	live.RefundApproved:     stepFact("refund_id", func(d *OrderStep) string { return d.RefundID }),
	live.RefundRejected:     stepFact("refund_id", func(d *OrderStep) string { return d.RefundID }),
	live.RefundWithdrawn:    stepFact("refund_id", func(d *OrderStep) string { return d.RefundID }),
}

// stepFact reads a fact that has a name at most.
func stepFact(name string, of func(*OrderStep) string) func(json.RawMessage) (store.Fact, error) {
	return func(data json.RawMessage) (f store.Fact, err error) {
		var d OrderStep
		if err := stepShape.into(data, &d); err != nil {
			return f, err
		}
		f.Order, f.Reason = live.OrderID(d.OrderID), d.Reason
		if err := firstOf(id("order_id", d.OrderID, true), reason(d.Reason)); err != nil || of == nil {
			return f, err
		}
		f.ID = of(&d)
		return f, id(name, f.ID, true)
	}
}

func requestFact(data json.RawMessage) (f store.Fact, err error) {
	var d RefundRequested
	if err := requestedShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.Reason = live.OrderID(d.OrderID), d.RefundID, d.Reason
	f.Refund = live.RefundRequest{Line: d.LineID, Type: live.RefundType(d.RefundType)}
	if !f.Refund.Type.Valid() {
		return f, live.Invalid("invalid_field", "refund_type", "must be refund_only or return_goods")
	}
	return f, firstOf(id("order_id", d.OrderID, true), id("refund_id", d.RefundID, true), id("line_id", d.LineID, false), reason(d.Reason))
}

func settledFact(data json.RawMessage) (f store.Fact, err error) {
	var d OrderSettled
	if err := settledShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.SettledMinor, f.Currency = live.OrderID(d.OrderID), d.SettlementID, d.SettledMinor, live.Currency(d.Currency)
	return f, firstOf(id("order_id", d.OrderID, true), id("settlement_id", d.SettlementID, true), amount("settled_minor", d.SettledMinor), currency(d.Currency))
}

func priceFact(data json.RawMessage) (f store.Fact, err error) {
	var d PriceChanged
	if err := priceShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.Currency = live.OrderID(d.OrderID), d.ChangeID, live.Currency(d.Currency)
	if err := firstOf(id("order_id", d.OrderID, true), id("change_id", d.ChangeID, true), currency(d.Currency)); err != nil {
		return f, err
	}
	switch {
	case (d.TotalMinor == nil) == (len(d.Lines) == 0):
		return f, live.Invalid("invalid_field", "total_minor", "or lines is required, and not both")
	case len(d.Lines) > maxFactLines:
		return f, live.Invalid("invalid_field", "lines", "must be at most %d", maxFactLines)
	case d.TotalMinor != nil:
		f.TotalMinor = *d.TotalMinor
		return f, amount("total_minor", f.TotalMinor)
	}
	seen := map[string]bool{}
	for i, l := range d.Lines {
		at := "lines[" + strconv.Itoa(i) + "]"
		if seen[l.LineID] {
			return f, live.Invalid("invalid_field", at+".line_id", "stands in the change twice")
		}
		seen[l.LineID] = true
		if err := firstOf(id("line_id", l.LineID, true), amount("goods_minor", l.GoodsMinor), amount("discount_minor", l.DiscountMinor),
			amount("subsidy_minor", l.SubsidyMinor), amount("shipping_minor", l.ShippingMinor), amount("tax_minor", l.TaxMinor)); err != nil {
			return f, under(at, err)
		}
		f.Lines = append(f.Lines, live.OrderLine{
			ID: l.LineID, Goods: l.GoodsMinor, Discount: l.DiscountMinor, Subsidy: l.SubsidyMinor, Shipping: l.ShippingMinor, Tax: l.TaxMinor,
		})
	}
	return f, nil
}

func exchangeFact(data json.RawMessage) (f store.Fact, err error) {
	var d ExchangeCreated
	if err := exchangeShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.Currency = live.OrderID(d.OrderID), d.ExchangeID, live.Currency(d.Currency)
	f.Exchange = live.Exchange{
		Line: d.LineID, OldSKU: live.SKUID(d.OldSKUID), Product: live.ProductID(d.ProductID), SKU: live.SKUID(d.SKUID), Qty: d.Qty, Goods: d.GoodsMinor,
	}
	switch {
	case d.LineID == "" && d.OldSKUID == "":
		return f, live.Invalid("invalid_field", "line_id", "or old_sku_id is required")
	case d.Qty < 0 || d.Qty > live.MaxQuantity:
		return f, live.Invalid("invalid_field", "qty", "must be 1 to %d", live.MaxQuantity)
	case d.GoodsMinor < -live.MaxMinor || d.GoodsMinor > live.MaxMinor:
		return f, live.Invalid("invalid_field", "goods_minor", "must be %d to %d", int64(-live.MaxMinor), int64(live.MaxMinor))
	}
	return f, firstOf(id("order_id", d.OrderID, true), id("exchange_id", d.ExchangeID, true), id("line_id", d.LineID, false), id("old_sku_id", d.OldSKUID, false),
		id("sku_id", d.SKUID, true), id("product_id", d.ProductID, false), currency(d.Currency))
}
