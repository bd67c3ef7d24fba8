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

// storedFact is a fact as the database keeps it; encodeFact writes it. The
// order of its members is part of the identity of facts: the hash is taken over
// these bytes.
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

// whole drops what the database does not keep of a time.
func whole(t time.Time) time.Time { return at(ms(t)) }
