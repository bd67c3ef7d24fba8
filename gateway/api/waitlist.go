package api

import (
	"context"

	"showrunner/live"
)

// WaitPlace is one's own place in the line for a SKU.
type WaitPlace struct {
	SKUID     string `json:"sku_id"`
	Qty       int64  `json:"qty" doc:"Units waited for; once offered, the units held."`
	State     string `json:"state" enum:"waiting,offered"`
	Ahead     int64  `json:"ahead" doc:"Persons waiting before."`
	JoinedAt  Time   `json:"joined_at"`
	ExpiresAt Time   `json:"expires_at,omitzero" doc:"When the offer passes to the next. It is accepted by placing an order for the SKU."`
}

type waitlistOutput struct {
	Body struct {
		Items []WaitPlace `json:"items"`
	}
}

func (a *API) waitlists() {
	add(a, Route{
		ID: "get-my-waitlist", Method: "GET", Path: "/v1/shows/{show_id}/waitlist/me", Tag: "Orders", Summary: "Read one's own places in the waitlists of a show",
		Text:    "A place is taken on the websocket by waitlist_joined.",
		Actions: []live.Action{live.ActOrderPlace},
	}, a.getMyWaitlist)
}

func (a *API) getMyWaitlist(ctx context.Context, p live.Principal, in *ShowPath) (*waitlistOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	places, err := a.cfg.Store.Waitlist(ctx, s.ID, live.PersonID(p.Subject))
	if err != nil {
		return nil, err
	}
	out := &waitlistOutput{}
	out.Body.Items = make([]WaitPlace, len(places))
	for i, w := range places {
		out.Body.Items[i] = WaitPlace{
			SKUID: string(w.SKU), Qty: w.Qty, State: string(w.State), Ahead: w.Ahead, JoinedAt: Time{w.JoinedAt}, ExpiresAt: Time{w.ExpiresAt},
		}
	}
	return out, nil
}
