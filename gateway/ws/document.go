package ws

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"showrunner/conversion/care"
	"showrunner/live"
)

// DocumentPath is where the protocol's AsyncAPI document is served.
const DocumentPath = "/asyncapi.json"

// object is a JSON object of the document. encoding/json writes maps in the
// order of their keys, so the same tables make the same bytes.
type object = map[string]any

// Document describes the protocol as AsyncAPI 3.1, made of the tables that the
// server itself goes by: [live.Kinds], [live.Commands], [live.Rights] and the
// close codes. arguments gives the arguments of a command; nil leaves them open.
func Document(arguments func(live.CommandName) []live.Field) []byte {
	d := &document{messages: object{}, channels: map[string]object{channelRoom: {}, channelAgents: {}}, schemas: schemas(), arguments: arguments}
	maps.Copy(d.schemas, agentSchemas())
	down, up := d.fromServer(), d.fromClient()
	toAgents, fromAgents := d.toAgents(), d.fromAgents()
	b, err := json.MarshalIndent(object{
		"asyncapi": "3.1.0",
		"info": object{
			"title": "Showrunner", "version": "1",
			"description": "The websockets of a room and of the agents of the service desk. Text frames of one JSON object each; docs/protocol.md says the same in words.",
		},
		"defaultContentType": "application/json",
		"channels": object{channelRoom: object{
			"address":     "/v1/rooms/{room_id}/ws",
			"description": "Who is calling is proved by a bearer token or a single-use ticket before the upgrade.",
			"parameters":  object{"room_id": object{"description": "The room."}},
			"bindings": object{"ws": object{
				"method": "GET", "bindingVersion": "0.1.0",
				"query": object{"type": "object", "properties": object{
					"since":    object{"type": "string", "description": "<epoch>:<offset>: everything up to here was seen"},
					"panel":    object{"type": "string", "enum": []string{"0", "1"}, "description": "1: snapshots, prompts and the events of panels"},
					"channel":  object{"type": "string", "maxLength": maxChannel, "description": "where the viewer comes from"},
					"campaign": object{"type": "string", "maxLength": maxChannel},
					"ticket":   object{"type": "string", "description": "single-use, from POST /v1/tickets"},
				}},
			}},
			"messages": d.channels[channelRoom],
		}, channelAgents: agentsChannel(d.channels[channelAgents])},
		"operations": object{
			"receive":    object{"action": "send", "channel": ref("channels/room"), "messages": down, "description": "What the server sends."},
			"send":       object{"action": "receive", "channel": ref("channels/room"), "messages": up, "description": "What a client may send."},
			"tellAgents": object{"action": "send", "channel": ref("channels/service"), "messages": toAgents, "description": "What the server sends to agents."},
			"work":       object{"action": "receive", "channel": ref("channels/service"), "messages": fromAgents, "description": "What an agent may send. The data of its ack is the schema answer.<type>."},
		},
		"components": object{"messages": d.messages, "schemas": d.schemas},
	}, "", "  ")
	if err != nil {
		panic("BUG: the AsyncAPI document does not encode: " + err.Error())
	}
	return b
}

// document gathers the messages while it is built.
type document struct {
	messages  object
	channels  map[string]object // their messages, by name
	schemas   object
	arguments func(live.CommandName) []live.Field
}

func ref(to string) object { return object{"$ref": "#/" + to} }

// add puts a message of a channel into the document and returns its reference.
func (d *document) add(channel, name, summary string, payload object) object {
	d.messages[name] = object{"name": name, "summary": summary, "payload": payload}
	return d.share(channel, name)
}

// share lets a channel have a message that is in the document.
func (d *document) share(channel, name string) object {
	d.channels[channel][name] = ref("components/messages/" + name)
	return ref("channels/" + channel + "/messages/" + name)
}

// fromServer is every frame the server sends.
func (d *document) fromServer() (out []object) {
	var events []object
	for i := range live.Kinds {
		s := &live.Kinds[i]
		if s.Audience == live.AudienceNone || s.Kind == live.PromptSent {
			continue
		}
		name := "event." + string(s.Kind)
		d.schemas[name] = object{
			"description": "seen by " + seenBy[s.Audience],
			"allOf":       []object{ref("components/schemas/event"), {"type": "object", "properties": object{"type": object{"const": s.Kind}, "data": data(s.Fields, true)}}},
		}
		events = append(events, ref("components/schemas/"+name))
	}
	d.schemas["room_event"] = object{"anyOf": append(events, ref("components/schemas/room_stats"))}
	for _, f := range frames {
		out = append(out, d.add(channelRoom, f.name, f.summary, object{
			"type": "object", "required": f.required, "properties": f.properties(),
		}))
	}
	return out
}

var seenBy = map[live.Audience]string{
	live.AudienceRoom: "everybody in the room", live.AudiencePanel: "panels", live.AudiencePerson: "the person it is about alone",
}

// fromClient is every frame a client may send: facts, orders and commands.
func (d *document) fromClient() (out []object) {
	for i := range live.Kinds {
		if s := &live.Kinds[i]; s.From&live.FromViewer != 0 {
			out = append(out, d.add(channelRoom, "fact."+string(s.Kind), "A fact. The ack means that it is durable.", requestFrame(string(s.Kind), data(s.Fields, true))))
		}
	}
	line := object{"type": "object", "required": []string{"sku_id", "qty"}, "properties": object{"sku_id": identifier, "qty": whole(1, live.MaxQuantity)}}
	for _, o := range []struct {
		name, summary string
		fields        object
		required      []string
	}{
		{"place_order", "Orders. The same client_order_id again returns the first answer.", object{
			"client_order_id": identifier, "coupon_id": identifier, "lines": object{"type": "array", "items": line, "minItems": 1, "maxItems": live.MaxLines},
		}, []string{"client_order_id", "lines"}},
		{"cancel_order", "Cancels one's own unpaid order.", object{"order_id": identifier}, []string{"order_id"}},
		{"waitlist_joined", "Takes a place in the line for what is sold out.", object{"sku_id": identifier, "qty": whole(1, live.MaxQuantity)}, []string{"sku_id"}},
		{string(live.CouponClaimed), "Claims a coupon of the batch that is dropped.", object{"batch_id": identifier}, []string{"batch_id"}},
		{string(live.RedPacketClaimed), "Takes the next share of the red packet.", object{"packet_id": identifier}, []string{"packet_id"}},
		{
			string(live.LuckyDrawEntered), "Enters the draw, once a person; see docs/fairness.md.",
			object{"draw_id": identifier, "nonce": object{"type": "string", "maxLength": live.MaxNonce}},
			[]string{"draw_id"},
		},
		{typeServiceOpen, "Opens a service session without leaving the room, or goes on with the one that is open. The frame's event_id names the first word.", object{
			"entry_id": identifier, "persona": object{"type": "string", "enum": care.Personas}, "text": object{"type": "string", "maxLength": care.MaxMessageRunes},
		}, nil},
		{typeServiceSay, "Says something in one's own session. The ack means that it is on disk.", object{
			"session_id": identifier, "text": object{"type": "string", "minLength": 1, "maxLength": care.MaxMessageRunes},
		}, []string{"session_id", "text"}},
		{typeServiceHuman, "Asks the bot for a human.", object{"session_id": identifier}, []string{"session_id"}},
		{typeServiceRate, "Rates one's own closed session, once.", object{"session_id": identifier, "score": whole(care.MinScore, care.MaxScore)}, []string{"session_id", "score"}},
	} {
		if o.required == nil {
			o.required = []string{}
		}
		out = append(out, d.add(channelRoom, "order."+o.name, o.summary, requestFrame(o.name, object{"type": "object", "additionalProperties": false, "properties": o.fields, "required": o.required})))
	}
	for _, c := range live.Commands {
		out = append(out, d.add(channelRoom, "command."+string(c), "For "+roles(c.Action())+".", requestFrame(string(c), d.command(c))))
	}
	return out
}

// requestFrame is a frame of a client with such data.
func requestFrame(kind string, payload object) object {
	return object{
		"type": "object", "additionalProperties": false, "required": []string{"type"},
		"properties": object{
			"id":       object{"type": "string", "maxLength": maxFrameID, "description": "echoed by the ack"},
			"type":     object{"const": kind},
			"event_id": object{"type": "string", "description": "of a fact: its name; sent again it counts once"},
			"data":     payload,
		},
	}
}

// command is what the data of a command holds.
func (d *document) command(c live.CommandName) object {
	fields := []live.Field{{Name: "command_id", Type: live.TypeID, Required: true}, {Name: "show_id", Type: live.TypeID}, {Name: "expected_version", Type: live.TypeInt, Max: 1 << 53}}
	if d.arguments == nil {
		return data(fields, true)
	}
	return data(append(fields, d.arguments(c)...), false)
}

// roles names who has the right.
func roles(a live.Action) (out string) {
	for _, r := range live.Rights[a] {
		if out != "" {
			out += ", "
		}
		out += string(r)
	}
	return out
}

var identifier = object{"type": "string", "minLength": 1, "maxLength": live.MaxIDLen, "pattern": `^[A-Za-z0-9._:@-]+$`}

func whole(least, most int64) object {
	return object{"type": "integer", "minimum": least, "maximum": most}
}

// data is the schema of an object with such fields.
func data(fields []live.Field, open bool) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		properties[f.Name] = fieldSchema(f)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	slices.Sort(required)
	s := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	if !open {
		s["additionalProperties"] = false
	}
	return s
}

func fieldSchema(f live.Field) object {
	switch f.Type {
	case live.TypeText:
		s := object{"type": "string", "maxLength": f.Max}
		if f.Min > 0 {
			s["minLength"] = f.Min
		}
		if len(f.OneOf) > 0 {
			s["enum"] = f.OneOf
			if !f.Required {
				s["enum"] = append([]string{""}, f.OneOf...)
			}
		}
		return s
	case live.TypeID:
		return identifier
	case live.TypeInt:
		return whole(f.Min, f.Max)
	case live.TypeFlag:
		return object{"type": "boolean"}
	case live.TypeCurrency:
		return object{"type": "string", "pattern": "^[A-Z]{3}$"}
	case live.TypeOther:
	}
	return object{}
}

// serveDocument answers with the document, which is complete once and for all.
func (s *Server) serveDocument() fiber.Handler {
	body := Document(s.deps.Arguments)
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(body)
	}
}

// codes names every close code, for the bye.
func codes() (out []string) {
	for _, c := range everyCode {
		out = append(out, strconv.Itoa(int(c)))
	}
	return out
}
