package api

import (
	"context"

	"showrunner/live"
)

// Me is what a token says.
type Me struct {
	Subject    string   `json:"sub"`
	Name       string   `json:"name,omitempty"`
	Role       string   `json:"role"`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Left out for an admin of every merchant."`
	RoomIDs    []string `json:"room_ids,omitempty" doc:"Left out when the token reaches every room of the merchant."`
	ExpiresAt  Time     `json:"expires_at,omitzero"`
	Actions    []string `json:"actions" doc:"What the role may do."`
}

// Ticket stands for a token once.
type Ticket struct {
	Ticket    string `json:"ticket" doc:"For ?ticket= of the websocket URL."`
	ExpiresAt Time   `json:"expires_at"`
}

type (
	meOutput     struct{ Body Me }
	ticketOutput struct{ Body Ticket }
)

func (a *API) me() {
	add(a, Route{ID: "get-me", Method: "GET", Path: "/v1/me", Tag: "Tokens", Summary: "Read what the token says"}, a.getMe)
	add(a, Route{
		ID: "create-ticket", Method: "POST", Path: "/v1/tickets", Tag: "Tokens", Summary: "Get a single-use ticket for a websocket URL",
		Text: "For browsers, which cannot send a header there. A ticket is good once, for 30 seconds.", Actions: []live.Action{live.ActTicket}, status: 201,
	}, a.createTicket)
}

func (a *API) getMe(_ context.Context, p live.Principal, _ *struct{}) (*meOutput, error) {
	me := Me{Subject: p.Subject, Name: p.Name, Role: string(p.Role), MerchantID: string(p.Merchant), ExpiresAt: Time{p.Expires}, Actions: []string{}}
	for _, r := range p.Rooms {
		me.RoomIDs = append(me.RoomIDs, string(r))
	}
	for _, act := range live.ActionsOf(p.Role) {
		me.Actions = append(me.Actions, string(act))
	}
	return &meOutput{me}, nil
}

func (a *API) createTicket(_ context.Context, p live.Principal, _ *struct{}) (*ticketOutput, error) {
	text, expires, err := a.cfg.Tickets.Issue(p)
	if err != nil {
		return nil, err
	}
	return &ticketOutput{Ticket{Ticket: text, ExpiresAt: Time{expires}}}, nil
}
