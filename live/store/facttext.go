package store

import (
	"crypto/sha256"
	"encoding/hex"

	"showrunner/live"
)

// encodeFact gives the bytes kept of a fact and the hash that names its content.
func encodeFact(f *live.OrderFact) (body, hash string) {
	var t live.JSONText
	appendFact(&t, f)
	sum := sha256.Sum256(t)
	return string(t), hex.EncodeToString(sum[:16])
}

// appendFact writes a storedFact.
func appendFact(t *live.JSONText, f *live.OrderFact) {
	t.Open()
	t.String("kind", string(f.Kind))
	t.Text("id", f.ID)
	t.Text("source", f.Source)
	t.Int("at", ms(f.At))
	t.Text("currency", string(f.Currency))
	t.Text("show", string(f.Show))
	t.Text("room", string(f.Room))
	t.Text("person", string(f.Person))
	t.Text("channel", f.Channel)
	t.Text("campaign", f.Campaign)
	if len(f.Lines) > 0 {
		t.Name("lines")
		appendFactLines(t, f.Lines)
	}
	t.Count("paid", f.PaidMinor)
	t.Text("cancel", string(f.CancelType))
	if len(f.Refunds) > 0 {
		t.Name("refunds")
		sep := byte('[')
		for _, r := range f.Refunds {
			*t = append(*t, sep)
			t.Open()
			// An object of which every member may be left out.
			t.Text("line_id", r.Line)
			t.Text("sku_id", string(r.SKU))
			t.Count("goods_minor", r.Goods)
			t.Count("shipping_minor", r.Shipping)
			t.Close()
			sep = ','
		}
		*t = append(*t, ']')
	}
	t.Text("reason", f.Reason)
	t.Text("payment_type", string(f.Payment))
	t.Count("settled", f.SettledMinor)
	t.Count("total", f.TotalMinor)
	if f.Kind == live.ExchangeCreated {
		t.Name("exchange")
		appendExchange(t, &f.Exchange)
	}
	t.Text("refund_line", f.Refund.Line)
	t.Text("refund_type", string(f.Refund.Type))
	t.Close()
}

// appendFactLines writes an array of storedLine.
func appendFactLines(t *live.JSONText, lines []live.OrderLine) {
	*t = append(*t, '[')
	for i := range lines {
		l := &lines[i]
		if i > 0 {
			*t = append(*t, ',')
		}
		t.Open()
		t.String("line_id", l.ID)
		t.Text("product_id", string(l.Product))
		t.String("sku_id", string(l.SKU))
		t.Int("qty", l.Qty)
		t.Int("goods_minor", l.Goods)
		t.Count("discount_minor", l.Discount)
		t.Count("subsidy_minor", l.Subsidy)
		t.Count("shipping_minor", l.Shipping)
		t.Count("tax_minor", l.Tax)
		t.Count("commission_bps", l.CommissionBPS)
		t.Close()
	}
	*t = append(*t, ']')
}

// appendExchange writes a storedExchange.
func appendExchange(t *live.JSONText, x *live.Exchange) {
	t.Open()
	t.Text("line_id", x.Line)
	t.Text("old_sku_id", string(x.OldSKU))
	t.Text("product_id", string(x.Product))
	t.String("sku_id", string(x.SKU))
	t.Count("qty", x.Qty)
	t.Count("goods_minor", x.Goods)
	t.Close()
}

// orderEvent is the event that one fact makes, with the deltas it caused.
func orderEvent(o *live.Order, f *live.OrderFact, by live.Actor, id live.EventID, rehearsal bool, deltas []live.Delta) live.Event {
	var t live.JSONText
	appendOrderData(&t, o, f, deltas)
	return live.Event{
		ID: id, Kind: f.Kind, Source: f.Source, Merchant: o.Merchant, Room: o.Room, Show: o.Show, Actor: by,
		Person: o.Person, Channel: o.Channel, Campaign: o.Campaign, Rehearsal: rehearsal, OccurredAt: f.At, Data: []byte(t),
	}
}

// appendOrderData writes the data of the event of a fact: its members in the
// order of their names, and the deltas after them.
func appendOrderData(t *live.JSONText, o *live.Order, f *live.OrderFact, deltas []live.Delta) {
	t.Open()
	t.String("at", stamp(f.At))
	t.Text("campaign", o.Campaign)
	if f.Kind == live.OrderCancelled {
		t.String("cancel_type", string(f.CancelType))
	}
	t.Text("channel", o.Channel)
	t.String("currency", string(o.Currency))
	if f.Kind == live.ExchangeCreated {
		t.Name("exchange")
		appendExchange(t, &f.Exchange)
	}
	t.Text("fact_id", f.ID)
	for i, flag := range o.Flags {
		if i == 0 {
			t.Name("flags")
			*t = append(*t, '[')
		} else {
			*t = append(*t, ',')
		}
		*t = append(append(append(*t, '"'), flag...), '"')
		if i == len(o.Flags)-1 {
			*t = append(*t, ']')
		}
	}
	t.Text("fulfilment", string(o.Fulfilment))
	if f.Kind == live.OrderCreated || f.Kind == live.OrderPriceChanged && len(f.Lines) > 0 {
		t.Name("lines")
		appendFactLines(t, f.Lines)
	}
	t.String("order_id", string(o.ID))
	t.String("order_state", string(o.State))
	if f.Kind == live.OrderPaid || f.Kind == live.DepositPaid || f.Kind == live.BalancePaid {
		t.Int("paid_minor", f.PaidMinor)
	}
	t.Text("person_id", string(o.Person))
	t.Text("reason", f.Reason)
	switch f.Kind {
	case live.RefundSucceeded:
		var sum int64
		for _, r := range f.Refunds {
			sum += r.Goods + r.Shipping
		}
		t.Int("refund_minor", sum)
	case live.RefundRequested:
		t.String("refund_type", string(f.Refund.Type))
	case live.OrderSettled:
		t.Int("settled_minor", f.SettledMinor)
	}
	t.Int("total_minor", o.Due())
	t.Int("ver", int64(o.Ver))
	t.Name("deltas")
	*t = live.AppendDeltas(*t, deltas)
	t.Close()
}
