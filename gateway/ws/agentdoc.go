package ws

import (
	"maps"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
)

// The websocket of agents in the AsyncAPI document: a channel of its own, which
// shares acks and byes with the room's.
const (
	channelRoom   = "room"
	channelAgents = "service"
)

func oneOf[T ~string](values ...T) object { return object{"type": "string", "enum": values} }

// agentSchemas are what frames to agents share. That sessions and messages have the
// members which are sent, here and over HTTP, is a test of the gateway.
func agentSchemas() object {
	promise := object{"type": "object", "required": []string{"clock"}, "properties": object{
		"clock":  oneOf(care.ClockFirstResponse, care.ClockResolution),
		"due_at": instant, "breached_at": instant, "wall_ms": count, "business_ms": count,
	}}
	return object{
		"agent": object{"type": "object", "required": []string{"agent_id", "personas", "capacity", "state", "open"}, "properties": object{
			"agent_id": str, "name": str, "personas": object{"type": "array", "items": oneOf(care.Personas...)},
			"capacity": object{"type": "integer", "minimum": 0, "description": "how many sessions they are given at a time"},
			"state":    oneOf(desk.AgentOnline, desk.AgentAway, desk.AgentOffline, desk.AgentLeft),
			"open":     object{"type": "integer", "minimum": 0, "description": "how many they have"},
		}},
		"service_promise": promise,
		"service_session": object{
			"type":     "object",
			"required": []string{"session_id", "merchant_id", "person_id", "initiated_by", "state", "tags", "rate", "messages", "opened_at", "last_at", "reopened", "clocks"},
			"properties": object{
				"session_id": str, "merchant_id": str, "person_id": object{"type": "string", "description": "the name under which they asked"}, "entry_id": str, "channel": str, "room_id": str, "show_id": str,
				"persona": oneOf(care.Personas...), "initiated_by": oneOf(care.ByViewer, care.ByAgent),
				"state":    oneOf(care.StateBot, care.StateQueued, care.StateAssigned, care.StateClosed),
				"agent_id": object{"type": "string", "description": "who serves now; of a closed session who served last"}, "handed_over": oneOf(care.HandOvers...), "tags": object{"type": "array", "items": str},
				"resolution": oneOf(care.Resolved, care.Unresolved, care.Silent), "score": whole(care.MinScore, care.MaxScore),
				"rate":     object{"type": "boolean", "description": "the person is asked for a rating and has given none"},
				"messages": count, "waiting_since": instant, "opened_at": instant, "queued_at": instant, "assigned_at": instant, "first_replied_at": instant,
				"last_at": instant, "closed_at": instant, "reopened": count, "clocks": object{"type": "array", "items": ref("components/schemas/service_promise")},
			},
		},
		"service_message": object{
			"type": "object", "required": []string{"session_id", "n", "message_id", "by", "kind", "text", "at"},
			"properties": object{
				"session_id": str, "n": object{"type": "integer", "minimum": 1, "description": "its number in the session, without gaps"}, "message_id": str,
				"by": oneOf(care.ByViewer, care.ByBot, care.ByAgent), "kind": oneOf(care.MessageKinds...), "agent_id": str, "text": str, "at": instant,
			},
		},
	}
}

var (
	sessionRef = ref("components/schemas/service_session")
	messageRef = ref("components/schemas/service_message")
)

// turnDoc is a frame about a session: what each turn has and what this one adds.
func turnDoc(kind, summary string, required []string, fields object) frameDoc {
	f := frameDoc{kind, summary, append([]string{"type", "n", "at", "session_id"}, required...), object{
		"n": object{"type": "integer", "minimum": 1, "description": "grows in the order in which things happened at the merchant; `since` takes the last one seen"}, "at": instant, "session_id": str,
	}}
	maps.Copy(f.fields, fields)
	return f
}

// agentFrames are those of docs/protocol.md section 6, in its order. That each has
// the members that the code sends is a test.
var agentFrames = []frameDoc{
	{
		"welcome", "The first frame: who you are, and how things stand unless what was missed follows.",
		[]string{"type", "agent", "n", "recovered"},
		object{
			"agent": ref("components/schemas/agent"), "n": count,
			"recovered": object{"type": "boolean", "description": "true: what was missed since `since` follows; false: `sessions` and `queue` are how things stand at `n`"},
			"sessions":  object{"type": "array", "items": sessionRef, "description": "those the agent has"},
			"queue":     object{"type": "array", "items": sessionRef, "description": "those they may accept"},
		},
	},
	turnDoc("session", "A session's state, agent, tags or rating changed.", nil, object{
		"session": sessionRef, "gone": object{"type": "boolean", "description": "true, and no session: it is not the agent's, or not to be had, any more"},
	}),
	turnDoc("message", "Something was said.", []string{"session", "message"}, object{"session": sessionRef, "message": messageRef}),
	turnDoc("queue", "A session waits, and the agent may accept it; told without what was said.", nil, object{
		"session": sessionRef, "gone": object{"type": "boolean", "description": "true, and no session: somebody else has it by now"},
	}),
	turnDoc("sla", "A promise was broken.", []string{"clock"}, object{
		"session": sessionRef, "clock": oneOf(care.ClockFirstResponse, care.ClockResolution), "gone": flag,
	}),
}

// workDoc is one frame by which an agent works.
type workDoc struct {
	kind, summary string
	fields        object
	required      []string
	answer        object
}

// agentWork are those frames, in the order of docs/protocol.md section 6.
func agentWork() []workDoc {
	session := object{"type": "object", "required": []string{"session"}, "properties": object{"session": sessionRef}}
	return []workDoc{
		{agentAccept, "Takes a session from the queue or the bot; again, it is yours already.", object{"session_id": identifier}, []string{"session_id"}, session},
		{agentSend, "Says something. The ack means that it is on disk; sent again under the same message_id it counts once.", object{
			"session_id": identifier, "message_id": identifier, "kind": oneOf(care.MessageKinds...),
			"text": object{"type": "string", "minLength": 1, "maxLength": care.MaxMessageRunes},
		}, []string{"session_id", "text"}, object{"type": "object", "required": []string{"message", "replay"}, "properties": object{"message": messageRef, "replay": flag}}},
		{agentTransfer, "Passes a session on, to an agent who is there or to the queue of a persona.", object{
			"session_id": identifier, "agent_id": identifier, "persona": oneOf(care.Personas...), "reason": object{"type": "string", "minLength": 1, "maxLength": care.MaxReasonRunes},
		}, []string{"session_id", "reason"}, session},
		{agentClose, "Ends a session; the person is asked once for a rating.", object{"session_id": identifier, "resolution": oneOf(care.Resolved, care.Unresolved)}, []string{"session_id", "resolution"}, session},
		{agentTag, "Sets the tags of a session.", object{
			"session_id": identifier, "tags": object{"type": "array", "items": object{"type": "string", "maxLength": care.MaxTagRunes}, "maxItems": care.MaxTags},
		}, []string{"session_id", "tags"}, session},
		{agentAway, "Away they keep what they have and are given nothing new.", object{"away": flag}, []string{"away"}, ref("components/schemas/agent")},
	}
}

// toAgents is every frame the server sends to agents.
func (d *document) toAgents() (out []object) {
	for i := range agentFrames {
		f := &agentFrames[i]
		out = append(out, d.add(channelAgents, "agent."+f.name, f.summary, object{"type": "object", "required": f.required, "properties": f.properties()}))
	}
	return append(out, d.share(channelAgents, "ack"), d.share(channelAgents, "bye"))
}

// fromAgents is every frame an agent may send.
func (d *document) fromAgents() (out []object) {
	for _, w := range agentWork() {
		out = append(out, d.add(channelAgents, "work."+w.kind, w.summary, requestFrame(w.kind, object{
			"type": "object", "additionalProperties": false, "properties": w.fields, "required": w.required,
		})))
		d.schemas["answer."+w.kind] = w.answer
	}
	return out
}

// agentsChannel is the address of agents and what it is asked with.
func agentsChannel(messages object) object {
	return object{
		"address":     AgentRoute,
		"description": "For agents and who supervises them. Who is calling is proved as in a room.",
		"bindings": object{"ws": object{
			"method": "GET", "bindingVersion": "0.1.0",
			"query": object{"type": "object", "properties": object{
				"since":       object{"type": "string", "pattern": "^[0-9]+$", "description": "n of the last frame that was seen"},
				"away":        object{"type": "string", "enum": []string{"0", "1"}, "description": "1: begin away"},
				"all":         object{"type": "string", "enum": []string{"0", "1"}, "description": "1: every session of the merchant, of who supervises"},
				"merchant_id": object{"type": "string", "description": "of an admin's token"},
				"ticket":      object{"type": "string", "description": "single-use, from POST /v1/tickets"},
			}},
		}},
		"messages": messages,
	}
}
