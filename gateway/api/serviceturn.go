package api

import (
	"context"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// NewServiceMessage is the body of POST /v1/service/sessions/{session_id}/messages.
type NewServiceMessage struct {
	Text      string `json:"text" maxLength:"2000"`
	Kind      string `json:"kind,omitempty" enum:"share,qa,recommend,care,notice,chat" doc:"What an agent's message does; a person just talks."`
	MessageID string `json:"message_id,omitempty" doc:"Said again it counts once."`
}

// ServiceTransfer is the body of POST /v1/service/sessions/{session_id}/transfer.
type ServiceTransfer struct {
	AgentID string `json:"agent_id,omitempty" doc:"Somebody who is there; left out: to the queue of the persona."`
	Persona string `json:"persona,omitempty" enum:"expert,account_manager,product,after_sale"`
	Reason  string `json:"reason" maxLength:"200"`
}

// ServiceClose is the body of POST /v1/service/sessions/{session_id}/close.
type ServiceClose struct {
	Resolution string `json:"resolution" enum:"resolved,unresolved"`
}

// ServiceRating is the body of POST /v1/service/sessions/{session_id}/rate.
type ServiceRating struct {
	Score int64 `json:"score" minimum:"1" maximum:"5"`
}

// ServiceTags is the body of PUT /v1/service/sessions/{session_id}/tags.
type ServiceTags struct {
	Tags []string `json:"tags"`
}

// SaidServiceMessage is a message with where its session stands now.
type SaidServiceMessage struct {
	Message ServiceMessage `json:"message"`
	State   string         `json:"state" enum:"bot,queued,assigned,closed" doc:"Of the session now: a person's word may lead from the bot to the queue."`
	Replay  bool           `json:"replay" doc:"It was said before."`
}

type saidServiceOutput struct{ Body SaidServiceMessage }

// serviceWrite is a body for the session of a path.
type serviceWrite struct {
	ServiceSessionPath
	rawBody
}

// serviceTurns are the turns that a session may take.
func (a *API) serviceTurns() {
	all, serve, ask := []live.Action{live.ActServe, live.ActServiceAsk}, []live.Action{live.ActServe}, []live.Action{live.ActServiceAsk}
	add(a, Route{
		ID: "ask-human", Method: "POST", Path: "/v1/service/sessions/{session_id}/human", Tag: serviceTag, Summary: "Ask for a human",
		Text: "From the bot to the queue; elsewhere it changes nothing.", Actions: ask,
	}, a.askHuman)
	add(a, Route{
		ID: "accept-service-session", Method: "POST", Path: "/v1/service/sessions/{session_id}/accept", Tag: serviceTag, Summary: "Take a waiting session",
		Text: "Of two who accept the same one gets it, the other 409 `already_assigned`.", Actions: serve,
	}, a.acceptServiceSession)
	add(a, Route{
		ID: "transfer-service-session", Method: "POST", Path: "/v1/service/sessions/{session_id}/transfer", Tag: serviceTag, Summary: "Pass a session on",
		Text: "In the queue it keeps its place and what was promised.", Actions: serve, body: ServiceTransfer{}, example: map[string]any{"persona": "after_sale", "reason": "wants to send it back"},
	}, a.transferServiceSession)
	add(a, Route{
		ID: "close-service-session", Method: "POST", Path: "/v1/service/sessions/{session_id}/close", Tag: serviceTag, Summary: "Close a session",
		Text: "The person is asked once for a rating.", Actions: all, body: ServiceClose{}, example: map[string]any{"resolution": "resolved"},
	}, a.closeServiceSession)
	add(a, Route{
		ID: "rate-service-session", Method: "POST", Path: "/v1/service/sessions/{session_id}/rate", Tag: serviceTag, Summary: "Rate a closed session",
		Text: "Once, by its person.", Actions: ask, body: ServiceRating{}, example: map[string]any{"score": 5},
	}, a.rateServiceSession)
	add(a, Route{
		ID: "tag-service-session", Method: "PUT", Path: "/v1/service/sessions/{session_id}/tags", Tag: serviceTag, Summary: "Set the tags of a session", Actions: serve,
		body: ServiceTags{}, example: map[string]any{"tags": []string{"size", "children"}},
	}, a.tagServiceSession)
}

func (a *API) sayInServiceSession(ctx context.Context, p live.Principal, in *serviceWrite) (*saidServiceOutput, error) {
	b, err := decode[NewServiceMessage](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	said, s, err := a.cfg.Desk.Say(ctx, p, desk.Say{Merchant: m, Session: in.SessionID, ID: b.MessageID, Kind: care.MessageKind(b.Kind), Text: b.Text})
	if err != nil {
		return nil, err
	}
	return &saidServiceOutput{SaidServiceMessage{ServiceMessageOf(said), string(s.State), said.Replay}}, nil
}

func (a *API) askHuman(ctx context.Context, p live.Principal, in *ServiceSessionPath) (*serviceSessionOutput, error) {
	return a.turnService(p, in, func(m live.MerchantID) (desk.Session, error) { return a.cfg.Desk.AskHuman(ctx, m, p, in.SessionID) })
}

func (a *API) acceptServiceSession(ctx context.Context, p live.Principal, in *ServiceSessionPath) (*serviceSessionOutput, error) {
	return a.turnService(p, in, func(m live.MerchantID) (desk.Session, error) { return a.cfg.Desk.Accept(ctx, m, p, in.SessionID) })
}

func (a *API) transferServiceSession(ctx context.Context, p live.Principal, in *serviceWrite) (*serviceSessionOutput, error) {
	b, err := decode[ServiceTransfer](in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.turnService(p, &in.ServiceSessionPath, func(m live.MerchantID) (desk.Session, error) {
		return a.cfg.Desk.Transfer(ctx, p, desk.Transfer{Merchant: m, Session: in.SessionID, Agent: b.AgentID, Persona: care.Persona(b.Persona), Reason: b.Reason})
	})
}

func (a *API) closeServiceSession(ctx context.Context, p live.Principal, in *serviceWrite) (*serviceSessionOutput, error) {
	b, err := decode[ServiceClose](in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.turnService(p, &in.ServiceSessionPath, func(m live.MerchantID) (desk.Session, error) {
		return a.cfg.Desk.Close(ctx, m, p, in.SessionID, care.Resolution(b.Resolution))
	})
}

func (a *API) rateServiceSession(ctx context.Context, p live.Principal, in *serviceWrite) (*serviceSessionOutput, error) {
	b, err := decode[ServiceRating](in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.turnService(p, &in.ServiceSessionPath, func(m live.MerchantID) (desk.Session, error) {
		return a.cfg.Desk.Rate(ctx, m, p, in.SessionID, b.Score)
	})
}

func (a *API) tagServiceSession(ctx context.Context, p live.Principal, in *serviceWrite) (*serviceSessionOutput, error) {
	b, err := decode[ServiceTags](in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.turnService(p, &in.ServiceSessionPath, func(m live.MerchantID) (desk.Session, error) {
		return a.cfg.Desk.Tag(ctx, m, p, in.SessionID, b.Tags)
	})
}
