package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Subscription is who is sent which facts, without the secret.
type Subscription struct {
	ID          string   `json:"subscription_id" example:"sub_019b7d2a-3c00-7000-8000-000000000001"`
	MerchantID  string   `json:"merchant_id"`
	URL         string   `json:"url" doc:"Without its query for callers who may not change it."`
	Types       []string `json:"types"`
	Description string   `json:"description,omitempty"`
	Active      bool     `json:"active"`
	Stopped     string   `json:"stopped,omitempty" enum:"gone" doc:"Why Showrunner itself made it inactive: gone is that the endpoint answered 410."`
	Failures    int64    `json:"failures" doc:"Attempts in a row that failed."`
	PausedUntil *Time    `json:"paused_until,omitempty" doc:"The endpoint failed often, or asked for it, and is left alone until then."`
	OldUntil    *Time    `json:"old_secret_until,omitempty" doc:"Until then webhooks are signed with the secret before the last rotation too."`
	CreatedAt   Time     `json:"created_at"`
	UpdatedAt   Time     `json:"updated_at"`
}

// SubscriptionSecret is a subscription with its new secret.
type SubscriptionSecret struct {
	Subscription
	Secret string `json:"secret" doc:"whsec_ and the key in base64. Never shown again."`
}

// NewSubscription is the body of POST /v1/subscriptions.
type NewSubscription struct {
	URL         string   `json:"url" doc:"https, at a public address. Its query is never logged."`
	Types       []string `json:"types" doc:"Facts to send: any of the order book, such as order_paid and refund_succeeded; show_scheduled, show_started, show_paused, show_resumed, show_ended; those of the shelf, such as price_changed and flash_sale_started; and report_due, for reports that are sent by a schedule. docs/webhooks.md lists them all."`
	Description string   `json:"description,omitempty" maxLength:"200"`
	Active      *bool    `json:"active,omitempty" doc:"true without it."`
	MerchantID  string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// SubscriptionPatch is the body of PATCH /v1/subscriptions/{subscription_id}.
type SubscriptionPatch struct {
	URL         *string  `json:"url,omitempty"`
	Types       []string `json:"types,omitempty"`
	Description *string  `json:"description,omitempty" maxLength:"200"`
	Active      *bool    `json:"active,omitempty"`
}

// NewRotation is the body of POST /v1/subscriptions/{subscription_id}/rotate.
type NewRotation struct {
	OverlapMinutes *int64 `json:"overlap_minutes,omitempty" minimum:"0" maximum:"10080" doc:"How long webhooks are signed with the old secret too; a day without it."`
}

// Bounds of the overlap of two secrets.
const (
	defaultOverlap = 24 * time.Hour
	maxOverlap     = 7 * 24 * time.Hour
)

type subscriptionOutput struct{ Body Subscription }

type subscriptionSecretOutput struct{ Body SubscriptionSecret }

// nothing is the answer without a body.
type nothing struct{}

func (a *API) subscriptions() {
	read, write := []live.Action{live.ActSubscriptionRead}, []live.Action{live.ActSubscriptionWrite}
	const tag = "Subscriptions"
	example := map[string]any{"url": "https://shop.example/hooks", "types": []string{"order_paid", "refund_succeeded"}, "description": "our ERP"}
	add(a, Route{
		ID: "create-subscription", Method: "POST", Path: "/v1/subscriptions", Tag: tag, Summary: "Have facts sent to a URL",
		Text: "Facts received from now on are posted as [Standard Webhooks](https://www.standardwebhooks.com): at least once, with a `webhook-id` that stays the same over retries and replays. " +
			"Facts of rehearsals are not sent. The secret is made by the server and shown only in this answer.",
		Actions: write, status: http.StatusCreated, body: NewSubscription{}, example: example,
	}, a.createSubscription)
	add(a, Route{ID: "list-subscriptions", Method: "GET", Path: "/v1/subscriptions", Tag: tag, Summary: "List subscriptions", Actions: read}, a.listSubscriptions)
	add(a, Route{ID: "get-subscription", Method: "GET", Path: "/v1/subscriptions/{subscription_id}", Tag: tag, Summary: "Read a subscription", Actions: read}, a.getSubscription)
	add(a, Route{
		ID: "update-subscription", Method: "PATCH", Path: "/v1/subscriptions/{subscription_id}", Tag: tag, Summary: "Change a subscription",
		Text:    "Members that are left out stay. What happens while it is inactive is not sent later; what was waiting goes on when it is active again.",
		Actions: write, body: SubscriptionPatch{}, example: map[string]any{"active": false},
	}, a.updateSubscription)
	add(a, Route{
		ID: "delete-subscription", Method: "DELETE", Path: "/v1/subscriptions/{subscription_id}", Tag: tag, Summary: "Remove a subscription and its deliveries",
		Actions: write, status: http.StatusNoContent,
	}, a.deleteSubscription)
	add(a, Route{
		ID: "rotate-subscription-secret", Method: "POST", Path: "/v1/subscriptions/{subscription_id}/rotate", Tag: tag, Summary: "Make a new secret",
		Text: "Until the overlap is over each webhook carries a signature of either secret. The new one is shown only in this answer.", Actions: write,
		body: NewRotation{}, optional: true, example: map[string]any{"overlap_minutes": 1440},
	}, a.rotateSecret)
}

// SubscriptionPath is the path of one subscription.
type SubscriptionPath struct {
	ID string `path:"subscription_id" maxLength:"128"`
}

// subscription finds one that the caller's scope reaches. A subscription is of
// the whole merchant, so a token limited to rooms does not reach any.
func (a *API) subscription(ctx context.Context, p live.Principal, id string) (store.Subscription, error) {
	if !live.ValidID(id) {
		return store.Subscription{}, notFound("subscription", id)
	}
	s, err := a.cfg.Store.Subscription(ctx, id)
	if isNotFound(err) || err == nil && !p.SeesMerchant(s.Merchant) {
		return store.Subscription{}, notFound("subscription", id)
	}
	if err != nil {
		return store.Subscription{}, err
	}
	return s, wholeMerchant(p)
}

func wholeMerchant(p live.Principal) error {
	if p.Rooms != nil {
		return live.Forbidden("room_forbidden", "subscriptions are of the whole merchant, and the token is limited to rooms")
	}
	return nil
}

func (a *API) createSubscription(ctx context.Context, p live.Principal, in *rawBody) (*subscriptionSecretOutput, error) {
	b, err := decode[NewSubscription](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := wholeMerchant(p); err != nil {
		return nil, err
	}
	if err := a.cfg.WebhookURL(b.URL); err != nil {
		return nil, err
	}
	s, err := a.cfg.Store.CreateSubscription(ctx, store.Subscription{
		Merchant: m, URL: b.URL, Types: kinds(b.Types), Description: b.Description, Active: b.Active == nil || *b.Active,
	}, p)
	if err != nil {
		return nil, err
	}
	return secretOutput(p, s), nil
}

func secretOutput(p live.Principal, s store.Subscription) *subscriptionSecretOutput {
	return &subscriptionSecretOutput{SubscriptionSecret{Subscription: subscriptionOf(p, s), Secret: s.Secret}}
}

func (a *API) listSubscriptions(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"For an admin: of this merchant only."`
},
) (*listOutput[Subscription], error) {
	m, err := merchantFilter(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := wholeMerchant(p); err != nil {
		return nil, err
	}
	rows, next, err := a.cfg.Store.Subscriptions(ctx, store.SubscriptionFilter{Merchant: m, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, func(s store.Subscription) Subscription { return subscriptionOf(p, s) }), nil
}

func (a *API) getSubscription(ctx context.Context, p live.Principal, in *SubscriptionPath) (*subscriptionOutput, error) {
	s, err := a.subscription(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	return &subscriptionOutput{subscriptionOf(p, s)}, nil
}

func (a *API) updateSubscription(ctx context.Context, p live.Principal, in *struct {
	SubscriptionPath
	rawBody
},
) (*subscriptionOutput, error) {
	if _, err := a.subscription(ctx, p, in.ID); err != nil {
		return nil, err
	}
	b, err := decode[SubscriptionPatch](in.RawBody)
	if err != nil {
		return nil, err
	}
	if b.URL != nil {
		if err := a.cfg.WebhookURL(*b.URL); err != nil {
			return nil, err
		}
	}
	patch := store.SubscriptionPatch{URL: b.URL, Description: b.Description, Active: b.Active}
	if b.Types != nil {
		patch.Types = kinds(b.Types)
	}
	s, err := a.cfg.Store.UpdateSubscription(ctx, in.ID, patch, p)
	if err != nil {
		return nil, err
	}
	return &subscriptionOutput{subscriptionOf(p, s)}, nil
}

func (a *API) deleteSubscription(ctx context.Context, p live.Principal, in *SubscriptionPath) (*nothing, error) {
	if _, err := a.subscription(ctx, p, in.ID); err != nil {
		return nil, err
	}
	if err := a.cfg.Store.DeleteSubscription(ctx, in.ID, p); err != nil {
		return nil, err
	}
	return nil, nil
}

func (a *API) rotateSecret(ctx context.Context, p live.Principal, in *struct {
	SubscriptionPath
	rawBody
},
) (*subscriptionSecretOutput, error) {
	if _, err := a.subscription(ctx, p, in.ID); err != nil {
		return nil, err
	}
	overlap := defaultOverlap
	if len(in.RawBody) > 0 {
		b, err := decode[NewRotation](in.RawBody)
		if err != nil {
			return nil, err
		}
		if n := b.OverlapMinutes; n != nil {
			if *n < 0 || *n > int64(maxOverlap/time.Minute) {
				return nil, live.Invalid("invalid_field", "overlap_minutes", "must be 0 to %d", int64(maxOverlap/time.Minute))
			}
			overlap = time.Duration(*n) * time.Minute
		}
	}
	s, err := a.cfg.Store.RotateSecret(ctx, in.ID, overlap, p)
	if err != nil {
		return nil, err
	}
	return secretOutput(p, s), nil
}

func kinds(names []string) []live.Kind {
	out := make([]live.Kind, len(names))
	for i, n := range names {
		out[i] = live.Kind(n)
	}
	return out
}

// subscriptionOf is a subscription as the caller may see it. A query often
// holds a token, so only those who may set it read it.
func subscriptionOf(p live.Principal, s store.Subscription) Subscription {
	out := Subscription{
		ID: s.ID, MerchantID: string(s.Merchant), URL: s.URL, Types: make([]string, len(s.Types)), Description: s.Description,
		Active: s.Active, Stopped: s.Stopped, Failures: s.Failures, PausedUntil: timeOrNil(s.PausedUntil), CreatedAt: Time{s.CreatedAt}, UpdatedAt: Time{s.UpdatedAt},
	}
	if s.OldSecret != "" {
		out.OldUntil = timeOrNil(s.OldUntil)
	}
	for i, k := range s.Types {
		out.Types[i] = string(k)
	}
	if !p.May(live.ActSubscriptionWrite) {
		out.URL = withoutQuery(s.URL)
	}
	return out
}

func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.RawQuery, u.ForceQuery = "", false
	return u.String()
}

func timeOrNil(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}
