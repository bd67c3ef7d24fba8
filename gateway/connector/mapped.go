package connector

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// mapped is the connector whose platform a [Mapping] describes.
type mapped struct{ requery }

func (mapped) Name() string { return "mapping" }

func (mapped) Seal(s Settings) (string, error) {
	m, err := ParseMapping([]byte(s[SettingMapping]))
	if err != nil {
		return "", err
	}
	needed := []string{SettingSecret, SettingMapping}
	if m.app.set || slices.ContainsFunc(m.sign.template, func(p piece) bool { return p.kind == pieceApp }) {
		needed = append(needed, SettingAppID)
	}
	return seal(s, needed, nil)
}

func (mapped) Challenge(sealed string, query func(string) string) (string, error) {
	return plain{}.Challenge(sealed, query)
}

func (mapped) Verify(sealed string, header, query func(string) string, body []byte, now time.Time) error {
	s := unseal(sealed)
	m, err := ParseMapping([]byte(s[SettingMapping]))
	if err != nil {
		return forged("the integration has no mapping")
	}
	if err := m.sign.verify(s, header, query, body, now); err != nil {
		return err
	}
	if !m.app.set {
		return nil
	}
	app := m.app.outside(header, query)
	if m.app.header == "" && m.app.query == "" {
		if root, err := parse(body); err == nil {
			app, _ = m.app.path.one(root).scalar()
		}
	}
	if app != s[SettingAppID] {
		return forged("the delivery is of another app")
	}
	return nil
}

func (mapped) Reply(sealed string) (contentType, body string) {
	m, err := ParseMapping([]byte(unseal(sealed)[SettingMapping]))
	if err != nil {
		return "", ""
	}
	return m.replyType, m.reply
}

func (mapped) Read(sealed string, header func(string) string, body []byte) (store.Delivery, error) {
	m, err := ParseMapping([]byte(unseal(sealed)[SettingMapping]))
	if err != nil {
		return store.Delivery{}, err
	}
	return m.Read(header, body)
}

// Read makes facts of one delivery.
func (m *Mapping) Read(header func(string) string, body []byte) (store.Delivery, error) {
	var d store.Delivery
	root, err := parse(body)
	if err != nil {
		return d, live.Invalid("malformed_body", "", "%s", err)
	}
	event, _ := m.inside(m.event, header, root)
	d.Topics = []string{clip(event)}
	if id, _ := m.inside(m.message, header, root); id != "" {
		d.Messages = []string{clip(id)}
	}
	data, err := m.unwrap(root)
	if err != nil {
		return d, err
	}
	kinds, known := m.kinds[event]
	if known && len(kinds) == 0 {
		state, _ := m.status.one(data).scalar()
		event += "/" + state
		kinds, known = m.states[state]
	}
	if !known {
		d.Skipped = []string{clip(event) + ": stands for no fact in the mapping"}
		return d, nil
	}
	for _, k := range kinds {
		f, err := m.fact(k, data)
		if err != nil {
			return d, err
		}
		d.Facts = append(d.Facts, f)
	}
	return d, nil
}

// inside is a value of the delivery: from a header or from the body.
func (m *Mapping) inside(s source, header func(string) string, root *node) (string, bool) {
	switch {
	case !s.set:
		return "", true
	case s.header != "":
		return header(s.header), true
	}
	return s.path.one(root).scalar()
}

// unwrap finds the event in the body and reads it again where the platform
// sends JSON as text.
func (m *Mapping) unwrap(root *node) (*node, error) {
	n := m.payload.path.one(root)
	if n == nil {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "is not there")
	}
	if !strings.HasSuffix(m.payload.encoding, "json_text") {
		return n, nil
	}
	text := n.text
	if n.kind != nodeText {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "must be a string")
	}
	if m.payload.encoding == "url_json_text" {
		var err error
		if text, err = url.QueryUnescape(text); err != nil {
			return nil, live.Invalid("malformed_body", m.payload.path.text, "is not URL-encoded")
		}
	}
	n, err := parse([]byte(text))
	if err != nil {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "%s", err)
	}
	return n, nil
}

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
	var n int64
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
		if r.currency = live.Currency(text); !r.currency.Valid() {
			return store.Fact{}, live.Invalid("unknown_currency", m.moneyIn.text, "%q is not an ISO 4217 code we know", clip(text))
		}
	}
	f := store.Fact{Order: live.OrderID(r.must("order_id"))}
	f.Kind, f.Currency = kind, r.currency
	var err error
	if f.At, err = m.clock.read(r.must("at")); err != nil {
		r.fail("at", "is not a time of the declared form")
	}
	switch kind {
	case live.OrderCreated:
		f.Show, f.Person = live.ShowID(r.text("show_id")), live.PersonID(r.text("person_id"))
		f.Channel, f.Campaign = r.text("channel"), r.text("campaign")
		f.Lines = fm.created(r, data)
	case live.OrderPaid:
		f.PaidMinor = r.money("paid")
		r.must("paid")
		if f.ID = r.text("payment_id"); f.ID == "" {
			f.ID = string(f.Order)
		}
	case live.OrderCancelled:
		f.Reason, f.CancelType = short(r.text("reason")), m.cancel
		if t, ok := m.cancels[r.text("cancel_type")]; ok {
			f.CancelType = t
		}
	case live.RefundSucceeded:
		f.ID, f.Reason = r.must("refund_id"), short(r.text("reason"))
		f.Refunds = fm.refunded(r, data)
	}
	return f, r.err
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

// read gives the instant a text stands for.
func (c *clock) read(s string) (time.Time, error) {
	switch c.unit {
	case "rfc3339":
		return instant("at", s)
	case "layout":
		at, err := time.ParseInLocation(c.layout, s, c.zone)
		return at.UTC().Truncate(time.Millisecond), err
	case "ms":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 || n > maxUnix*1000 {
			return time.Time{}, live.Invalid("invalid_field", "at", "is not a time in milliseconds")
		}
		return time.UnixMilli(n).UTC(), nil
	}
	return unix("at", word(s))
}
