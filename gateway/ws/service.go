package ws

import (
	"context"
	"encoding/json"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// Desk is the service desk; conversion/care/desk is it.
type Desk interface {
	Open(ctx context.Context, by live.Principal, in desk.Open) (desk.Opened, error)
	Say(ctx context.Context, by live.Principal, in desk.Say) (desk.Message, desk.Session, error)
	AskHuman(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)
	Rate(ctx context.Context, m live.MerchantID, by live.Principal, id string, score int64) (desk.Session, error)
	Session(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)

	Accept(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)
	Transfer(ctx context.Context, by live.Principal, in desk.Transfer) (desk.Session, error)
	Close(ctx context.Context, m live.MerchantID, by live.Principal, id string, how care.Resolution) (desk.Session, error)
	Tag(ctx context.Context, m live.MerchantID, by live.Principal, id string, tags []string) (desk.Session, error)
	Arrive(ctx context.Context, m live.MerchantID, by live.Principal, state desk.AgentState) (desk.Agent, error)
	Depart(ctx context.Context, m live.MerchantID, by live.Principal) error
	Turns(ctx context.Context, r desk.Reader, after int64, most int) (list []desk.Turn, next int64, complete bool, err error)
	Mine(ctx context.Context, r desk.Reader) (mine, offered []desk.Session, head int64, err error)
	Watch(m live.MerchantID) (news <-chan struct{}, stop func())
}

// ServiceWire makes of sessions and messages what clients are sent, the same as
// over HTTP.
type ServiceWire struct {
	Session func(desk.Session) any
	Message func(desk.Message) any
}

// Frames by which a viewer talks to the service desk without leaving the room.
const (
	typeServiceOpen  = "service_open"
	typeServiceSay   = "service_say"
	typeServiceHuman = "service_human"
	typeServiceRate  = "service_rate"
)

// service reports whether a frame is for the service desk.
func service(kind string) bool {
	return kind == typeServiceOpen || kind == typeServiceSay || kind == typeServiceHuman || kind == typeServiceRate
}

// serviceAck answers a viewer's frame to the desk.
type serviceAck struct {
	SessionID string     `json:"session_id"`
	State     care.State `json:"state"`
	N         int64      `json:"n,omitempty"`
	Replay    bool       `json:"replay,omitempty"`
	Existed   bool       `json:"existed,omitempty"`
}

// serve carries out what a viewer asks of the desk. What is said comes back as
// events to this person alone, in each of their sockets.
func (c *conn) serve(q request) (any, error) {
	d := c.srv.deps.Desk
	switch {
	case c.who.Role != live.RoleViewer:
		return nil, live.Forbidden("forbidden", "staff speaks at the service desk, not in the room")
	case d == nil:
		return nil, live.Unavailable("desk_closed", 0, "there is no service desk here")
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	if q.Type == typeServiceOpen {
		return c.openService(ctx, d, q)
	}
	var in struct {
		Session string          `json:"session_id"`
		Text    string          `json:"text"`
		Score   json.RawMessage `json:"score"`
	}
	if err := strict(q.Data, &in); err != nil {
		return nil, err
	}
	if err := named("session_id", in.Session); err != nil {
		return nil, err
	}
	var s desk.Session
	var err error
	switch m := c.room.Merchant; q.Type {
	case typeServiceSay:
		said, s, err := d.Say(ctx, c.who, desk.Say{Merchant: m, Session: in.Session, ID: string(q.EventID), Text: in.Text})
		if err != nil {
			return nil, underData(err)
		}
		return serviceAck{SessionID: s.ID, State: s.State, N: said.N, Replay: said.Replay}, nil
	case typeServiceRate:
		var score int64
		if json.Unmarshal(in.Score, &score) != nil {
			return nil, live.Invalid("invalid_field", "data.score", "must be %d to %d", care.MinScore, care.MaxScore)
		}
		s, err = d.Rate(ctx, m, c.who, in.Session, score)
	default:
		s, err = d.AskHuman(ctx, m, c.who, in.Session)
	}
	if err != nil {
		return nil, underData(err)
	}
	return serviceAck{SessionID: s.ID, State: s.State}, nil
}

// openService opens a session from the room, in its show.
func (c *conn) openService(ctx context.Context, d Desk, q request) (any, error) {
	var in struct {
		Entry   string       `json:"entry_id"`
		Persona care.Persona `json:"persona"`
		Text    string       `json:"text"`
	}
	if err := strict(q.Data, &in); err != nil {
		return nil, err
	}
	open := desk.Open{
		Merchant: c.room.Merchant, Entry: in.Entry, Persona: in.Persona, Text: in.Text, MessageID: string(q.EventID), Room: c.room.ID, Channel: c.channel,
	}
	if show, ok := c.srv.deps.Store.OnAir(c.room.ID); ok {
		open.Show, open.Rehearsal = show.ID, show.Rehearsal
	}
	o, err := d.Open(ctx, c.who, open)
	if err != nil {
		return nil, underData(err)
	}
	ack := serviceAck{SessionID: o.Session.ID, State: o.Session.State, Existed: o.Existed}
	if o.Message != nil {
		ack.N, ack.Replay = o.Message.N, o.Message.Replay
	}
	return ack, nil
}

// underData puts the field of a refusal where it stands in the frame.
func underData(err error) error {
	e, known := refusal(err)
	if !known || e.Field == "" {
		return err
	}
	moved := *e
	moved.Field = "data." + e.Field
	return &moved
}

// serviceSeen are the members of a fact of service that its person sees: not what
// agents say of them among each other, nor what it cost.
var serviceSeen = map[live.Kind][]string{
	live.ServiceMessageSent: {"session_id", "entry_id", "message_id", "n", "by", "kind", "text", "agent_id"},
	live.ServiceHandedOver:  {"session_id", "to", "reason"},
	live.ServiceAssigned:    {"session_id", "agent_id", "agent_name"},
	live.ServiceTransferred: {"session_id", "persona"},
	live.ServiceClosed:      {"session_id", "entry_id", "resolution", "rate"},
	live.ServiceReopened:    {"session_id", "entry_id"},
}
