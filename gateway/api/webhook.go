package api

import (
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
	Type    string `json:"type" enum:"order_created,order_paid,order_cancelled,refund_succeeded"`
	Status  string `json:"status" enum:"accepted,duplicate"`
}

// FactResults answers POST /v1/webhooks/{source}/orders.
type FactResults struct {
	Results    []FactResult `json:"results"`
	Accepted   int          `json:"accepted"`
	Duplicates int          `json:"duplicates"`
}

type factsOutput struct{ Body FactResults }

// maxFacts bounds one delivery: they are stored in one transaction.
const maxFacts = 1000

func (a *API) webhooks() {
	add(a, Route{
		ID: "post-order-facts", Method: "POST", Path: "/v1/webhooks/{source}/orders", Tag: "Webhooks", Summary: "State facts of orders",
		Text: "For shop platforms, by [Standard Webhooks](https://www.standardwebhooks.com): the signature over `webhook-id`, `webhook-timestamp` and the body " +
			"takes the place of a token and decides which merchant the facts are of. The body is one fact or an array of up to 1000. " +
			"All facts are checked before any is stored, and they are stored together or not at all. Facts may come late, twice and in any order.",
		Open: true, source: true, body: WebhookFact{}, batch: true, errors: []int{http.StatusUnauthorized},
		example: map[string]any{
			"type": "order_paid", "timestamp": "2026-01-02T12:31:00.000Z",
			"data": map[string]any{"order_id": "o-1", "payment_id": "pay-1", "paid_minor": 19900, "currency": "CNY"},
		},
	}, a.postFacts)
}

func (a *API) postFacts(ctx context.Context, _ live.Principal, in *struct {
	Source    string `path:"source" maxLength:"128"`
	ID        string `header:"webhook-id" doc:"Unique for each delivery."`
	Timestamp string `header:"webhook-timestamp" doc:"Seconds since 1970; at most 5 minutes off."`
	Signature string `header:"webhook-signature" doc:"One or more of v1,<base64>, separated by spaces."`
	rawBody
},
) (*factsOutput, error) {
	m, err := a.signer(ctx, in.Source, &stamped{id: in.ID, timestamp: in.Timestamp, signatures: in.Signature, body: in.RawBody})
	if err != nil {
		return nil, err
	}
	list, err := splitFacts(in.RawBody)
	if err != nil {
		return nil, err
	}
	facts := make([]store.Fact, len(list))
	for i, raw := range list {
		f, err := a.fact(ctx, m, in.Source, raw)
		if err != nil {
			return nil, atIndex(i, err)
		}
		facts[i] = f
	}
	statuses, err := a.cfg.Store.ApplyFacts(ctx, m, facts, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	out := FactResults{Results: make([]FactResult, len(facts))}
	for i, s := range statuses {
		out.Results[i] = FactResult{Index: i, OrderID: string(facts[i].Order), Type: string(facts[i].OrderFact.Kind), Status: string(s)}
		if live.ReceiptStatus(s) == live.Duplicate {
			out.Duplicates++
		} else {
			out.Accepted++
		}
	}
	return &factsOutput{out}, nil
}

// signer finds the merchant whose integration of that name signed the request.
// That there is no such integration cannot be told from a wrong signature.
func (a *API) signer(ctx context.Context, source string, s *stamped) (live.MerchantID, error) {
	if err := s.fresh(a.cfg.Now()); err != nil {
		return "", err
	}
	if live.ValidID(source) {
		all, err := a.cfg.Store.Integrations(ctx, source)
		if err != nil {
			return "", err
		}
		for _, i := range all {
			if key, ok := secretKey(i.Secret); ok && s.signedBy(key) {
				return i.Merchant, nil
			}
		}
	}
	return "", live.Unauthenticated("webhook_signature_invalid", "no signature was made with a secret of this source")
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
