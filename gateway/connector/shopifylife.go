package connector

import (
	"cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// shopifyShipment is what we read of an order whose goods left the house.
type shopifyShipment struct {
	ID           word   `json:"id"`
	Test         bool   `json:"test"`
	UpdatedAt    string `json:"updated_at"`
	Fulfillments []struct {
		ID        word   `json:"id"`
		Status    string `json:"status"`
		CreatedAt string `json:"created_at"`
	} `json:"fulfillments"`
}

// fact names the shipment after the last fulfilment that succeeded, and after
// the order where none is told.
func (o *shopifyShipment) fact(topic string) (f store.Fact, skip string, err error) {
	if o.Test {
		return f, "a test order", nil
	}
	f.Order, f.Kind, f.ID = live.OrderID(o.ID), live.OrderShipped, string(o.ID)
	if topic == "orders/partially_fulfilled" {
		f.Kind = live.OrderPartShipped
	}
	for _, x := range o.Fulfillments {
		if x.Status != "success" {
			continue
		}
		at, err := instant("fulfillments.created_at", x.CreatedAt)
		if err != nil {
			return f, "", err
		}
		if !at.Before(f.At) {
			f.At, f.ID = at, string(x.ID)
		}
	}
	if f.At.IsZero() {
		f.At, err = instant("updated_at", o.UpdatedAt)
	}
	return f, "", err
}

// shopifyTransaction is an attempt to move money
// (https://shopify.dev/docs/api/admin-rest/latest/resources/transaction).
type shopifyTransaction struct {
	ID          word   `json:"id"`
	OrderID     word   `json:"order_id"`
	Kind        string `json:"kind"`
	Status      string `json:"status"`
	Test        bool   `json:"test"`
	Message     string `json:"message"`
	ErrorCode   string `json:"error_code"`
	CreatedAt   string `json:"created_at"`
	ProcessedAt string `json:"processed_at"`
}

// fact is a payment that failed. One that succeeded is told by orders/paid and
// refunds/create, with what it was for.
func (t *shopifyTransaction) fact() (f store.Fact, skip string, err error) {
	pays := t.Kind == "sale" || t.Kind == "authorization" || t.Kind == "capture"
	switch {
	case t.Test:
		return f, "a test transaction", nil
	case !pays || t.Status != "failure" && t.Status != "error":
		return f, "no failed payment; money is told by orders/paid and refunds/create", nil
	}
	f.Order, f.Kind, f.ID = live.OrderID(t.OrderID), live.OrderPaymentFailed, string(t.ID)
	f.Reason = short(cmp.Or(t.ErrorCode, t.Message))
	f.At, err = instant("created_at", t.ProcessedAt, t.CreatedAt)
	return f, "", err
}

// shopifyReturn is goods on their way back, before any money. Some of its
// topics have the order inside, others only its number.
type shopifyReturn struct {
	ID    word `json:"id"`
	Order struct {
		ID word `json:"id"`
	} `json:"order"`
	OrderID word `json:"order_id"`
	Lines   []struct {
		Reason string `json:"return_reason"`
		Of     struct {
			Line struct {
				ID word `json:"id"`
			} `json:"line_item"`
		} `json:"fulfillment_line_item"`
	} `json:"return_line_items"`
	Decline struct {
		Reason string `json:"reason"`
	} `json:"decline"`
}

var shopifyReturns = map[string]live.Kind{
	"returns/request": live.RefundRequested, "returns/approve": live.RefundApproved,
	"returns/decline": live.RefundRejected, "returns/cancel": live.RefundWithdrawn,
}

// fact takes the time from the header: the payload has none.
func (r *shopifyReturn) fact(topic, triggered string) (f store.Fact, err error) {
	f.Order, f.Kind, f.ID = live.OrderID(first(r.Order.ID, r.OrderID)), shopifyReturns[topic], string(r.ID)
	if f.At, err = instant(shopifyTriggered, triggered); err != nil {
		return f, err
	}
	switch f.Kind {
	case live.RefundRequested:
		f.Refund.Type = live.ReturnGoods
		if len(r.Lines) == 1 {
			f.Refund.Line, f.Reason = string(r.Lines[0].Of.Line.ID), short(r.Lines[0].Reason)
		}
	case live.RefundRejected:
		f.Reason = short(r.Decline.Reason)
	}
	return f, nil
}
