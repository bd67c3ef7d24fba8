package connector

import (
	"cmp"
	"strconv"
	"strings"

	"showrunner/live"
	"showrunner/live/store"
)

// reading collects members of one fact; the first thing wrong stands in err.
type reading struct {
	m        *Mapping
	n        *node
	fields   map[string]path
	currency live.Currency
	err      error
}

func (r *reading) text(name string) string {
	p, ok := r.fields[name]
	if !ok {
		return ""
	}
	s, scalar := p.one(r.n).scalar()
	if !scalar {
		r.fail(name, "is no single value")
	}
	return s
}

func (r *reading) fail(name, reason string) {
	if r.err == nil {
		r.err = live.Invalid("invalid_field", r.fields[name].text, "%s: %s", name, reason)
	}
}

func (r *reading) must(name string) string {
	s := r.text(name)
	if s == "" {
		r.fail(name, "is not there")
	}
	return s
}

// money reads an amount; one that is not there is zero.
func (r *reading) money(name string) int64 {
	s := r.text(name)
	if s == "" {
		return 0
	}
	return r.amount(name, s)
}

func (r *reading) amount(name, s string) (n int64) {
	var err error
	if r.m.major {
		n, err = minor(s, r.currency)
	} else {
		n, err = fen(r.fields[name].text, word(s))
	}
	if err != nil || n < 0 {
		r.fail(name, "is not an amount: "+clip(s))
	}
	return n
}

func (r *reading) count(name string) int64 {
	n, err := strconv.ParseInt(r.must(name), 10, 64)
	if err != nil || n < 1 || n > live.MaxQuantity {
		r.fail(name, "is not a quantity")
	}
	return n
}

func (m *Mapping) fact(kind live.Kind, data *node) (store.Fact, error) {
	fm := m.facts[kind]
	r := &reading{m: m, n: data, fields: fm.fields, currency: m.currency}
	if r.currency == "" {
		text, _ := m.moneyIn.one(data).scalar()
		r.currency = live.Currency(text)
		if !r.currency.Valid() && (text != "" || !moneyless(kind)) {
			return store.Fact{}, live.Invalid("unknown_currency", m.moneyIn.text, "%q is not an ISO 4217 code we know", clip(text))
		}
	}
	f := store.Fact{Order: live.OrderID(r.must("order_id"))}
	f.Kind, f.Currency = kind, r.currency
	var err error
	if f.At, err = m.clock.read(r.must("at")); err != nil {
		r.fail("at", "is not a time of the declared form")
	}
	m.say(&f, fm, r, data)
	return f, r.err
}

// say reads the members of a kind. A fact whose platform gives it no name is
// named after its order, of which it is the only one then.
func (m *Mapping) say(f *store.Fact, fm *factMap, r *reading, data *node) {
	order := string(f.Order)
	switch f.Kind {
	case live.OrderCreated:
		f.Show, f.Person = live.ShowID(r.text("show_id")), live.PersonID(r.text("person_id"))
		f.Channel, f.Campaign, f.Payment = r.text("channel"), r.text("campaign"), m.payments.of(r.text("payment_type"))
		f.Lines = fm.created(r, data)
	case live.OrderPaid, live.DepositPaid, live.BalancePaid:
		r.must("paid")
		f.PaidMinor, f.ID = r.money("paid"), cmp.Or(r.text("payment_id"), order)
	case live.OrderPaymentFailed:
		f.ID, f.Reason = r.must("payment_id"), short(r.text("reason"))
	case live.OrderPriceChanged:
		// The instant names a change that has no other name.
		f.ID = cmp.Or(r.text("change_id"), strconv.FormatInt(f.At.UnixMilli(), 10))
		if _, whole := r.fields["total"]; whole {
			r.must("total")
			f.TotalMinor = r.money("total")
		} else if f.Lines = fm.priced(r, data); len(f.Lines) == 0 {
			r.fail("lines", "has no line")
		}
	case live.ExchangeCreated:
		f.ID, f.Exchange = r.must("exchange_id"), r.exchange()
	case live.OrderPartShipped:
		f.ID = r.must("shipment_id")
	case live.OrderShipped:
		f.ID = cmp.Or(r.text("shipment_id"), order)
	case live.OrderSettled:
		r.must("settled")
		f.SettledMinor, f.ID = r.money("settled"), cmp.Or(r.text("settlement_id"), order)
	case live.OrderCancelled:
		f.Reason, f.CancelType = short(r.text("reason")), m.cancels.of(r.text("cancel_type"))
	case live.RefundRequested:
		f.ID, f.Reason = r.must("refund_id"), short(r.text("reason"))
		f.Refund = live.RefundRequest{Line: r.text("line_id"), Type: m.refunds.of(r.text("refund_type"))}
	case live.RefundApproved, live.RefundRejected, live.RefundWithdrawn:
		f.ID, f.Reason = r.must("refund_id"), short(r.text("reason"))
	case live.RefundSucceeded:
		f.ID, f.Reason = r.must("refund_id"), short(r.text("reason"))
		f.Refunds = fm.refunded(r, data)
	}
}

// exchange reads goods given for others; the difference in price may be negative.
func (r *reading) exchange() live.Exchange {
	e := live.Exchange{
		Line: r.text("line_id"), OldSKU: live.SKUID(r.text("old_sku_id")), Product: live.ProductID(r.text("product_id")), SKU: live.SKUID(r.must("sku_id")),
	}
	if r.text("qty") != "" {
		e.Qty = r.count("qty")
	}
	if text, less := strings.CutPrefix(r.text("goods"), "-"); text != "" {
		if e.Goods = r.amount("goods", text); less {
			e.Goods = -e.Goods
		}
	}
	return e
}

// priced reads the new amounts of lines.
func (fm *factMap) priced(r *reading, data *node) (out []live.OrderLine) {
	for _, item := range fm.lines.all(data) {
		l := &reading{m: r.m, n: item, fields: fm.line, currency: r.currency}
		l.must("goods")
		out = append(out, live.OrderLine{
			ID: l.must("line_id"), Goods: l.money("goods"), Discount: l.money("discount"), Subsidy: l.money("subsidy"), Shipping: l.money("shipping"), Tax: l.money("tax"),
		})
		if r.err == nil {
			r.err = l.err
		}
	}
	return out
}

func (fm *factMap) created(r *reading, data *node) (out []live.OrderLine) {
	for _, item := range fm.lines.all(data) {
		l := &reading{m: r.m, n: item, fields: fm.line, currency: r.currency}
		line := live.OrderLine{
			ID: l.must("line_id"), Product: live.ProductID(l.text("product_id")), SKU: live.SKUID(l.must("sku_id")), Qty: l.count("qty"),
			Goods: l.money("goods"), Discount: l.money("discount"), Subsidy: l.money("subsidy"), Shipping: l.money("shipping"), Tax: l.money("tax"),
		}
		if _, unit := fm.line["unit_price"]; unit {
			goods, err := times(l.money("unit_price"), line.Qty)
			if err != nil {
				l.fail("unit_price", "the line is beyond the largest amount")
			}
			line.Goods = goods
		}
		if out = append(out, line); r.err == nil {
			r.err = l.err
		}
	}
	return out
}

// refunded reads the lines of a refund, or the refund as a whole.
func (fm *factMap) refunded(r *reading, data *node) (out []live.RefundLine) {
	if fm.line == nil {
		return []live.RefundLine{{Line: r.text("line_id"), SKU: live.SKUID(r.text("sku_id")), Goods: r.money("goods"), Shipping: r.money("shipping")}}
	}
	for _, item := range fm.lines.all(data) {
		l := &reading{m: r.m, n: item, fields: fm.line, currency: r.currency}
		out = append(out, live.RefundLine{Line: l.text("line_id"), SKU: live.SKUID(l.text("sku_id")), Goods: l.money("goods"), Shipping: l.money("shipping")})
		if r.err == nil {
			r.err = l.err
		}
	}
	return out
}
