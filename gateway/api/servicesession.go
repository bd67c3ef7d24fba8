package api

import (
	"context"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// ServiceSession is a conversation with one person.
type ServiceSession struct {
	SessionID  string           `json:"session_id"`
	MerchantID string           `json:"merchant_id"`
	PersonID   string           `json:"person_id"`
	EntryID    string           `json:"entry_id,omitempty"`
	Channel    string           `json:"channel,omitempty"`
	RoomID     string           `json:"room_id,omitempty"`
	ShowID     string           `json:"show_id,omitempty"`
	Persona    string           `json:"persona,omitempty" enum:"expert,account_manager,product,after_sale" doc:"Who is wanted; left out: anybody."`
	Initiated  string           `json:"initiated_by" enum:"viewer,agent"`
	State      string           `json:"state" enum:"bot,queued,assigned,closed"`
	AgentID    string           `json:"agent_id,omitempty" doc:"Who serves now; of a closed session who served last."`
	HandedOver string           `json:"handed_over,omitempty" enum:"asked,no_answer,repeated,limit,agent" doc:"Why the bot gave it to a human; left out: it did not."`
	Tags       []string         `json:"tags"`
	Resolution string           `json:"resolution,omitempty" enum:"resolved,unresolved,silent"`
	Score      int64            `json:"score,omitempty" minimum:"1" maximum:"5"`
	Rate       bool             `json:"rate" doc:"The person is asked for a rating and has given none."`
	Messages   int64            `json:"messages" doc:"How many were said: the number of the last."`
	Waiting    *Time            `json:"waiting_since,omitempty" doc:"Since when the person waits for a word."`
	OpenedAt   Time             `json:"opened_at"`
	QueuedAt   *Time            `json:"queued_at,omitempty"`
	AssignedAt *Time            `json:"assigned_at,omitempty"`
	RepliedAt  *Time            `json:"first_replied_at,omitempty"`
	LastAt     Time             `json:"last_at"`
	ClosedAt   *Time            `json:"closed_at,omitempty"`
	Reopened   int64            `json:"reopened" doc:"Times it was taken up again after a close."`
	Clocks     []ServicePromise `json:"clocks" doc:"What was promised: business hours of the merchant."`
}

// ServicePromise is one clock of a session.
type ServicePromise struct {
	Clock      string `json:"clock" enum:"first_response,resolution"`
	DueAt      *Time  `json:"due_at,omitempty" doc:"In business hours from when a human was needed; left out: not needed so far."`
	BreachedAt *Time  `json:"breached_at,omitempty" doc:"When it was found broken."`
	WallMS     *int64 `json:"wall_ms,omitempty" doc:"From the opening, on the wall; left out: not there yet."`
	BusinessMS *int64 `json:"business_ms,omitempty" doc:"Of it within business hours."`
}

// ServiceMessage is one thing said in a session.
type ServiceMessage struct {
	SessionID string `json:"session_id"`
	N         int64  `json:"n" doc:"Its number in the session, from 1, without gaps."`
	MessageID string `json:"message_id"`
	By        string `json:"by" enum:"viewer,bot,agent"`
	Kind      string `json:"kind" enum:"share,qa,recommend,care,notice,chat"`
	AgentID   string `json:"agent_id,omitempty"`
	Text      string `json:"text"`
	At        Time   `json:"at"`
}

// ServiceSessionOf is a session on the wire.
func ServiceSessionOf(s desk.Session) ServiceSession {
	out := ServiceSession{
		SessionID: s.ID, MerchantID: string(s.Merchant), PersonID: string(s.Person), EntryID: s.Entry, Channel: s.Channel, RoomID: string(s.Room), ShowID: string(s.Show),
		Persona: string(s.Persona), Initiated: string(s.Initiated), State: string(s.State), AgentID: s.Agent, HandedOver: string(s.HandedOver), Tags: s.Tags,
		Resolution: string(s.Resolution), Score: s.Score, Rate: s.State == care.StateClosed && !s.RatingAt.IsZero() && s.Score == 0, Messages: s.Messages,
		Waiting: timeOf(s.Waiting), OpenedAt: Time{s.OpenedAt}, QueuedAt: timeOf(s.QueuedAt), AssignedAt: timeOf(s.AssignedAt), RepliedAt: timeOf(s.RepliedAt), LastAt: Time{s.LastAt},
		ClosedAt: timeOf(s.ClosedAt), Reopened: s.Reopened,
	}
	if s.State == care.StateClosed {
		out.AgentID = s.LastAgent
	}
	if out.Tags == nil {
		out.Tags = []string{}
	}
	clock := func(name string, due, breached, reached time.Time, wall, business time.Duration) {
		p := ServicePromise{Clock: name, DueAt: timeOf(due), BreachedAt: timeOf(breached)}
		if !reached.IsZero() {
			w, b := wall.Milliseconds(), business.Milliseconds()
			p.WallMS, p.BusinessMS = &w, &b
		}
		out.Clocks = append(out.Clocks, p)
	}
	clock("first_response", s.ReplyDue, s.ReplyBreached, s.RepliedAt, s.Reply, s.ReplyBusiness)
	clock("resolution", s.ResolveDue, s.ResolveBreached, s.ClosedAt, s.Resolve, s.ResolveBusiness)
	return out
}

// seenBy is a session as somebody sees it: tags are the agents' own words.
func seenBy(p live.Principal, s desk.Session) ServiceSession {
	if p.Role == live.RoleViewer {
		s.Tags = nil
	}
	return ServiceSessionOf(s)
}

// ServiceMessageOf is a message on the wire.
func ServiceMessageOf(m desk.Message) ServiceMessage {
	return ServiceMessage{m.Session, m.N, m.ID, string(m.By), string(m.Kind), m.Agent, m.Text, Time{m.At}}
}

// NewServiceSession is the body of POST /v1/service/sessions.
type NewServiceSession struct {
	EntryID    string `json:"entry_id,omitempty"`
	PersonID   string `json:"person_id,omitempty" doc:"Who asks. A viewer always asks for themselves; others name the person."`
	Channel    string `json:"channel,omitempty" maxLength:"128" doc:"Where they came from, such as group or shop."`
	Persona    string `json:"persona,omitempty" enum:"expert,account_manager,product,after_sale" doc:"Who is wanted; what the entry says when left out."`
	Text       string `json:"text,omitempty" maxLength:"2000" doc:"The first word. Required of staff, who open a session by saying something."`
	Kind       string `json:"kind,omitempty" enum:"share,qa,recommend,care,notice,chat"`
	MessageID  string `json:"message_id,omitempty" doc:"Of the first word: said again it counts once."`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// OpenedServiceSession is a session with the word that opened it.
type OpenedServiceSession struct {
	Session ServiceSession  `json:"session"`
	Message *ServiceMessage `json:"message,omitempty"`
	Existed bool            `json:"existed" doc:"The person had it open there already."`
}

type openedServiceOutput struct{ Body OpenedServiceSession }

type serviceSessionOutput struct{ Body ServiceSession }

// ServiceSessionPath is the path of one session.
type ServiceSessionPath struct {
	SessionID  string `path:"session_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

func (a *API) serviceSessions() {
	all := []live.Action{live.ActServe, live.ActServiceAsk}
	add(a, Route{
		ID: "open-service-session", Method: "POST", Path: "/v1/service/sessions", Tag: serviceTag, Summary: "Open a service session, or go on with the one that is open",
		Text:    "A person has one open session at an entry. With the bot on it answers first; a human is always one word away. In a live room `service_open` on the websocket does the same.",
		Actions: all, status: 201, body: NewServiceSession{}, example: map[string]any{"entry_id": "ent_1", "person_id": "p-17", "text": "Which size for a child of 3?"},
	}, a.openServiceSession)
	add(a, Route{
		ID: "list-service-sessions", Method: "GET", Path: "/v1/service/sessions", Tag: serviceTag, Summary: "List service sessions, last opened first",
		Text: "A viewer sees their own; agents those they serve, served last or whose person is theirs; merchants and operators all.", Actions: all,
	}, a.listServiceSessions)
	add(a, Route{ID: "get-service-session", Method: "GET", Path: "/v1/service/sessions/{session_id}", Tag: serviceTag, Summary: "Read a service session", Actions: all}, a.getServiceSession)
	add(a, Route{
		ID: "list-service-messages", Method: "GET", Path: "/v1/service/sessions/{session_id}/messages", Tag: serviceTag, Summary: "Read what was said, oldest first", Actions: all,
	}, a.listServiceMessages)
	add(a, Route{
		ID: "say-in-service-session", Method: "POST", Path: "/v1/service/sessions/{session_id}/messages", Tag: serviceTag, Summary: "Say something in a service session",
		Text:    "The answer means that it is on disk. A person who speaks within a day of the close opens the session again. Staff accept a session before they speak in it: 409 `session_not_assigned`.",
		Actions: all, status: 201, body: NewServiceMessage{}, example: map[string]any{"text": "110 fits most children of 3.", "kind": "qa", "message_id": "m-17"},
	}, a.sayInServiceSession)
	a.serviceTurns()
}

func (a *API) openServiceSession(ctx context.Context, p live.Principal, in *rawBody) (*openedServiceOutput, error) {
	b, err := decode[NewServiceSession](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if p.Role != live.RoleViewer && p.Rooms != nil {
		return nil, live.Forbidden("room_forbidden", "the token is limited to rooms, and a session opened here is in none")
	}
	if p.Role == live.RoleViewer && b.PersonID != "" && b.PersonID != p.Subject {
		return nil, live.Forbidden("person_forbidden", "a viewer asks for themselves")
	}
	o, err := a.cfg.Desk.Open(ctx, p, desk.Open{
		Merchant: m, Entry: b.EntryID, Person: live.PersonID(b.PersonID), Channel: b.Channel, Persona: care.Persona(b.Persona), Text: b.Text, Kind: care.MessageKind(b.Kind), MessageID: b.MessageID,
	})
	if err != nil {
		return nil, err
	}
	out := OpenedServiceSession{Session: seenBy(p, o.Session), Existed: o.Existed}
	if o.Message != nil {
		said := ServiceMessageOf(*o.Message)
		out.Message = &said
	}
	return &openedServiceOutput{out}, nil
}

func (a *API) listServiceSessions(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"bot,queued,assigned,closed"`
	Persona    string `query:"persona" enum:"expert,account_manager,product,after_sale"`
	AgentID    string `query:"agent_id" doc:"Who serves now."`
	EntryID    string `query:"entry_id"`
	PersonID   string `query:"person_id" doc:"Under any of their names."`
	ShowID     string `query:"show_id"`
},
) (*listOutput[ServiceSession], error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Desk.Sessions(ctx, p, desk.SessionFilter{
		Merchant: m, State: care.State(in.State), Persona: care.Persona(in.Persona), Agent: in.AgentID, Entry: in.EntryID, Person: live.PersonID(in.PersonID), Show: live.ShowID(in.ShowID),
		Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, func(s desk.Session) ServiceSession { return seenBy(p, s) }), nil
}

func (a *API) getServiceSession(ctx context.Context, p live.Principal, in *ServiceSessionPath) (*serviceSessionOutput, error) {
	return a.turnService(p, in, func(m live.MerchantID) (desk.Session, error) { return a.cfg.Desk.Session(ctx, m, p, in.SessionID) })
}

// turnService does something with the session of a path and answers with it.
func (a *API) turnService(p live.Principal, in *ServiceSessionPath, do func(live.MerchantID) (desk.Session, error)) (*serviceSessionOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	s, err := do(m)
	if err != nil {
		return nil, err
	}
	return &serviceSessionOutput{seenBy(p, s)}, nil
}

func (a *API) listServiceMessages(ctx context.Context, p live.Principal, in *struct {
	ServiceSessionPath
	After int64 `query:"after" minimum:"0" doc:"The number of the last message known; those after it are read."`
	Limit int   `query:"limit" doc:"How many to return at most." minimum:"1" maximum:"200" default:"50"`
},
) (*listOutput[ServiceMessage], error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Desk.Messages(ctx, m, p, in.SessionID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, "", ServiceMessageOf), nil
}
