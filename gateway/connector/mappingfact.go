package connector

import (
	"slices"

	"showrunner/live"
)

// members a fact may and must have, and those of its lines.
type members struct{ must, may, lineMust, lineMay []string }

// stepMembers are those of a fact that has a time and perhaps a name.
func stepMembers(must []string, may ...string) members {
	return members{must: append([]string{"order_id", "at"}, must...), may: may}
}

// factMembers is every fact a mapping can describe.
var factMembers = map[live.Kind]members{
	live.OrderCreated: {
		[]string{"order_id", "at"},
		[]string{"show_id", "person_id", "channel", "campaign", "payment_type"},
		[]string{"line_id", "sku_id", "qty"},
		[]string{"product_id", "goods", "unit_price", "discount", "subsidy", "shipping", "tax"},
	},
	live.OrderPriceChanged: {
		[]string{"order_id", "at"},
		[]string{"change_id", "total"},
		[]string{"line_id", "goods"},
		[]string{"discount", "subsidy", "shipping", "tax"},
	},
	live.ExchangeCreated:    stepMembers([]string{"exchange_id", "sku_id"}, "line_id", "old_sku_id", "product_id", "qty", "goods"),
	live.OrderPaymentFailed: stepMembers([]string{"payment_id"}, "reason"),
	live.OrderPaid:          stepMembers([]string{"paid"}, "payment_id"),
	live.DepositPaid:        stepMembers([]string{"paid"}, "payment_id"),
	live.BalancePaid:        stepMembers([]string{"paid"}, "payment_id"),
	live.OrderPartShipped:   stepMembers([]string{"shipment_id"}),
	live.OrderShipped:       stepMembers(nil, "shipment_id"),
	live.OrderReceived:      stepMembers(nil),
	live.OrderCompleted:     stepMembers(nil),
	live.OrderCancelled:     stepMembers(nil, "reason", "cancel_type"),
	live.OrderSettled:       stepMembers([]string{"settled"}, "settlement_id"),
	live.RefundRequested:    stepMembers([]string{"refund_id"}, "refund_type", "line_id", "reason"),
	live.RefundApproved:     stepMembers([]string{"refund_id"}, "reason"),
	live.RefundRejected:     stepMembers([]string{"refund_id"}, "reason"),
	live.RefundWithdrawn:    stepMembers([]string{"refund_id"}, "reason"),
	live.RefundSucceeded: {
		[]string{"order_id", "at", "refund_id"},
		[]string{"reason", "goods", "shipping", "line_id", "sku_id"},
		nil,
		[]string{"line_id", "sku_id", "goods", "shipping"},
	},
}

func (m *Mapping) readFacts(f *form) {
	if f.n != nil && f.n.kind == nodeObject && len(f.n.members) == 0 {
		f.fail("must describe one fact at least")
	}
	for _, v := range f.all() {
		kind := live.Kind(v.name)
		known, ok := factMembers[kind]
		if !ok {
			v.fail("%q is not a fact of orders a mapping can describe", clip(v.name))
			continue
		}
		fm := &factMap{fields: map[string]path{}}
		m.facts[kind] = fm
		names := slices.Concat(known.must, known.may)
		hasLines := known.lineMust != nil || known.lineMay != nil
		if hasLines {
			names = append(names, "lines", "line")
		}
		v.object(names...)
		fm.read(fm.fields, v, known.must, known.may)
		fm.alternatives(kind, v)
		if !hasLines {
			continue
		}
		lines, line := v.have("lines"), v.have("line")
		if lines.n == nil && kind == live.OrderCreated {
			v.fail("needs lines and line")
		}
		if (lines.n == nil) != (line.n == nil) {
			v.fail("lines and line belong together")
			continue
		}
		if lines.n == nil {
			continue
		}
		if fm.lines = lines.anyPath(); fm.lines.single() {
			lines.fail("must have [] behind the name of the array")
		}
		fm.line = map[string]path{}
		line.object(slices.Concat(known.lineMust, known.lineMay)...)
		fm.read(fm.line, line, known.lineMust, known.lineMay)
		if kind == live.OrderCreated && (line.have("goods").n == nil) == (line.have("unit_price").n == nil) {
			line.fail("needs either goods, for the whole line, or unit_price")
		}
	}
}

// moneyless reports whether a fact of the kind speaks of no money, and so needs
// no currency.
func moneyless(kind live.Kind) bool {
	for _, name := range []string{"paid", "settled", "goods"} {
		if slices.Contains(factMembers[kind].must, name) || slices.Contains(factMembers[kind].may, name) {
			return false
		}
	}
	return factMembers[kind].lineMust == nil
}

// alternatives checks what a fact may say in one of two ways.
func (fm *factMap) alternatives(kind live.Kind, v *form) {
	switch kind {
	case live.OrderPriceChanged:
		if (v.have("total").n == nil) == (v.have("lines").n == nil) {
			v.fail("needs either total, for the whole order, or lines")
		}
	case live.ExchangeCreated:
		if v.have("line_id").n == nil && v.have("old_sku_id").n == nil {
			v.fail("needs line_id or old_sku_id")
		}
	}
}

func (fm *factMap) read(into map[string]path, v *form, must, may []string) {
	for _, name := range must {
		into[name] = v.need(name).path()
	}
	for _, name := range may {
		if p := v.have(name); p.n != nil {
			into[name] = p.path()
		}
	}
}
