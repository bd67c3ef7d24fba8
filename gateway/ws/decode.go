package ws

import (
	"encoding/json"
	"unicode/utf8"

	"showrunner/live"
)

// Types of client frames that are neither facts nor commands of the panel.
const (
	typePlaceOrder   = "place_order"
	typeJoinWaitlist = string(live.WaitlistJoined)
	typeCancelOrder  = "cancel_order"
)

// maxFrameID bounds the id a client gives a frame to find its ack.
const maxFrameID = 64

// request is one frame of a client.
type request struct {
	ID      string // echoed in the ack
	Type    string
	EventID live.EventID // optional name of a fact, for retries
	Data    json.RawMessage
}

// decode reads a client frame strictly: one JSON object in UTF-8 with no member
// beside id, type, event_id and data. On an error the request still has its ID
// if that could be read. Data shares memory with raw.
func decode(raw []byte) (request, *live.Error) {
	var q request
	if !utf8.Valid(raw) {
		return q, live.Invalid("malformed_json", "", "a frame must be UTF-8")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return q, live.Invalid("malformed_json", "", "a frame must be one JSON object")
	}
	if v, ok := members["id"]; ok {
		if !text(v, &q.ID) || len(q.ID) > maxFrameID {
			q.ID = ""
			return q, live.Invalid("malformed_json", "id", "must be a string of at most %d bytes", maxFrameID)
		}
	}
	for name := range members {
		switch name {
		case "id", "type", "event_id", "data":
		default:
			return q, live.Invalid("malformed_json", "", "a frame has id, type, event_id and data only")
		}
	}
	if !text(members["type"], &q.Type) || q.Type == "" {
		return q, live.Invalid("malformed_json", "type", "must be a string")
	}
	if v, ok := members["event_id"]; ok {
		var id string
		if !text(v, &id) || !live.ValidID(id) {
			return q, live.Invalid("invalid_field", "event_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
		q.EventID = live.EventID(id)
	}
	q.Data = members["data"]
	if len(q.Data) == 0 || string(q.Data) == "null" {
		q.Data = json.RawMessage("{}")
	}
	if q.Data[0] != '{' {
		return q, live.Invalid("malformed_json", "data", "must be a JSON object")
	}
	return q, nil
}

// text reads a JSON string; null and everything else is refused.
func text(raw json.RawMessage, into *string) bool {
	return len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, into) == nil
}
