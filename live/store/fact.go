package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// Fact is one thing somebody said about one order.
type Fact struct {
	Order live.OrderID
	live.OrderFact
}

// FactStatus says what became of a fact.
type FactStatus string

// What may become of a fact. Both mean that it is kept.
const (
	FactAccepted  FactStatus = "accepted"
	FactDuplicate FactStatus = "duplicate" // the very same was said before
)

// Limits of one order, so that its fold stays cheap and its events fit
// live.MaxOrderData.
const (
	maxFacts      = 1000 // facts of one order, ever
	maxOrderLines = 500  // lines of a platform's order; our own have live.MaxLines
	maxReason     = 200  // characters
)

// storedFact is a fact as the database keeps it. The order of its members is
// part of the identity of facts: the hash is taken over these bytes.
type storedFact struct {
	Kind     live.Kind       `json:"kind"`
	ID       string          `json:"id,omitempty"`
	Source   string          `json:"source,omitempty"`
	At       int64           `json:"at"`
	Currency live.Currency   `json:"currency,omitempty"`
	Show     live.ShowID     `json:"show,omitempty"`
	Room     live.RoomID     `json:"room,omitempty"`
	Person   live.PersonID   `json:"person,omitempty"`
	Channel  string          `json:"channel,omitempty"`
	Campaign string          `json:"campaign,omitempty"`
	Lines    []storedLine    `json:"lines,omitempty"`
	Paid     int64           `json:"paid,omitempty"`
	Cancel   live.CancelType `json:"cancel,omitempty"`
	Refunds  []storedRefund  `json:"refunds,omitempty"`
	Reason   string          `json:"reason,omitempty"`

	Payment    live.PaymentType `json:"payment_type,omitempty"`
	Settled    int64            `json:"settled,omitempty"`
	Total      int64            `json:"total,omitempty"`
	Exchange   *storedExchange  `json:"exchange,omitempty"`
	RefundLine string           `json:"refund_line,omitempty"`
	RefundType live.RefundType  `json:"refund_type,omitempty"`
}

type storedExchange struct {
	Line    string         `json:"line_id,omitempty"`
	OldSKU  live.SKUID     `json:"old_sku_id,omitempty"`
	Product live.ProductID `json:"product_id,omitempty"`
	SKU     live.SKUID     `json:"sku_id"`
	Qty     int64          `json:"qty,omitempty"`
	Goods   int64          `json:"goods_minor,omitempty"`
}

type storedLine struct {
	ID       string         `json:"line_id"`
	Product  live.ProductID `json:"product_id,omitempty"`
	SKU      live.SKUID     `json:"sku_id"`
	Qty      int64          `json:"qty"`
	Goods    int64          `json:"goods_minor"`
	Discount int64          `json:"discount_minor,omitempty"`
	Subsidy  int64          `json:"subsidy_minor,omitempty"`
	Shipping int64          `json:"shipping_minor,omitempty"`
	Tax      int64          `json:"tax_minor,omitempty"`

	CommissionBPS int64 `json:"commission_bps,omitempty"`
}

type storedRefund struct {
	Line     string     `json:"line_id,omitempty"`
	SKU      live.SKUID `json:"sku_id,omitempty"`
	Goods    int64      `json:"goods_minor,omitempty"`
	Shipping int64      `json:"shipping_minor,omitempty"`
}

// encodeFact gives the bytes kept of a fact and the hash that names its content.
func encodeFact(f *live.OrderFact) (body, hash string, err error) {
	s := storedFact{
		Kind: f.Kind, ID: f.ID, Source: f.Source, At: ms(f.At), Currency: f.Currency, Show: f.Show, Room: f.Room, Person: f.Person,
		Channel: f.Channel, Campaign: f.Campaign, Paid: f.PaidMinor, Cancel: f.CancelType, Reason: f.Reason,
		Payment: f.Payment, Settled: f.SettledMinor, Total: f.TotalMinor, RefundLine: f.Refund.Line, RefundType: f.Refund.Type,
	}
	if f.Kind == live.ExchangeCreated {
		x := storedExchange(f.Exchange)
		s.Exchange = &x
	}
	for _, l := range f.Lines {
		s.Lines = append(s.Lines, storedLine(l))
	}
	for _, r := range f.Refunds {
		s.Refunds = append(s.Refunds, storedRefund(r))
	}
	b, err := json.Marshal(s)
	if err != nil {
		return "", "", fmt.Errorf("encode fact: %w", err)
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:16]), nil
}

func decodeFact(body string) (live.OrderFact, error) {
	var s storedFact
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return live.OrderFact{}, fmt.Errorf("decode fact: %w", err)
	}
	f := live.OrderFact{
		Kind: s.Kind, ID: s.ID, Source: s.Source, At: at(s.At), Currency: s.Currency, Show: s.Show, Room: s.Room, Person: s.Person,
		Channel: s.Channel, Campaign: s.Campaign, PaidMinor: s.Paid, CancelType: s.Cancel, Reason: s.Reason,
		Payment: s.Payment, SettledMinor: s.Settled, TotalMinor: s.Total, Refund: live.RefundRequest{Line: s.RefundLine, Type: s.RefundType},
	}
	if s.Exchange != nil {
		f.Exchange = live.Exchange(*s.Exchange)
	}
	for _, l := range s.Lines {
		f.Lines = append(f.Lines, live.OrderLine(l))
	}
	for _, r := range s.Refunds {
		f.Refunds = append(f.Refunds, live.RefundLine(r))
	}
	return f, nil
}

const factColumns = `merchant_id, order_id, kind, fact_id, hash, received_at, body`

// factReader reads the body column of order_facts.
func factReader(r scanner) (live.OrderFact, error) {
	var body string
	if err := r.Scan(&body); err != nil {
		return live.OrderFact{}, err
	}
	return decodeFact(body)
}

// eventID names the event of a fact: readable while it fits, and different for
// two different facts of one name.
func eventID(order live.OrderID, f *live.OrderFact, hash string, again bool) live.EventID {
	id := string(order) + ":" + string(f.Kind)
	if f.ID != "" {
		id += ":" + f.ID
	}
	if again {
		id += ":" + hash[:8]
	}
	if len(id) > live.MaxIDLen {
		sum := sha256.Sum256([]byte(id))
		id = string(f.Kind) + ":" + hex.EncodeToString(sum[:16])
	}
	return live.EventID(id)
}

// orderEvent is the event that one fact makes, with the deltas it caused.
func orderEvent(o *live.Order, f *live.OrderFact, by live.Actor, id live.EventID, rehearsal bool, deltas []live.Delta) (live.Event, error) {
	data := map[string]any{
		"order_id": o.ID, "order_state": o.State, "ver": o.Ver, "currency": o.Currency, "at": stamp(f.At),
		"total_minor": o.Due(),
	}
	for name, v := range map[string]string{
		"fact_id": f.ID, "person_id": string(o.Person), "channel": o.Channel, "campaign": o.Campaign, "reason": f.Reason,
	} {
		if v != "" {
			data[name] = v
		}
	}
	if len(o.Flags) > 0 {
		data["flags"] = o.Flags
	}
	if o.Fulfilment != "" {
		data["fulfilment"] = o.Fulfilment
	}
	switch f.Kind {
	case live.OrderCreated, live.OrderPriceChanged:
		if f.Kind == live.OrderPriceChanged && len(f.Lines) == 0 {
			break
		}
		lines := make([]storedLine, len(f.Lines))
		for i, l := range f.Lines {
			lines[i] = storedLine(l)
		}
		data["lines"] = lines
	case live.OrderPaid, live.DepositPaid, live.BalancePaid:
		data["paid_minor"] = f.PaidMinor
	case live.OrderSettled:
		data["settled_minor"] = f.SettledMinor
	case live.ExchangeCreated:
		data["exchange"] = storedExchange(f.Exchange)
	case live.RefundRequested:
		data["refund_type"] = f.Refund.Type
	case live.OrderCancelled:
		data["cancel_type"] = f.CancelType
	case live.RefundSucceeded:
		var sum int64
		for _, r := range f.Refunds {
			sum += r.Goods + r.Shipping
		}
		data["refund_minor"] = sum
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return live.Event{}, fmt.Errorf("encode %s: %w", f.Kind, err)
	}
	return live.Event{
		ID: id, Kind: f.Kind, Source: f.Source, Merchant: o.Merchant, Room: o.Room, Show: o.Show, Actor: by,
		Person: o.Person, Channel: o.Channel, Campaign: o.Campaign, Rehearsal: rehearsal, OccurredAt: f.At,
		Data: member(raw, "deltas", live.EncodeDeltas(deltas)),
	}, nil
}

// whole drops what the database does not keep of a time.
func whole(t time.Time) time.Time { return at(ms(t)) }
