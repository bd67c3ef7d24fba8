package connector

import (
	"showrunner/live"
	"showrunner/live/store"
)

// wechatReturn is what we read of a return, refund or exchange. Amounts are in fen.
type wechatReturn struct {
	ID         word   `json:"after_sale_order_id"`
	Status     string `json:"status"`
	Type       string `json:"type"`
	Order      word   `json:"order_id"`
	CreateTime word   `json:"create_time"`
	UpdateTime word   `json:"update_time"`
	Reason     string `json:"reason"`
	Product    struct {
		SKUID word `json:"sku_id"`
	} `json:"product_info"`
	Refund struct {
		Amount word `json:"amount"`
	} `json:"refund_info"`
	Exchange struct {
		ProductID word  `json:"product_id"`
		OldSKU    word  `json:"old_sku_id"`
		NewSKU    word  `json:"new_sku_id"`
		Count     int64 `json:"product_cnt"`
		OldPrice  word  `json:"old_sku_price"`
		NewPrice  word  `json:"new_sku_price"`
	} `json:"exchange_product_info"`
}

// wechatAsks has the types that ask for money.
var wechatAsks = map[string]live.RefundType{wechatIsMoneyBack: live.RefundOnly, wechatIsReturn: live.ReturnGoods}

// read says what the notice announced. It comes before the answer: what it told
// may not be true there yet, and is asked for again.
func (r *wechatReturn) read(n store.Notice) (d store.Delivery, err error) {
	f := store.Fact{Order: live.OrderID(r.Order)}
	f.ID, f.Currency, f.Reason = string(r.ID), wechatCurrency, short(r.Reason)
	switch {
	case n.State == wechatAsked && r.Type == wechatIsExchange:
		d.Skipped = []string{n.Topic + ": an exchange was asked for"}
		return d, nil
	case n.State == wechatAsked:
		err = r.requested(&f)
	case r.Status == wechatExchanged:
		err = r.exchanged(&f)
	case wechatRefunded(r.Status):
		err = r.refunded(&f)
	default:
		err = away("the return is in status " + clip(r.Status))
	}
	if err == nil {
		d.Facts = []store.Fact{f}
	}
	return d, err
}

func (r *wechatReturn) requested(f *store.Fact) (err error) {
	kind, ok := wechatAsks[r.Type]
	if !ok {
		return live.Invalid("invalid_field", "type", "%q is not a type of return we know", clip(r.Type))
	}
	// The platform numbers goods and not lines; so are the lines of its orders.
	f.Kind, f.Refund = live.RefundRequested, live.RefundRequest{Line: string(r.Product.SKUID), Type: kind}
	f.At, err = unix("create_time", r.CreateTime)
	return err
}

func (r *wechatReturn) refunded(f *store.Fact) error {
	amount, err := fen("amount", r.Refund.Amount)
	if err != nil {
		return err
	}
	f.Kind, f.Refunds = live.RefundSucceeded, []live.RefundLine{{SKU: live.SKUID(r.Product.SKUID), Goods: amount}}
	f.At, err = unix("update_time", r.UpdateTime)
	return err
}

// exchanged reads the goods that were given and taken. The prices are of one
// piece, as those of an order's lines are.
func (r *wechatReturn) exchanged(f *store.Fact) error {
	was, err := fen("old_sku_price", first(r.Exchange.OldPrice, "0"))
	if err != nil {
		return err
	}
	is, err := fen("new_sku_price", first(r.Exchange.NewPrice, "0"))
	if err != nil {
		return err
	}
	if was, err = times(was, r.Exchange.Count); err != nil {
		return err
	}
	if is, err = times(is, r.Exchange.Count); err != nil {
		return err
	}
	f.Kind, f.Exchange = live.ExchangeCreated, live.Exchange{
		OldSKU: live.SKUID(r.Exchange.OldSKU), Product: live.ProductID(r.Exchange.ProductID), SKU: live.SKUID(r.Exchange.NewSKU), Qty: r.Exchange.Count, Goods: is - was,
	}
	f.Reason = ""
	f.At, err = unix("update_time", r.UpdateTime)
	return err
}
