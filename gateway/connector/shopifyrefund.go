package connector

import (
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// shopifyRefund is what we read of a refund
// (https://shopify.dev/docs/api/admin-rest/latest/resources/refund).
type shopifyRefund struct {
	ID          word   `json:"id"`
	OrderID     word   `json:"order_id"`
	Note        string `json:"note"`
	CreatedAt   string `json:"created_at"`
	ProcessedAt string `json:"processed_at"`
	Lines       []struct {
		LineID      word         `json:"line_item_id"`
		Quantity    int64        `json:"quantity"`
		Subtotal    word         `json:"subtotal"`
		TotalTax    word         `json:"total_tax"`
		SubtotalSet shopifyMoney `json:"subtotal_set"`
		TaxSet      shopifyMoney `json:"total_tax_set"`
		Line        struct {
			Price word `json:"price"`
		} `json:"line_item"`
	} `json:"refund_line_items"`
	Adjustments []struct {
		Kind      string       `json:"kind"`
		Amount    word         `json:"amount"`
		Tax       word         `json:"tax_amount"`
		AmountSet shopifyMoney `json:"amount_set"`
		TaxSet    shopifyMoney `json:"tax_amount_set"`
	} `json:"order_adjustments"`
	Transactions []struct {
		Kind     string        `json:"kind"`
		Status   string        `json:"status"`
		Amount   word          `json:"amount"`
		Currency live.Currency `json:"currency"`
	} `json:"transactions"`
}

// fact says what came back to the buyer. The transactions are the money; the
// lines and adjustments say for what. Where the two differ (a refund of less or
// more than the goods are worth) the money stands: less is divided over the
// lines, more is left without a line.
func (r *shopifyRefund) fact() (f store.Fact, skip string, err error) {
	f.Kind, f.Order, f.ID, f.Reason = live.RefundSucceeded, live.OrderID(r.OrderID), string(r.ID), short(r.Note)
	if f.At, err = instant("processed_at", r.ProcessedAt, r.CreatedAt); err != nil {
		return f, "", err
	}
	if f.Currency = r.currency(); f.Currency == "" {
		return f, "no currency: nothing was paid back", nil
	}
	money, err := r.money(f.Currency)
	if err != nil {
		return f, "", err
	}
	if money == 0 {
		return f, "no money has come back so far", nil
	}
	goods, taxes, err := r.worth(f.Currency)
	if err != nil {
		return f, "", err
	}
	shipping, shippingTax, err := r.shipping(f.Currency)
	if err != nil {
		return f, "", err
	}
	var net, tax int64
	for i := range goods {
		net, tax = net+goods[i], tax+taxes[i]
	}
	// The payload does not say whether prices include tax; the money does.
	if money != net+shipping {
		for i := range goods {
			goods[i] += taxes[i]
		}
		net, shipping = net+tax, shipping+shippingTax
	}
	shipping = min(shipping, money)
	if money < net+shipping {
		goods = live.SplitMinor(money-shipping, goods)
		net = money - shipping
	}
	for i, l := range r.Lines {
		if goods[i] > 0 {
			f.Refunds = append(f.Refunds, live.RefundLine{Line: string(l.LineID), Goods: goods[i]})
		}
	}
	if rest := money - net - shipping; len(r.Lines) == 0 || rest > 0 || shipping > 0 {
		// Without goods everything beside shipping has no line.
		if len(r.Lines) == 0 {
			rest = money - shipping
		}
		f.Refunds = append(f.Refunds, live.RefundLine{Goods: rest, Shipping: shipping})
	}
	return f, "", nil
}

// currency is the shop's own, as the amounts of lines and adjustments are.
func (r *shopifyRefund) currency() live.Currency {
	for _, l := range r.Lines {
		if c := l.SubtotalSet.Shop.Currency; c != "" {
			return c
		}
	}
	for _, a := range r.Adjustments {
		if c := a.AmountSet.Shop.Currency; c != "" {
			return c
		}
	}
	for _, t := range r.Transactions {
		if t.Currency != "" {
			return t.Currency
		}
	}
	return ""
}

// money is what was paid back in successful transactions.
func (r *shopifyRefund) money(c live.Currency) (int64, error) {
	var texts []word
	for _, t := range r.Transactions {
		if t.Kind != "refund" || t.Status != "success" {
			continue
		}
		if t.Currency != "" && t.Currency != c {
			return 0, live.Invalid("currency_mismatch", "transactions", "the refund is in %s and its lines are in %s", clip(string(t.Currency)), c)
		}
		texts = append(texts, t.Amount)
	}
	sum, err := sumOf(c, texts)
	if err == nil && sum < 0 {
		return 0, live.Invalid("invalid_amount", "transactions", "the sum of refunds is negative")
	}
	return sum, err
}

// worth is what the lines were sold for, and their tax.
func (r *shopifyRefund) worth(c live.Currency) (goods, taxes []int64, err error) {
	goods, taxes = make([]int64, len(r.Lines)), make([]int64, len(r.Lines))
	for i, l := range r.Lines {
		text := l.SubtotalSet.Shop.Amount
		if text == "" {
			text = l.Subtotal
		}
		if text != "" {
			goods[i], err = minor(string(text), c)
		} else if goods[i], err = amount(c, l.Line.Price); err == nil {
			goods[i], err = times(goods[i], l.Quantity)
		}
		if err != nil {
			return nil, nil, err
		}
		if taxes[i], err = amount(c, l.TaxSet.Shop.Amount, l.TotalTax); err != nil {
			return nil, nil, err
		}
		if goods[i] < 0 || taxes[i] < 0 {
			return nil, nil, live.Invalid("invalid_amount", "refund_line_items", "an amount is negative")
		}
	}
	return goods, taxes, nil
}

// shipping is what the adjustments take off the shipping. They are negative.
func (r *shopifyRefund) shipping(c live.Currency) (net, tax int64, err error) {
	var nets, taxes []word
	for _, a := range r.Adjustments {
		if a.Kind != "shipping_refund" {
			continue
		}
		nets = append(nets, first(a.AmountSet.Shop.Amount, a.Amount))
		taxes = append(taxes, first(a.TaxSet.Shop.Amount, a.Tax))
	}
	if net, err = sumOf(c, nets); err != nil {
		return 0, 0, err
	}
	if tax, err = sumOf(c, taxes); err != nil {
		return 0, 0, err
	}
	return max(0, -net), max(0, -tax), nil
}

func first(words ...word) word {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// short keeps a reason within what the order book takes.
func short(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
