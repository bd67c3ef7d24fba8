package ws

import (
	"bytes"
	"encoding/json"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// timeLayout is RFC 3339 in UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

type eventJSON struct {
	Type    live.Kind       `json:"type"`
	EventID live.EventID    `json:"event_id,omitempty"`
	At      string          `json:"at"`
	Actor   actorJSON       `json:"actor"`
	Data    json.RawMessage `json:"data"`
}

type actorJSON struct {
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
	Role live.Role `json:"role"`
}

type promptJSON struct {
	Type    string       `json:"type"`
	From    live.Role    `json:"from"`
	Name    string       `json:"name,omitempty"`
	Text    string       `json:"text"`
	EventID live.EventID `json:"event_id"`
	At      string       `json:"at"`
	Offset  uint64       `json:"offset"`
}

// MessageOf is the message of a log entry for the hub; ok is false if nobody
// sees it as it happens. Order events show the order, the person and the state
// to every panel and amounts only to those who may see money, and so do events
// of who earned an order; their deltas stay inside.
func MessageOf(e live.Entry) (m hub.Message, ok bool) {
	spec, known := live.SpecOf(e.Event.Kind)
	if !known || spec.Audience == live.AudienceNone || e.Event.Room == "" || e.Event.Stale() {
		return hub.Message{}, false
	}
	m = hub.Message{Offset: e.Position.Offset(), Audience: spec.Audience}
	if spec.Audience == live.AudiencePerson {
		m.Person = e.Event.Person
	}
	m.Effect, m.Comment, m.Author = effectOf(&e.Event)
	m.Droppable = m.Effect == hub.Says && e.Event.Actor.Role == live.RoleViewer
	switch {
	case e.Event.Kind == live.PromptSent:
		m.JSON, m.Alone = encodePrompt(&e), true
	case live.OrderFactKind(e.Event.Kind):
		o := orderSeen(e.Event.Data)
		m.JSON, m.Money = o.encode(&e.Event, false), o.encode(&e.Event, true)
	case live.CreditKind(e.Event.Kind):
		m.JSON = EncodeEvent(e.Event)
		m.Money = encodeEvent(&e.Event, live.CreditSeen(e.Event.Data, true))
	default:
		m.JSON = EncodeEvent(e.Event)
	}
	return m, true
}

// effectOf is what an event means for the comments of its room.
func effectOf(e *live.Event) (effect hub.Effect, comment string, author live.PersonID) {
	switch {
	case e.Kind.Silences():
		return hub.Silences, "", e.Person
	case e.Kind == live.CommentSent:
		effect, author = hub.Says, e.Person
	case e.Kind == live.CommentHidden:
		effect = hub.Hides
	case e.Kind == live.CommentRestored:
		effect = hub.Restores
	default:
		return hub.NoEffect, "", ""
	}
	var d struct {
		Comment string `json:"comment_id"`
	}
	if json.Unmarshal(e.Data, &d) != nil { // Accepted facts were checked on their way in.
		return hub.NoEffect, "", ""
	}
	return effect, d.Comment, author
}

// EncodeEvent is the event as everybody of its audience may see it: without the
// money of orders, and with no member of a comment but those we know.
func EncodeEvent(e live.Event) []byte {
	switch {
	case live.OrderFactKind(e.Kind):
		return orderSeen(e.Data).encode(&e, false)
	case live.CreditKind(e.Kind):
		return encodeEvent(&e, live.CreditSeen(e.Data, false))
	case e.Kind == live.CommentSent || e.Kind == "question_asked":
		return encodeEvent(&e, pick(e.Data, "comment_id", "text", "reply_to"))
	case serviceSeen[e.Kind] != nil:
		return encodeEvent(&e, pick(e.Data, serviceSeen[e.Kind]...))
	}
	return encodeEvent(&e, e.Data)
}

func encodeEvent(e *live.Event, data json.RawMessage) []byte {
	if len(data) == 0 || !json.Valid(data) {
		data = json.RawMessage("{}")
	}
	// A browser drops a connection that sends it a text frame of broken UTF-8.
	data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	at := e.OccurredAt
	if at.IsZero() {
		at = e.ReceivedAt
	}
	return encode(eventJSON{
		Type: e.Kind, EventID: e.ID, At: stamp(at), Data: data,
		Actor: actorJSON{ID: e.Actor.ID, Name: e.Actor.Name, Role: e.Actor.Role},
	})
}

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

func encodePrompt(e *live.Entry) []byte {
	var d struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(e.Event.Data, &d); err != nil {
		d.Text = "" // The store wrote it; an empty prompt still shows that one was sent.
	}
	return encode(promptJSON{
		Type: "prompt", From: e.Event.Actor.Role, Name: e.Event.Actor.Name, Text: d.Text,
		EventID: e.Event.ID, At: stamp(e.Event.OccurredAt), Offset: e.Position.Offset(),
	})
}

// pick copies the named members of an object.
func pick(data json.RawMessage, names ...string) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	some := make(map[string]json.RawMessage, len(names))
	for _, n := range names {
		if v, ok := all[n]; ok {
			some[n] = v
		}
	}
	return encode(some)
}

// Stats are the totals of a room that everybody sees: what many viewers do too
// often to be told one by one.
type Stats struct {
	Online   int   `json:"online"`
	WatchUV  int64 `json:"watch_uv"`
	Likes    int64 `json:"likes"`
	Comments int64 `json:"comments"`
	// LeftOut is how many comments a large room did not show its viewers.
	LeftOut int64 `json:"comments_left_out,omitempty"`

	Coupon *CouponStats `json:"coupon,omitempty"`
	Packet *PacketStats `json:"red_packet,omitempty"`
	Draw   *DrawStats   `json:"draw,omitempty"`
}

// CouponStats is how many coupons of the dropped batch are gone.
type CouponStats struct {
	Batch   string `json:"batch_id"`
	Claimed int64  `json:"claimed"`
	Total   int64  `json:"total"`
}

// PacketStats is how many shares of the red packet are gone.
type PacketStats struct {
	Packet  string `json:"packet_id"`
	Claimed int64  `json:"claimed"`
	Count   int64  `json:"count"`
}

// DrawStats is how many take part in the draw.
type DrawStats struct {
	Draw    string         `json:"draw_id"`
	State   live.DrawState `json:"state"`
	Entries int64          `json:"entries"`
}

// Progress puts how far benefits have come into the totals.
func (s *Stats) Progress(p live.BenefitProgress) {
	if c := p.Coupon; c != nil {
		s.Coupon = &CouponStats{Batch: c.Batch, Claimed: c.Claimed, Total: c.Total}
	}
	if r := p.Packet; r != nil {
		s.Packet = &PacketStats{Packet: r.Packet, Claimed: r.Claimed, Count: r.Count}
	}
	if d := p.Draw; d != nil {
		s.Draw = &DrawStats{Draw: d.Draw, State: d.State, Entries: d.Entries}
	}
}

// EncodeStats is the room_stats event for [hub.Hub.Stats].
func EncodeStats(s Stats) []byte {
	return encode(struct {
		Type string `json:"type"`
		Data Stats  `json:"data"`
	}{"room_stats", s})
}
