package ws

import (
	"maps"

	"showrunner/live"
)

// frameDoc is one frame of the server, as the AsyncAPI document tells it.
type frameDoc struct {
	name, summary string
	required      []string
	fields        object
}

// properties are the fields and the type that tells the frame apart.
func (f *frameDoc) properties() object {
	p := object{"type": object{"const": f.name}}
	maps.Copy(p, f.fields)
	return p
}

var (
	str     = object{"type": "string"}
	flag    = object{"type": "boolean"}
	count   = object{"type": "integer", "minimum": 0}
	instant = object{"type": "string", "format": "date-time"}
	minor   = object{"type": "integer", "description": "money in minor units of the currency"}
)

// frames are those of docs/protocol.md section 2, in its order. That each has
// the members that the code sends is a test.
var frames = []frameDoc{
	{
		"welcome", "The first frame: who you are, where you stand and the state of the room.",
		[]string{"type", "session_id", "role", "epoch", "offset", "room", "recovered"},
		object{
			"session_id": str, "role": object{"type": "string", "enum": live.Roles}, "epoch": str, "offset": count, "room": ref("components/schemas/room"),
			"brief": object{"type": "object", "description": "to panels: what to know before and in the show, if a brief of it was published", "properties": object{
				"show_id": str, "version": count, "warnings": object{"type": "array", "items": object{"type": "object"}}, "read_by_host": flag,
			}},
			"recovered": object{"type": "boolean", "description": "true: what was missed since `since` follows; false: show `room` as it is"},
		},
	},
	{
		"events", "What happened since the last frame.",
		[]string{"type", "epoch", "offset", "events"},
		object{"epoch": str, "offset": count, "events": object{"type": "array", "items": ref("components/schemas/room_event")}},
	},
	{
		"ack", "The answer to one client frame. For a fact ok means durable.",
		[]string{"type", "ok"},
		object{
			"id": object{"type": "string", "maxLength": maxFrameID}, "ok": flag, "data": object{"type": "object"},
			"error": object{"type": "object", "required": []string{"code", "message"}, "properties": object{
				"code": str, "message": str, "field": str, "retry_after_ms": count, "data": object{"type": "object"},
			}},
		},
	},
	{
		"snapshot", "The live figures, to panels, about once a second. Without the right to see money they come without it.",
		[]string{"type", "show_id", "at", "metrics", "provisional"},
		object{"show_id": str, "at": instant, "metrics": object{"type": "object", "additionalProperties": object{"type": []string{"number", "null"}}}, "provisional": flag, "lag_ms": count, "events_dropped": object{"type": "object", "additionalProperties": count}},
	},
	{
		"prompt", "A word from behind the camera, to panels.",
		[]string{"type", "from", "text", "event_id", "at", "offset"},
		object{"from": str, "name": str, "text": str, "event_id": str, "at": instant, "offset": count},
	},
	{
		"gap", "You were too slow: the whole state instead of the frames you could not take.",
		[]string{"type", "missed", "epoch", "offset", "room"},
		object{"missed": count, "epoch": str, "offset": count, "room": ref("components/schemas/room")},
	},
	{
		"bye", "The server ends the connection; the close frame with the same code follows.",
		[]string{"type", "code", "reason", "reconnect"},
		object{
			"code":   object{"type": "integer", "description": "4000 to 4499: reconnecting may help; 4500 to 4999: it will not", "examples": codes()},
			"reason": str, "reconnect": flag, "retry_after_ms": count,
		},
	},
}

// schemas are what several frames share.
func schemas() object {
	item := object{"type": "object", "required": []string{"sku_id", "product_id", "title", "price_minor", "currency", "left", "rank"}, "properties": object{
		"sku_id": str, "product_id": str, "title": str, "price_minor": minor, "currency": str, "left": count, "rank": object{"type": "integer"},
		"image_url": str, "per_person": count, "stock_policy": str,
	}}
	return object{
		"item": item,
		"room": object{"type": "object", "required": []string{"room_id", "title", "currency", "time_zone", "show", "shelf", "pinned", "online", "modes"}, "properties": object{
			"room_id": str, "title": str, "currency": str, "time_zone": object{"type": "string", "description": "IANA name; the instants of the room are shown in it"}, "online": object{"type": "integer", "minimum": 0, "description": "persons, not tabs, and no staff"},
			"show": object{"anyOf": []object{{"type": "null"}, {
				"type": "object", "required": []string{"show_id", "title", "state", "rehearsal", "version"},
				"properties": object{"show_id": str, "title": str, "state": str, "rehearsal": flag, "planned_start_at": instant, "started_at": instant, "version": count},
			}}},
			"shelf": object{"type": "array", "items": ref("components/schemas/item")}, "pinned": object{"anyOf": []object{{"type": "null"}, ref("components/schemas/item")}},
			"modes": object{"type": "object"}, "announcement": str,
		}},
		"event": object{"type": "object", "required": []string{"type", "at", "actor", "data"}, "properties": object{
			"type": str, "event_id": str, "at": instant,
			"actor": object{"type": "object", "required": []string{"id", "role"}, "properties": object{"id": str, "name": str, "role": str}},
			"data":  object{"type": "object"},
		}},
		"room_stats": object{
			"description": "totals of what many do too often to be told one by one; only the newest matters",
			"type":        "object", "required": []string{"type", "data"}, "properties": object{"type": object{"const": "room_stats"}, "data": object{"type": "object"}},
		},
	}
}
