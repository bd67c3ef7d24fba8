package delivery

import (
	"encoding/json"
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// maxBody bounds what is posted. Receivers commonly stop at a megabyte; only
// an order of hundreds of lines comes near this.
const maxBody = 256 << 10

// message is the body of a webhook, as Standard Webhooks has it.
type message struct {
	Type      live.Kind                  `json:"type"`
	Timestamp string                     `json:"timestamp"`
	Data      map[string]json.RawMessage `json:"data"`
}

// orderFields, commissionFields and otherFields name what leaves of an event's
// data. Everything else is ours: deltas, versions, flags of the fold.
var (
	commissionFields = []string{
		"order_id", "referrer", "currency", "paid_minor", "bound_at", "rule_version", "instead_of", "commission_minor", "cause", "refund_id", "reason",
	}
	orderFields = []string{
		"order_id", "order_state", "person_id", "channel", "campaign", "currency", "total_minor",
		"lines", "paid_minor", "cancel_type", "refund_minor", "refund_type", "settled_minor", "exchange", "fulfilment", "reason",
	}
	otherFields = []string{
		"title", "state", "planned_start_at", "started_at", "ended_at",
		"product_id", "sku_id", "price_minor", "old_minor", "new_minor", "currency", "image_url", "rank",
		"qty", "allotted", "released", "returned", "left", "sale_id", "full_minor", "starts_at", "ends_at", "sold", "reason",
	}
)

// factNames is what the platform's own name of a fact is called outside.
var factNames = map[live.Kind]string{
	live.OrderPaid: "payment_id", live.DepositPaid: "payment_id", live.BalancePaid: "payment_id", live.OrderPaymentFailed: "payment_id",
	live.OrderPriceChanged: "change_id", live.ExchangeCreated: "exchange_id", live.OrderSettled: "settlement_id",
	live.OrderPartShipped: "shipment_id", live.OrderShipped: "shipment_id",
	live.RefundRequested: "refund_id", live.RefundApproved: "refund_id", live.RefundRejected: "refund_id", live.RefundWithdrawn: "refund_id",
	live.RefundSucceeded: "refund_id",
}

// render makes the body of an event's webhooks and says what they are about.
func render(e *live.Event) (store.Rendered, error) {
	var in map[string]json.RawMessage
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &in); err != nil {
			return store.Rendered{}, fmt.Errorf("read data of %s %s: %w", e.Kind, e.ID, err)
		}
	}
	data := map[string]json.RawMessage{}
	names, chain := otherFields, "show:"+string(e.Show)
	if e.Kind.TellsMoney() {
		var order string
		if err := json.Unmarshal(in["order_id"], &order); err != nil {
			return store.Rendered{}, fmt.Errorf("read the order of %s %s: %w", e.Kind, e.ID, err)
		}
		if names, chain = commissionFields, "order:"+order; live.OrderFactKind(e.Kind) {
			names = orderFields
		}
		if v, ok := in["fact_id"]; ok && factNames[e.Kind] != "" {
			data[factNames[e.Kind]] = v
		}
	}
	for _, n := range names {
		if v, ok := in[n]; ok {
			data[n] = v
		}
	}
	for n, v := range map[string]string{
		"event_id": string(e.ID), "merchant_id": string(e.Merchant), "room_id": string(e.Room), "show_id": string(e.Show), "source": e.Source,
	} {
		if v != "" {
			data[n] = quote(v)
		}
	}
	body, err := encode(e, data)
	if err != nil {
		return store.Rendered{}, err
	}
	if len(body) > maxBody {
		delete(data, "lines")
		data["lines_omitted"] = json.RawMessage("true")
		if body, err = encode(e, data); err != nil {
			return store.Rendered{}, err
		}
	}
	return store.Rendered{Body: string(body), Chain: chain}, nil
}

func encode(e *live.Event, data map[string]json.RawMessage) ([]byte, error) {
	body, err := json.Marshal(message{Type: e.Kind, Timestamp: e.OccurredAt.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Data: data})
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", e.Kind, e.ID, err)
	}
	return body, nil
}

// bare is the body of an event whose data cannot be read.
func bare(e *live.Event) string {
	body, err := encode(e, map[string]json.RawMessage{"event_id": quote(string(e.ID)), "merchant_id": quote(string(e.Merchant))})
	if err != nil {
		panic("BUG: two strings do not encode: " + err.Error())
	}
	return string(body)
}

func quote(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a string does not encode: " + err.Error())
	}
	return b
}
