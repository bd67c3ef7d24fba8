package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// WebhookFact is the body of a webhook, after Standard Webhooks. Members that
// are not named here are left alone: platforms send more than we need.
type WebhookFact struct {
	Type      string          `json:"type" enum:"order_created,order_price_changed,exchange_created,order_payment_failed,order_paid,presale_deposit_paid,balance_paid,order_part_shipped,order_shipped,order_received,order_completed,refund_requested,refund_approved,refund_rejected,refund_withdrawn,refund_succeeded,order_cancelled,order_settled"`
	Timestamp Time            `json:"timestamp" doc:"When it happened."`
	Data      json.RawMessage `json:"data" doc:"Members of the type: see OrderCreated, OrderPaid, PresalePaid, OrderCancelled, RefundRequested, RefundSucceeded, PriceChanged, ExchangeCreated and OrderSettled, and OrderStep for the rest."`
}

// OrderCreated is the data of order_created.
type OrderCreated struct {
	OrderID     string        `json:"order_id"`
	ShowID      string        `json:"show_id,omitempty" doc:"In which show it was made, if the platform knows."`
	PersonID    string        `json:"person_id,omitempty" doc:"The buyer; or give user_id, or anonymous_id."`
	UserID      string        `json:"user_id,omitempty"`
	AnonymousID string        `json:"anonymous_id,omitempty"`
	Channel     string        `json:"channel,omitempty"`
	Campaign    string        `json:"campaign,omitempty"`
	Currency    string        `json:"currency"`
	PaymentType string        `json:"payment_type,omitempty" enum:"prepaid,presale,cod,cod_on_order" doc:"When it counts as paid: with the money (also when left out), with deposit and balance, when received, or at once."`
	Lines       []CreatedLine `json:"lines"`
}

// CreatedLine is one SKU of an order; amounts are for the whole line.
type CreatedLine struct {
	LineID        string `json:"line_id"`
	ProductID     string `json:"product_id,omitempty"`
	SKUID         string `json:"sku_id"`
	Qty           int64  `json:"qty"`
	GoodsMinor    int64  `json:"goods_minor" doc:"Price x quantity, before discount."`
	DiscountMinor int64  `json:"discount_minor,omitempty" doc:"Given by the seller."`
	SubsidyMinor  int64  `json:"subsidy_minor,omitempty" doc:"Given by the platform; the buyer does not pay it."`
	ShippingMinor int64  `json:"shipping_minor,omitempty"`
	TaxMinor      int64  `json:"tax_minor,omitempty"`
	CommissionBPS int64  `json:"commission_bps,omitempty" minimum:"0" maximum:"10000" doc:"Of the goods paid for, in hundredths of a per cent."`
}

// OrderPaid is the data of order_paid.
type OrderPaid struct {
	OrderID   string `json:"order_id"`
	PaymentID string `json:"payment_id"`
	PaidMinor int64  `json:"paid_minor"`
	Currency  string `json:"currency"`
}

// OrderCancelled is the data of order_cancelled.
type OrderCancelled struct {
	OrderID    string `json:"order_id"`
	CancelType string `json:"cancel_type" enum:"user,timeout,all_refunded,oversold,merchant,risk"`
	Reason     string `json:"reason,omitempty"`
}

// RefundSucceeded is the data of refund_succeeded.
type RefundSucceeded struct {
	RefundID string         `json:"refund_id"`
	OrderID  string         `json:"order_id"`
	Currency string         `json:"currency"`
	Reason   string         `json:"reason,omitempty"`
	Lines    []RefundedLine `json:"lines"`
}

// RefundedLine is the part of a refund that falls on one line.
type RefundedLine struct {
	LineID        string `json:"line_id,omitempty" doc:"Or give sku_id."`
	SKUID         string `json:"sku_id,omitempty"`
	GoodsMinor    int64  `json:"goods_minor"`
	ShippingMinor int64  `json:"shipping_minor,omitempty"`
}

// The shapes of webhooks, made once.
var (
	factShape      = shapeOf[WebhookFact]().open()
	createdShape   = shapeOf[OrderCreated]().open()
	paidShape      = shapeOf[OrderPaid]().open()
	cancelledShape = shapeOf[OrderCancelled]().open()
	refundedShape  = shapeOf[RefundSucceeded]().open()
)

// maxFactLines bounds the lines of a platform's order, which may be larger than
// one of ours.
const maxFactLines = 500

// maxReason is the longest reason of a cancellation or refund, in characters.
const maxReason = 200

// findShow finds a show by its id.
type findShow func(ctx context.Context, id live.ShowID) (live.Show, error)

// once asks for each show no more than once: a request speaks of many facts and
// few shows.
func (find findShow) once() findShow {
	known := map[live.ShowID]found[live.Show]{}
	return func(ctx context.Context, id live.ShowID) (live.Show, error) {
		f, ok := known[id]
		if !ok {
			f.value, f.err = find(ctx, id)
			known[id] = f
		}
		return f.value, f.err
	}
}

// fact checks one fact of a webhook and reads it.
func (a *API) fact(ctx context.Context, m live.MerchantID, source string, raw json.RawMessage, find findShow) (store.Fact, error) {
	var w WebhookFact
	if err := factShape.into(raw, &w); err != nil {
		return store.Fact{}, err
	}
	if w.Timestamp.After(a.cfg.Now().Add(tolerance)) {
		return store.Fact{}, live.Invalid("invalid_field", "timestamp", "is in the future")
	}
	f, err := decodeFact(live.Kind(w.Type), w.Data)
	if err != nil {
		return f, err
	}
	f.Source, f.At = source, w.Timestamp.UTC().Truncate(time.Millisecond)
	err = locate(ctx, m, &f, find)
	return f, err
}

// locate finds the room of the show a fact names, which must be the merchant's.
func locate(ctx context.Context, m live.MerchantID, f *store.Fact, find findShow) error {
	if f.Show == "" {
		return nil
	}
	s, err := find(ctx, f.Show)
	if isNotFound(err) || err == nil && s.Merchant != m {
		return live.Invalid("show_not_found", "data.show_id", "there is no show %q", clipped(string(f.Show)))
	}
	f.Room = s.Room
	return err
}

// decodeFact reads the data of a type. It is pure: the same text gives the same
// fact or the same refusal.
func decodeFact(kind live.Kind, data json.RawMessage) (store.Fact, error) {
	var f store.Fact
	var err error
	switch kind {
	case live.OrderCreated:
		f, err = createdFact(data)
	case live.OrderPaid:
		f, err = paidFact(data)
	case live.OrderCancelled:
		f, err = cancelledFact(data)
	case live.RefundSucceeded:
		f, err = refundFact(data)
	default:
		read := lifeFacts[kind]
		if read == nil {
			return f, live.Invalid("unknown_type", "type", "%q is not a fact of orders", clipped(string(kind)))
		}
		f, err = read(data)
	}
	if err != nil {
		return f, under("data", err)
	}
	f.Kind = kind
	return f, nil
}

func createdFact(data json.RawMessage) (f store.Fact, err error) {
	var d OrderCreated
	if err := createdShape.into(data, &d); err != nil {
		return f, err
	}
	person := d.PersonID
	if person == "" {
		person = d.UserID
	}
	if person == "" {
		person = d.AnonymousID
	}
	f.Order, f.Show, f.Person = live.OrderID(d.OrderID), live.ShowID(d.ShowID), live.PersonID(person)
	f.Channel, f.Campaign, f.Currency = d.Channel, d.Campaign, live.Currency(d.Currency)
	if f.Payment = live.PaymentType(d.PaymentType); !f.Payment.Valid() {
		return f, live.Invalid("invalid_field", "payment_type", "must be prepaid, presale, cod or cod_on_order")
	}
	if len(d.Lines) < 1 || len(d.Lines) > maxFactLines {
		return f, live.Invalid("invalid_field", "lines", "must be 1 to %d", maxFactLines)
	}
	seen := map[string]bool{}
	for i, l := range d.Lines {
		at := "lines[" + strconv.Itoa(i) + "]"
		if seen[l.LineID] {
			return f, live.Invalid("invalid_field", at+".line_id", "stands in the order twice")
		}
		seen[l.LineID] = true
		if err := l.check(); err != nil {
			return f, under(at, err)
		}
		f.Lines = append(f.Lines, live.OrderLine{
			ID: l.LineID, Product: live.ProductID(l.ProductID), SKU: live.SKUID(l.SKUID), Qty: l.Qty, Goods: l.GoodsMinor,
			Discount: l.DiscountMinor, Subsidy: l.SubsidyMinor, Shipping: l.ShippingMinor, Tax: l.TaxMinor,
			CommissionBPS: l.CommissionBPS,
		})
	}
	if utf8.RuneCountInString(d.Channel) > maxChannel || utf8.RuneCountInString(d.Campaign) > maxCampaign {
		return f, live.Invalid("invalid_field", "channel", "channel and campaign must be at most %d and %d characters", maxChannel, maxCampaign)
	}
	return f, firstOf(id("order_id", d.OrderID, true), id("show_id", d.ShowID, false), id("person_id", d.PersonID, false),
		id("user_id", d.UserID, false), id("anonymous_id", d.AnonymousID, false), currency(d.Currency))
}

func (l *CreatedLine) check() error {
	if l.Qty < 1 || l.Qty > live.MaxQuantity {
		return live.Invalid("invalid_field", "qty", "must be 1 to %d", live.MaxQuantity)
	}
	if l.CommissionBPS < 0 || l.CommissionBPS > live.WholeBPS {
		return live.Invalid("invalid_field", "commission_bps", "must be 0 to %d", live.WholeBPS)
	}
	return firstOf(id("line_id", l.LineID, true), id("product_id", l.ProductID, false), id("sku_id", l.SKUID, true),
		amount("goods_minor", l.GoodsMinor), amount("discount_minor", l.DiscountMinor), amount("subsidy_minor", l.SubsidyMinor),
		amount("shipping_minor", l.ShippingMinor), amount("tax_minor", l.TaxMinor))
}

func paidFact(data json.RawMessage) (f store.Fact, err error) {
	var d OrderPaid
	if err := paidShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.PaidMinor, f.Currency = live.OrderID(d.OrderID), d.PaymentID, d.PaidMinor, live.Currency(d.Currency)
	return f, firstOf(id("order_id", d.OrderID, true), id("payment_id", d.PaymentID, true), amount("paid_minor", d.PaidMinor), currency(d.Currency))
}

func cancelledFact(data json.RawMessage) (f store.Fact, err error) {
	var d OrderCancelled
	if err := cancelledShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.CancelType, f.Reason = live.OrderID(d.OrderID), live.CancelType(d.CancelType), d.Reason
	if !f.CancelType.Valid() {
		return f, live.Invalid("invalid_field", "cancel_type", "must be user, timeout, all_refunded, oversold, merchant or risk")
	}
	return f, firstOf(id("order_id", d.OrderID, true), reason(d.Reason))
}

func refundFact(data json.RawMessage) (f store.Fact, err error) {
	var d RefundSucceeded
	if err := refundedShape.into(data, &d); err != nil {
		return f, err
	}
	f.Order, f.ID, f.Currency, f.Reason = live.OrderID(d.OrderID), d.RefundID, live.Currency(d.Currency), d.Reason
	if len(d.Lines) < 1 || len(d.Lines) > maxFactLines {
		return f, live.Invalid("invalid_field", "lines", "must be 1 to %d", maxFactLines)
	}
	for i, l := range d.Lines {
		err := firstOf(id("line_id", l.LineID, false), id("sku_id", l.SKUID, false), amount("goods_minor", l.GoodsMinor), amount("shipping_minor", l.ShippingMinor))
		if err == nil && l.LineID == "" && l.SKUID == "" {
			err = live.Invalid("invalid_field", "line_id", "or sku_id is required")
		}
		if err != nil {
			return f, under("lines["+strconv.Itoa(i)+"]", err)
		}
		f.Refunds = append(f.Refunds, live.RefundLine{Line: l.LineID, SKU: live.SKUID(l.SKUID), Goods: l.GoodsMinor, Shipping: l.ShippingMinor})
	}
	return f, firstOf(id("order_id", d.OrderID, true), id("refund_id", d.RefundID, true), currency(d.Currency), reason(d.Reason))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func id(field, v string, required bool) error {
	if live.ValidID(v) || v == "" && !required {
		return nil
	}
	return live.Invalid("invalid_field", field, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
}

func amount(field string, v int64) error {
	if v < 0 || v > live.MaxMinor {
		return live.Invalid("invalid_field", field, "must be 0 to %d", int64(live.MaxMinor))
	}
	return nil
}

func currency(code string) error {
	if !live.Currency(code).Valid() {
		return live.Invalid("unknown_currency", "currency", "%q is not an ISO 4217 code we know", clipped(code))
	}
	return nil
}

func reason(s string) error {
	if utf8.RuneCountInString(s) > maxReason {
		return live.Invalid("invalid_field", "reason", "must be at most %d characters", maxReason)
	}
	return nil
}
