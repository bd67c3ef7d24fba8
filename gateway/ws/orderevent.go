package ws

import (
	"bytes"
	"encoding/json"

	"showrunner/live"
)

// orderEventJSON is what panels see of the data of an order event. A flash sale
// makes thousands of them a second: they are read once and written without
// reflection.
type orderEventJSON struct {
	Cancel     json.RawMessage `json:"cancel_type"`
	Currency   json.RawMessage `json:"currency"`
	Fulfilment json.RawMessage `json:"fulfilment"`
	Order      json.RawMessage `json:"order_id"`
	State      json.RawMessage `json:"order_state"`
	Paid       json.RawMessage `json:"paid_minor"`
	Person     json.RawMessage `json:"person_id"`
	Refund     json.RawMessage `json:"refund_minor"`
	Settled    json.RawMessage `json:"settled_minor"`
	Total      json.RawMessage `json:"total_minor"`
}

// orderSeen reads the data of an order event. The store wrote it; of one that
// cannot be read nothing is shown.
func orderSeen(data json.RawMessage) *orderEventJSON {
	o := &orderEventJSON{}
	if json.Unmarshal(data, o) != nil {
		return &orderEventJSON{}
	}
	return o
}

// encode is encodeEvent for an order event, with its amounts only for those who
// may see money.
func (o *orderEventJSON) encode(e *live.Event, money bool) []byte {
	at := e.OccurredAt
	if at.IsZero() {
		at = e.ReceivedAt
	}
	t := make(live.JSONText, 0, 512)
	t.Open()
	t.String("type", string(e.Kind))
	t.Text("event_id", string(e.ID))
	t.String("at", stamp(at))
	t.Name("actor")
	t.Open()
	t.String("id", e.Actor.ID)
	t.Text("name", e.Actor.Name)
	t.String("role", string(e.Actor.Role))
	t.Close()
	t.Name("data")
	t.Open()
	t.Raw("cancel_type", o.Cancel)
	if money {
		t.Raw("currency", o.Currency)
	}
	t.Raw("fulfilment", o.Fulfilment)
	t.Raw("order_id", o.Order)
	t.Raw("order_state", o.State)
	if money {
		t.Raw("paid_minor", o.Paid)
	}
	t.Raw("person_id", o.Person)
	if money {
		t.Raw("refund_minor", o.Refund)
		t.Raw("settled_minor", o.Settled)
		t.Raw("total_minor", o.Total)
	}
	t.Close()
	t.Close()
	// A browser drops a connection that sends it a text frame of broken UTF-8.
	return bytes.ToValidUTF8(t, []byte("\uFFFD"))
}
