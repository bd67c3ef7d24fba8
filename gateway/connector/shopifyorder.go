package connector

import (
	"strings"

	"showrunner/live"
	"showrunner/live/store"
)

// shopifyOrder is what we read of an order
// (https://shopify.dev/docs/api/admin-rest/latest/resources/order). Amounts of
// lines are in the shop's currency, which is Currency.
type shopifyOrder struct {
	ID            word          `json:"id"`
	Test          bool          `json:"test"`
	Currency      live.Currency `json:"currency"`
	CreatedAt     string        `json:"created_at"`
	ProcessedAt   string        `json:"processed_at"`
	UpdatedAt     string        `json:"updated_at"`
	CancelledAt   string        `json:"cancelled_at"`
	CancelReason  string        `json:"cancel_reason"`
	TotalPrice    word          `json:"total_price"`
	TotalTax      word          `json:"total_tax"`
	Outstanding   word          `json:"total_outstanding"`
	TaxesIncluded bool          `json:"taxes_included"`
	Customer      struct {
		ID word `json:"id"`
	} `json:"customer"`
	Notes []struct {
		Name  string `json:"name"`
		Value word   `json:"value"`
	} `json:"note_attributes"`
	Lines     []shopifyLine     `json:"line_items"`
	Shippings []shopifyShipping `json:"shipping_lines"`
}

type shopifyLine struct {
	ID            word              `json:"id"`
	ProductID     word              `json:"product_id"`
	VariantID     word              `json:"variant_id"`
	SKU           string            `json:"sku"`
	Quantity      int64             `json:"quantity"`
	Price         word              `json:"price"`
	TotalDiscount word              `json:"total_discount"`
	Allocations   []shopifyDiscount `json:"discount_allocations"`
	Taxes         []shopifyTax      `json:"tax_lines"`
}

type shopifyShipping struct {
	Price       word              `json:"price"`
	Allocations []shopifyDiscount `json:"discount_allocations"`
	Taxes       []shopifyTax      `json:"tax_lines"`
}

type shopifyDiscount struct {
	Amount word `json:"amount"`
}

type shopifyTax struct {
	Price word `json:"price"`
}

// Names of note attributes a shop's checkout can set, so that an order is known
// to be of a show.
const (
	noteShow     = "showrunner_show_id"
	notePerson   = "showrunner_person_id"
	noteChannel  = "showrunner_channel"
	noteCampaign = "showrunner_campaign"
)

// shopifyCancels has the reasons of Order.cancel_reason.
var shopifyCancels = map[string]live.CancelType{
	"customer": live.CancelUser, "inventory": live.CancelOversold, "fraud": live.CancelRisk,
	"declined": live.CancelMerchant, "staff": live.CancelMerchant, "other": live.CancelMerchant, "": live.CancelMerchant,
}

func (o *shopifyOrder) fact(topic string) (f store.Fact, skip string, err error) {
	if o.Test {
		return f, "a test order", nil
	}
	f.Order, f.Currency = live.OrderID(o.ID), o.Currency
	switch topic {
	case "orders/create":
		f.Kind = live.OrderCreated
		if f.At, err = instant("created_at", o.CreatedAt); err != nil {
			return f, "", err
		}
		o.hints(&f)
		f.Lines, err = o.lines()
	case "orders/paid":
		f.Kind, f.ID = live.OrderPaid, string(o.ID)
		if f.At, err = instant("updated_at", o.UpdatedAt, o.ProcessedAt, o.CreatedAt); err != nil {
			return f, "", err
		}
		var open int64
		if f.PaidMinor, err = amount(o.Currency, o.TotalPrice); err != nil {
			return f, "", err
		}
		open, err = amount(o.Currency, o.Outstanding)
		f.PaidMinor -= open
	case "orders/cancelled":
		f.Kind, f.Reason = live.OrderCancelled, o.CancelReason
		f.At, err = instant("cancelled_at", o.CancelledAt)
		if f.CancelType = shopifyCancels[o.CancelReason]; f.CancelType == "" {
			f.CancelType = live.CancelMerchant
		}
	}
	return f, "", err
}

// hints says who bought and in which show, if the shop tells.
func (o *shopifyOrder) hints(f *store.Fact) {
	f.Person = live.PersonID(o.Customer.ID)
	for _, n := range o.Notes {
		switch n.Name {
		case noteShow:
			f.Show = live.ShowID(n.Value)
		case notePerson:
			f.Person = live.PersonID(n.Value)
		case noteChannel:
			f.Channel = string(n.Value)
		case noteCampaign:
			f.Campaign = string(n.Value)
		}
	}
}

// lines reads the goods, and divides shipping over them by largest remainder.
func (o *shopifyOrder) lines() ([]live.OrderLine, error) {
	out := make([]live.OrderLine, len(o.Lines))
	weights := make([]int64, len(o.Lines))
	for i, l := range o.Lines {
		price, err := amount(o.Currency, l.Price)
		if err != nil {
			return nil, err
		}
		goods, err := times(price, l.Quantity)
		if err != nil {
			return nil, err
		}
		discounts := allocated(l.Allocations)
		if len(discounts) == 0 {
			discounts = []word{l.TotalDiscount}
		}
		discount, err := sumOf(o.Currency, discounts)
		if err != nil {
			return nil, err
		}
		tax, err := o.tax(l.Taxes)
		if err != nil {
			return nil, err
		}
		out[i] = live.OrderLine{
			ID: string(l.ID), Product: live.ProductID(l.ProductID), SKU: l.sku(), Qty: l.Quantity, Goods: goods, Discount: discount, Tax: tax,
		}
		weights[i] = goods
	}
	var shipping, shippingTax int64
	for _, s := range o.Shippings {
		price, err := amount(o.Currency, s.Price)
		if err != nil {
			return nil, err
		}
		off, err := sumOf(o.Currency, allocated(s.Allocations))
		if err != nil {
			return nil, err
		}
		tax, err := o.tax(s.Taxes)
		if err != nil {
			return nil, err
		}
		if shipping, shippingTax = shipping+price-off, shippingTax+tax; shipping > live.MaxMinor || shippingTax > live.MaxMinor {
			return nil, live.Invalid("invalid_amount", "shipping_lines", "the sum is beyond the largest amount")
		}
	}
	told := shippingTax
	for i := range out {
		told += out[i].Tax
	}
	if told == 0 && !o.TaxesIncluded {
		// Only the whole order's tax is told.
		var err error
		if shippingTax, err = amount(o.Currency, o.TotalTax); err != nil {
			return nil, err
		}
	}
	taxes := live.SplitMinor(shippingTax, weights)
	for i, share := range live.SplitMinor(shipping, weights) {
		out[i].Shipping = share
		out[i].Tax += taxes[i]
	}
	return out, nil
}

// tax is what stands beside the price; included tax is in the price.
func (o *shopifyOrder) tax(lines []shopifyTax) (int64, error) {
	if o.TaxesIncluded {
		return 0, nil
	}
	texts := make([]word, len(lines))
	for i, t := range lines {
		texts[i] = t.Price
	}
	return sumOf(o.Currency, texts)
}

func allocated(list []shopifyDiscount) []word {
	texts := make([]word, len(list))
	for i, d := range list {
		texts[i] = d.Amount
	}
	return texts
}

// sku is the merchant's own number where it can be one of ours, else the
// variant's, else that of the line: custom items have neither.
func (l *shopifyLine) sku() live.SKUID {
	for _, s := range []string{strings.TrimSpace(l.SKU), string(l.VariantID)} {
		if live.ValidID(s) {
			return live.SKUID(s)
		}
	}
	return live.SKUID(l.ID)
}
