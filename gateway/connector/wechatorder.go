package connector

import (
	"strconv"

	"showrunner/live"
	"showrunner/live/store"
)

// wechatOrder is what we read of an order. Amounts are in fen; RealPrice is
// what was paid for all pieces of a line.
type wechatOrder struct {
	ID         word `json:"order_id"`
	Status     word `json:"status"`
	CreateTime word `json:"create_time"`
	UpdateTime word `json:"update_time"`
	OpenID     word `json:"openid"`
	Detail     struct {
		Products []wechatProduct `json:"product_infos"`
		Pay      struct {
			Time          word `json:"pay_time"`
			TransactionID word `json:"transaction_id"`
		} `json:"pay_info"`
		Price struct {
			Order      word `json:"order_price"`
			Freight    word `json:"freight"`
			Discounted word `json:"discounted_price"`
		} `json:"price_info"`
	} `json:"order_detail"`
}

type wechatProduct struct {
	ProductID word  `json:"product_id"`
	SKUID     word  `json:"sku_id"`
	Count     int64 `json:"sku_cnt"`
	SalePrice word  `json:"sale_price"`
	RealPrice word  `json:"real_price"`
}

// Statuses of an order that is cancelled.
var wechatStatuses = map[word]live.CancelType{"190": live.CancelOversold, "200": live.CancelAllRefunded, "250": live.CancelTimeout}

// about says what was asked for: the new price where that is what changed, else
// all that the order tells.
func (o *wechatOrder) about(n store.Notice) ([]store.Fact, error) {
	if n.Topic != wechatExtra {
		return o.facts()
	}
	changed := store.Fact{Order: live.OrderID(o.ID)}
	// A change has no number of its own; its instant names it.
	changed.Kind, changed.Currency, changed.ID = live.OrderPriceChanged, wechatCurrency, string(o.UpdateTime)
	var err error
	if changed.At, err = unix("update_time", o.UpdateTime); err != nil {
		return nil, err
	}
	if changed.TotalMinor, err = fen("order_price", o.Detail.Price.Order); err != nil {
		return nil, err
	}
	return []store.Fact{changed}, nil
}

// facts says all that the order tells: that it was made, whether it was paid
// and whether it was cancelled. Said before, they are duplicates.
func (o *wechatOrder) facts() ([]store.Fact, error) {
	created := store.Fact{Order: live.OrderID(o.ID)}
	created.Kind, created.Currency, created.Person = live.OrderCreated, wechatCurrency, live.PersonID(o.OpenID)
	var err error
	if created.At, err = unix("create_time", o.CreateTime); err != nil {
		return nil, err
	}
	if created.Lines, err = o.lines(); err != nil {
		return nil, err
	}
	facts := []store.Fact{created}
	if t := o.Detail.Pay.Time; t != "" && t != "0" {
		paid := store.Fact{Order: created.Order}
		paid.Kind, paid.Currency, paid.ID = live.OrderPaid, wechatCurrency, string(first(o.Detail.Pay.TransactionID, o.ID))
		if paid.At, err = unix("pay_time", t); err != nil {
			return nil, err
		}
		if paid.PaidMinor, err = fen("order_price", o.Detail.Price.Order); err != nil {
			return nil, err
		}
		facts = append(facts, paid)
	}
	if cancel, ok := wechatStatuses[o.Status]; ok {
		cancelled := store.Fact{Order: created.Order}
		cancelled.Kind, cancelled.Currency, cancelled.CancelType = live.OrderCancelled, wechatCurrency, cancel
		if cancelled.At, err = unix("update_time", o.UpdateTime); err != nil {
			return nil, err
		}
		facts = append(facts, cancelled)
	}
	return facts, nil
}

// lines reads the goods. Where a line does not tell what was paid for it, the
// order's discount is divided over all lines by largest remainder.
func (o *wechatOrder) lines() ([]live.OrderLine, error) {
	out := make([]live.OrderLine, len(o.Detail.Products))
	weights := make([]int64, len(out))
	told := true
	names := map[string]int{}
	for i, p := range o.Detail.Products {
		price, err := fen("sale_price", p.SalePrice)
		if err != nil {
			return nil, err
		}
		if weights[i], err = times(price, p.Count); err != nil {
			return nil, err
		}
		out[i] = live.OrderLine{ID: string(p.SKUID), Product: live.ProductID(p.ProductID), SKU: live.SKUID(p.SKUID), Qty: p.Count, Goods: weights[i]}
		// The platform numbers goods and not lines.
		if names[out[i].ID]++; names[out[i].ID] > 1 {
			out[i].ID += ":" + strconv.Itoa(names[string(p.SKUID)])
		}
		if p.RealPrice == "" {
			told = false
			continue
		}
		real, err := fen("real_price", p.RealPrice)
		if err != nil {
			return nil, err
		}
		out[i].Discount = max(0, weights[i]-real)
	}
	var discount, freight int64
	var err error
	if d := o.Detail.Price.Discounted; d != "" && !told {
		if discount, err = fen("discounted_price", d); err != nil {
			return nil, err
		}
	}
	if f := o.Detail.Price.Freight; f != "" {
		if freight, err = fen("freight", f); err != nil {
			return nil, err
		}
	}
	discounts := live.SplitMinor(discount, weights)
	for i, share := range live.SplitMinor(freight, weights) {
		out[i].Shipping = share
		if !told {
			out[i].Discount = discounts[i]
		}
	}
	return out, nil
}
