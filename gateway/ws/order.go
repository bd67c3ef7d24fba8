package ws

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"showrunner/live"
)

type placeOrderJSON struct {
	ClientOrderID string `json:"client_order_id"`
	CouponID      string `json:"coupon_id"`
	Lines         []struct {
		SKU live.SKUID `json:"sku_id"`
		Qty int64      `json:"qty"`
	} `json:"lines"`
}

type placedJSON struct {
	OrderID   live.OrderID    `json:"order_id"`
	State     live.OrderState `json:"state"`
	Total     int64           `json:"total_minor"`
	Discount  int64           `json:"discount_minor,omitempty"`
	Currency  live.Currency   `json:"currency"`
	ExpiresAt string          `json:"expires_at"`
}

// placeOrder reserves stock. It is idempotent by client_order_id.
func (c *conn) placeOrder(q request, now time.Time) (any, error) {
	if !c.who.May(live.ActOrderPlace) {
		return nil, live.Forbidden("forbidden", "this role places no orders")
	}
	var d placeOrderJSON
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	if err := named("client_order_id", d.ClientOrderID); err != nil {
		return nil, err
	}
	if len(d.Lines) == 0 || len(d.Lines) > live.MaxLines {
		return nil, live.Invalid("invalid_field", "data.lines", "must be 1 to %d lines", live.MaxLines)
	}
	o := live.PlaceOrder{
		ClientID: d.ClientOrderID, Room: c.room.ID, Buyer: c.who, Channel: c.channel, Campaign: c.campaign,
		Coupon: d.CouponID, Lines: make([]live.WantedLine, 0, len(d.Lines)), At: now,
	}
	for _, l := range d.Lines {
		o.Lines = append(o.Lines, live.WantedLine{SKU: l.SKU, Qty: l.Qty})
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	p, err := c.srv.deps.Store.PlaceOrder(ctx, o)
	if err != nil {
		return nil, underData(err)
	}
	return placedJSON{OrderID: p.ID, State: p.State, Total: p.Total, Discount: p.Discount, Currency: p.Currency, ExpiresAt: stamp(p.ExpiresAt)}, nil
}

// cancelOrder gives up an unpaid order of one's own.
func (c *conn) cancelOrder(q request, now time.Time) (any, error) {
	var d struct {
		OrderID string `json:"order_id"`
	}
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	if err := named("order_id", d.OrderID); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	o, err := c.srv.deps.Store.CancelOrder(ctx, c.room.Merchant, live.OrderID(d.OrderID), c.who, now)
	if err != nil {
		return nil, err
	}
	return map[string]any{"order_id": o.ID, "state": o.State}, nil
}

// named refuses an identifier that is missing or malformed.
func named(field, id string) error {
	if live.ValidID(id) {
		return nil
	}
	return live.Invalid("invalid_field", "data."+field, "is required, 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
}

// strict decodes an object and refuses members it does not know: a misspelt
// field of an order must not be ignored.
func strict(data json.RawMessage, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return live.Invalid("invalid_field", "data", "has a member that is unknown or of the wrong type")
	}
	if _, err := dec.Token(); err != io.EOF {
		return live.Invalid("malformed_json", "data", "must be one JSON object")
	}
	return nil
}
