package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"showrunner/live"
	"showrunner/live/store"
)

// FactResult answers one fact of a webhook.
type FactResult struct {
	Index   int    `json:"index" doc:"Of the fact in the request, from 0."`
	OrderID string `json:"order_id"`
	Type    string `json:"type" enum:"order_created,order_price_changed,exchange_created,order_payment_failed,order_paid,presale_deposit_paid,balance_paid,order_part_shipped,order_shipped,order_received,order_completed,refund_requested,refund_approved,refund_rejected,refund_withdrawn,refund_succeeded,order_cancelled,order_settled"`
	Status  string `json:"status" enum:"accepted,duplicate"`
}

// FactResults answers POST /v1/webhooks/{source}/orders.
type FactResults struct {
	Results    []FactResult `json:"results"`
	Accepted   int          `json:"accepted"`
	Duplicates int          `json:"duplicates"`
}

// replyOutput is what the source's platform takes for "received".
type replyOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// maxFacts bounds one delivery: they are stored in one transaction.
const maxFacts = 1000

func (a *API) webhooks() {
	add(a, Route{
		ID: "post-order-facts", Method: "POST", Path: "/v1/webhooks/{source}/orders", Tag: "Webhooks", Summary: "State facts of orders",
		Text: "For shop platforms. A signature takes the place of a token and decides which merchant the facts are of. What is described here is the connector `standard`, by " +
			"[Standard Webhooks](https://www.standardwebhooks.com): the signature is over `webhook-id`, `webhook-timestamp` and the body, which is one fact or an array of up to 1000. " +
			"Sources of another connector post in their platform's own form, with its own headers or query parameters, and get the answer it expects. " +
			"All facts are checked before any is stored, and they are stored together or not at all. Facts may come late, twice and in any order.",
		Open: true, source: true, body: WebhookFact{}, batch: true, xml: true, output: "application/json,text/plain",
		errors: []int{http.StatusUnauthorized, http.StatusConflict},
		example: map[string]any{
			"type": "order_paid", "timestamp": "2026-01-02T12:31:00.000Z",
			"data": map[string]any{"order_id": "o-1", "payment_id": "pay-1", "paid_minor": 19900, "currency": "CNY"},
		},
	}, a.postFacts)
	add(a, Route{
		ID: "verify-webhook-address", Method: "GET", Path: "/v1/webhooks/{source}/orders", Tag: "Webhooks", Summary: "Prove that the address is ours",
		Text: "For platforms that verify an address before they post to it, like `wechat_shop`: a signed text comes back as it was sent.",
		Open: true, source: true, output: "text/plain", errors: []int{http.StatusUnauthorized},
	}, a.answerChallenge)
}

func (a *API) postFacts(ctx context.Context, _ live.Principal, in *struct {
	Source    string `path:"source" maxLength:"128"`
	ID        string `header:"webhook-id" doc:"Unique for each delivery; of the connector standard, like the next two."`
	Timestamp string `header:"webhook-timestamp" doc:"Seconds since 1970; at most 5 minutes off."`
	Signature string `header:"webhook-signature" doc:"One or more of v1,<base64>, separated by spaces."`
	rawBody
},
) (*replyOutput, error) {
	h := a.hook(ctx, in.Source, in.RawBody)
	if err := h.prove(ctx); err != nil {
		return nil, err
	}
	results, err := h.take(ctx)
	if err != nil {
		return nil, err
	}
	if contentType, body := h.connector.Reply(h.by.Secret); contentType != "" {
		return &replyOutput{ContentType: contentType, Body: []byte(body)}, nil
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(results); err != nil {
		return nil, err
	}
	return &replyOutput{ContentType: "application/json", Body: buf.Bytes()}, nil
}

func (a *API) answerChallenge(ctx context.Context, _ live.Principal, in *struct {
	Source string `path:"source" maxLength:"128"`
},
) (*replyOutput, error) {
	h := a.hook(ctx, in.Source, nil)
	var text string
	if err := h.find(ctx, func(c Connector, i *store.Integration) (err error) {
		text, err = c.Challenge(i.Secret, h.query)
		return err
	}); err != nil {
		return nil, err
	}
	return &replyOutput{ContentType: "text/plain; charset=utf-8", Body: []byte(text)}, nil
}

// splitFacts cuts the body into its facts: an array, or a single one.
func splitFacts(body []byte) ([]json.RawMessage, error) {
	if !json.Valid(body) {
		return nil, malformed(body)
	}
	w := walker{raw: body}
	if w.space(); w.raw[w.pos] == '{' {
		return []json.RawMessage{w.skip()}, nil
	}
	list, err := splitArray(body)
	if err != nil {
		return nil, live.Invalid("invalid_field", "", "the body must be an object or an array of objects")
	}
	if len(list) == 0 || len(list) > maxFacts {
		return nil, live.Invalid("invalid_field", "", "1 to %d facts are required", maxFacts)
	}
	return list, nil
}

// atIndex adds to a refusal which fact of the request it is about.
func atIndex(i int, err error) error {
	err = under("["+strconv.Itoa(i)+"]", err)
	e := &live.Error{}
	if errors.As(err, &e) {
		data := map[string]any{"index": i}
		maps.Copy(data, e.Data)
		e.Data = data
	}
	return err
}
