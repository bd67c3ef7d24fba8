package live

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// What becomes of the credit of orders: stated by the store whenever an order's
// money, or who earned it, is another than it last said.
const (
	OrderAttributed   Kind = "order_attributed"
	OrderReattributed Kind = "order_reattributed"
)

// CreditFinal is how long after its payment the touches that earn an order may
// change; its money may change later too, by refunds.
const CreditFinal = 30 * 24 * time.Hour

// CreditCause says why an order's credit was divided, or divided again.
type CreditCause string

// Causes.
const (
	CreditPaid     CreditCause = "paid"       // for the first time
	CreditMoney    CreditCause = "money"      // a refund or another change of its money; the weights stay
	CreditMoved    CreditCause = "order"      // another buyer, show, currency or time of payment
	CreditLate     CreditCause = "late_touch" // a touch of before the payment was told after it
	CreditIdentity CreditCause = "identity"   // who the buyer is was learned
)

// CreditPart is who and what earned a part of an order: all touches of the same
// stage, channel, agent and so on.
type CreditPart struct {
	Stage         Stage    `json:"stage"`
	Channel       string   `json:"channel"`
	Flow          string   `json:"flow,omitempty"`
	Campaign      string   `json:"campaign,omitempty"`
	Show          ShowID   `json:"show_id,omitempty"`
	ShowTitle     string   `json:"show_title,omitempty"`
	ShowStartedAt string   `json:"show_started_at,omitempty"`
	Host          string   `json:"host_id,omitempty"`
	Agent         string   `json:"agent_id,omitempty"`
	AgentName     string   `json:"agent_name,omitempty"`
	Group         string   `json:"group_id,omitempty"`
	GroupName     string   `json:"group_name,omitempty"`
	Entry         string   `json:"entry_id,omitempty"`
	Referrer      PersonID `json:"referrer,omitempty"`
}

// OrderCredit is how the money of one order is divided: by whole-number weights,
// one for each touch, which are kept so that a refund, however late, is divided
// as the sale was.
type OrderCredit struct {
	Order  OrderID
	Model  string
	Ver    int           // of the arithmetic of the model
	Window time.Duration // before the payment
	Rules  string        // version of the rules of touches

	Parts   []CreditPart
	Of      []int   // by touch, ascending: the index of its part
	Weights []int64 // by touch
	// LeftOut counts touches beyond what is kept of one order, the earliest.
	LeftOut int64
}

// MaxCreditTouches is how many touches of one order are kept.
const MaxCreditTouches = 1000

// Same reports whether two credits divide any amount alike.
func (c *OrderCredit) Same(o *OrderCredit) bool {
	return c.Model == o.Model && c.Ver == o.Ver && slices.Equal(c.Parts, o.Parts) && slices.Equal(c.Of, o.Of) && slices.Equal(c.Weights, o.Weights)
}

// Split divides an amount, in minor units, touch by touch with [SplitMinor], and
// adds it up by part. Without any touch all of it is unattributed. Parts and
// rest sum to the amount exactly, and those of -x mirror those of x.
func (c *OrderCredit) Split(value int64) (parts []int64, unattributed int64) {
	if len(c.Weights) == 0 {
		return nil, value
	}
	parts = make([]int64, len(c.Parts))
	for i, minor := range SplitMinor(value, c.Weights) {
		parts[c.Of[i]] += minor
	}
	return parts, 0
}

// Stages divides an amount by stage, in the order of [Stages].
func (c *OrderCredit) Stages(value int64) (byStage [4]int64, unattributed int64) {
	parts, unattributed := c.Split(value)
	for i, minor := range parts {
		if n := slices.Index(Stages, c.Parts[i].Stage); n >= 0 {
			byStage[n] += minor
		}
	}
	return byStage, unattributed
}

// CreditHome is under what an order's credit is filed.
type CreditHome struct {
	Show     ShowID
	Room     RoomID
	Currency Currency
}

// CreditedOrder is an order as far as its credit is concerned.
type CreditedOrder struct {
	Merchant MerchantID
	Order    OrderID
	Person   PersonID
	CreditHome
	PaidAt time.Time // zero: not paid
	Value  int64     // paid less refunds and cancellations, minor units of Currency

	// Credited is what was said of it before; nil if nothing was.
	Credited *CreditSaid
}

// CreditSaid is what was said of an order's credit last.
type CreditSaid struct {
	OrderCredit
	CreditHome
	Person  PersonID
	PaidAt  time.Time
	Value   int64
	Version int64 // how often it was said
}

// ShowCredit is the money of a show's orders by the stage that earned it, in one
// currency. Stages and Unattributed sum to Value.
type ShowCredit struct {
	Currency     Currency
	Value        int64
	Stages       [4]int64 // in the order of [Stages]
	Unattributed int64
	Orders       int64 // attributed so far, those without touches included
}

// Add takes in a change of one order's credit.
func (c *ShowCredit) Add(o *ShowCredit) {
	c.Value += o.Value
	c.Unattributed += o.Unattributed
	c.Orders += o.Orders
	for i := range c.Stages {
		c.Stages[i] += o.Stages[i]
	}
}

// creditParts is how many parts an event of credit names; the rest is summed.
const creditParts = 12

// creditJSON is the data of an event of credit.
type creditJSON struct {
	Order        OrderID      `json:"order_id"`
	Person       PersonID     `json:"person_id,omitempty"`
	Cause        CreditCause  `json:"cause"`
	Version      int64        `json:"version"`
	Model        string       `json:"model"`
	ModelVersion int          `json:"model_version"`
	WindowS      int64        `json:"window_s"`
	Rules        string       `json:"rule_version"`
	PaidAt       string       `json:"paid_at,omitempty"`
	FinalAt      string       `json:"final_at,omitempty"`
	Touches      int          `json:"touches"`
	LeftOut      int64        `json:"touches_left_out,omitempty"`
	Parts        []creditPart `json:"credits"`
	MoreParts    int          `json:"more_credits,omitempty"`

	Currency     Currency `json:"currency,omitempty"`
	Value        *int64   `json:"value_minor,omitempty"`
	Unattributed *int64   `json:"unattributed_minor,omitempty"`
	More         *int64   `json:"more_credits_minor,omitempty"`

	// What this changes of the sums of its show.
	Delta *creditDelta `json:"delta,omitempty"`
}

type creditPart struct {
	CreditPart
	Touches int    `json:"touches"`
	Minor   *int64 `json:"value_minor,omitempty"`
}

type creditDelta struct {
	Orders       int64 `json:"orders"`
	Value        int64 `json:"value_minor"`
	Lead         int64 `json:"lead_minor"`
	Nurture      int64 `json:"nurture_minor"`
	Convert      int64 `json:"convert_minor"`
	Retain       int64 `json:"retain_minor"`
	Unattributed int64 `json:"unattributed_minor"`
}

// CreditData is the data of the event that tells of an order's credit, with what
// it changes of the sums of the show it is filed under.
func CreditData(o *CreditedOrder, c *OrderCredit, version int64, cause CreditCause, change *ShowCredit) (json.RawMessage, error) {
	parts, rest := c.Split(o.Value)
	touches := make([]int, len(c.Parts))
	for _, part := range c.Of {
		touches[part]++
	}
	order := make([]int, len(c.Parts))
	for i := range order {
		order[i] = i
	}
	// The most first; refunds mirror sales.
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(max(parts[b], -parts[b]), max(parts[a], -parts[a])), cmp.Compare(touches[b], touches[a]))
	})
	d := creditJSON{
		Order: o.Order, Person: o.Person, Cause: cause, Version: version, Model: c.Model, ModelVersion: c.Ver, WindowS: int64(c.Window.Seconds()),
		Rules: c.Rules, Touches: len(c.Weights), LeftOut: c.LeftOut, Parts: []creditPart{},
		Currency: o.Currency, Value: &o.Value, Unattributed: &rest,
		Delta: &creditDelta{change.Orders, change.Value, change.Stages[0], change.Stages[1], change.Stages[2], change.Stages[3], change.Unattributed},
	}
	if !o.PaidAt.IsZero() {
		d.PaidAt, d.FinalAt = o.PaidAt.UTC().Format(deltaTime), o.PaidAt.Add(CreditFinal).UTC().Format(deltaTime)
	}
	for n, i := range order {
		if n < creditParts {
			d.Parts = append(d.Parts, creditPart{c.Parts[i], touches[i], &parts[i]})
			continue
		}
		if d.More == nil {
			d.More = new(int64)
		}
		d.MoreParts++
		*d.More += parts[i]
	}
	return json.Marshal(d)
}

// CreditChange reads from the data of an event of credit what it changes of the
// sums of its show.
func CreditChange(data json.RawMessage) (ShowCredit, error) {
	var d struct {
		Currency Currency    `json:"currency"`
		Delta    creditDelta `json:"delta"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return ShowCredit{}, err
	}
	return ShowCredit{
		Currency: d.Currency, Orders: d.Delta.Orders, Value: d.Delta.Value, Unattributed: d.Delta.Unattributed,
		Stages: [4]int64{d.Delta.Lead, d.Delta.Nurture, d.Delta.Convert, d.Delta.Retain},
	}, nil
}

// CreditSeen is the data of an event of credit as panels see it: who earned, and
// how much only with money.
func CreditSeen(data json.RawMessage, money bool) json.RawMessage {
	var d creditJSON
	if json.Unmarshal(data, &d) != nil { // The store wrote it; of one that cannot be read nothing is shown.
		return json.RawMessage("{}")
	}
	d.Delta = nil
	if !money {
		d.Currency, d.Value, d.Unattributed, d.More = "", nil, nil, nil
		for i := range d.Parts {
			d.Parts[i].Minor = nil
		}
	}
	out, err := json.Marshal(d)
	if err != nil {
		panic("BUG: encoding a credit: " + err.Error())
	}
	return out
}

// CreditKind reports whether k tells of an order's credit.
func CreditKind(k Kind) bool { return k == OrderAttributed || k == OrderReattributed }
