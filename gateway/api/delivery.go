package api

import (
	"context"
	"net/http"

	"showrunner/live"
	"showrunner/live/store"
)

// Delivery is one fact on its way to one subscription.
type Delivery struct {
	ID             string `json:"delivery_id" doc:"The webhook-id of every attempt."`
	SubscriptionID string `json:"subscription_id"`
	EventID        string `json:"event_id"`
	Offset         uint64 `json:"offset" doc:"Place of the fact in the log; of a report_due its number."`
	Type           string `json:"type"`
	State          string `json:"state" enum:"pending,delivered,dead"`
	Attempts       int64  `json:"attempts"`
	NextAt         *Time  `json:"next_at,omitempty" doc:"Of the next attempt, while pending."`
	LastStatus     int    `json:"last_status,omitempty" doc:"HTTP status of the last answer."`
	LastError      string `json:"last_error,omitempty" enum:"status,gone,redirect,timeout,address_not_allowed,name_not_found,tls,connection,secret,expired" doc:"Why the last attempt failed."`
	ReceivedAt     Time   `json:"received_at" doc:"When the fact was accepted."`
	CreatedAt      Time   `json:"created_at"`
	DoneAt         *Time  `json:"done_at,omitempty"`
}

// NewReplay is the body of POST /v1/subscriptions/{subscription_id}/replay.
type NewReplay struct {
	From  Time   `json:"from" doc:"Facts received at or after this."`
	To    Time   `json:"to" doc:"And before this."`
	State string `json:"state,omitempty" enum:"delivered,dead" doc:"Only deliveries in this state; both without it."`
}

// Replay answers it.
type Replay struct {
	Replayed int64 `json:"replayed" doc:"Deliveries that are due again."`
	More     bool  `json:"more" doc:"There are more than one call takes: repeat it."`
}

type deliveryOutput struct{ Body Delivery }

type replayOutput struct{ Body Replay }

func (a *API) deliveries() {
	read, write := []live.Action{live.ActSubscriptionRead}, []live.Action{live.ActSubscriptionWrite}
	const tag = "Subscriptions"
	add(a, Route{
		ID: "list-deliveries", Method: "GET", Path: "/v1/subscriptions/{subscription_id}/deliveries", Tag: tag, Summary: "List what was sent, waits or was given up",
		Text: "Newest first. Delivered ones are kept a week, dead ones a month.", Actions: read,
	}, a.listDeliveries)
	add(a, Route{
		ID: "replay-delivery", Method: "POST", Path: "/v1/deliveries/{delivery_id}/replay", Tag: tag, Summary: "Send a webhook again",
		Text: "Under the same `webhook-id`, with all its attempts before it.", Actions: write, status: http.StatusAccepted,
	}, a.replayDelivery)
	add(a, Route{
		ID: "replay-subscription", Method: "POST", Path: "/v1/subscriptions/{subscription_id}/replay", Tag: tag, Summary: "Send the webhooks of a time again",
		Text: "Delivered and dead ones that are still kept, oldest first, under their old `webhook-id`s; up to 5000 a call.", Actions: write, status: http.StatusAccepted,
		body: NewReplay{}, example: map[string]any{"from": "2026-01-02T12:00:00.000Z", "to": "2026-01-02T13:00:00.000Z", "state": "dead"},
	}, a.replaySubscription)
}

func (a *API) listDeliveries(ctx context.Context, p live.Principal, in *struct {
	SubscriptionPath
	Page
	State string `query:"state" enum:"pending,delivered,dead"`
},
) (*listOutput[Delivery], error) {
	if _, err := a.subscription(ctx, p, in.ID); err != nil {
		return nil, err
	}
	rows, next, err := a.cfg.Store.Webhooks(ctx, store.WebhookFilter{Subscription: in.ID, State: store.WebhookState(in.State), Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, deliveryOf), nil
}

func (a *API) replayDelivery(ctx context.Context, p live.Principal, in *struct {
	ID string `path:"delivery_id" maxLength:"128"`
},
) (*deliveryOutput, error) {
	if !live.ValidID(in.ID) {
		return nil, notFound("delivery", in.ID)
	}
	d, err := a.cfg.Store.Webhook(ctx, in.ID)
	if isNotFound(err) || err == nil && !p.SeesMerchant(d.Merchant) {
		return nil, notFound("delivery", in.ID)
	}
	if err != nil {
		return nil, err
	}
	if err := wholeMerchant(p); err != nil {
		return nil, err
	}
	if d, err = a.cfg.Store.ReplayWebhook(ctx, in.ID, p); err != nil {
		return nil, err
	}
	return &deliveryOutput{deliveryOf(d)}, nil
}

func (a *API) replaySubscription(ctx context.Context, p live.Principal, in *struct {
	SubscriptionPath
	rawBody
},
) (*replayOutput, error) {
	if _, err := a.subscription(ctx, p, in.ID); err != nil {
		return nil, err
	}
	b, err := decode[NewReplay](in.RawBody)
	if err != nil {
		return nil, err
	}
	if !b.From.Before(b.To.Time) {
		return nil, live.Invalid("invalid_field", "to", "must be after from")
	}
	state := store.WebhookState(b.State)
	if state != "" && state != store.WebhookDead && state != store.WebhookDelivered {
		return nil, live.Invalid("invalid_field", "state", "must be delivered or dead")
	}
	n, more, err := a.cfg.Store.ReplayWebhooks(ctx, in.ID, b.From.Time, b.To.Time, state, p)
	if err != nil {
		return nil, err
	}
	return &replayOutput{Replay{Replayed: n, More: more}}, nil
}

func deliveryOf(d store.Webhook) Delivery {
	out := Delivery{
		ID: d.ID, SubscriptionID: d.Subscription, EventID: string(d.Event), Offset: d.Position.Offset(), Type: string(d.Kind), State: string(d.State),
		Attempts: d.Attempts, LastStatus: d.LastStatus, LastError: d.LastError, ReceivedAt: Time{d.ReceivedAt}, CreatedAt: Time{d.CreatedAt}, DoneAt: timeOrNil(d.DoneAt),
	}
	if d.State == store.WebhookPending {
		out.NextAt = timeOrNil(d.NextAt)
	}
	return out
}
