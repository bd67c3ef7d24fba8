package api

import (
	"context"
	"encoding/json"
	"errors"

	"showrunner/live"
	"showrunner/live/store"
)

// importChunk is how many facts are stored in one transaction: between two of
// them the orders of rooms on air have their turn.
const importChunk = 500

// ImportResults answers POST /v1/orders/import.
type ImportResults struct {
	Accepted   int           `json:"accepted"`
	Duplicates int           `json:"duplicates"`
	Rejected   int           `json:"rejected"`
	Errors     []ImportError `json:"errors" doc:"One for each rejected fact, in the order of the request."`
}

// ImportError says why one fact was rejected.
type ImportError struct {
	Index  int    `json:"index" doc:"Of the fact in the request, from 0."`
	Code   string `json:"code" example:"invalid_field"`
	Field  string `json:"field,omitempty" example:"data.paid_minor"`
	Detail string `json:"detail" example:"must be 0 or more"`
}

type importOutput struct{ Body ImportResults }

func (a *API) imports() {
	add(a, Route{
		ID: "import-orders", Method: "POST", Path: "/v1/orders/import", Tag: "Orders", Summary: "Take in history of orders",
		Text: "1 to 10000 facts as the order webhook takes them, as a JSON array or as NDJSON (`" + ndjsonType + "`), up to five years old. Each fact stands for itself: " +
			"bad ones are rejected with their index and reason, the others are stored. Facts that were taken in before, here or by the webhook, are duplicates and change nothing, " +
			"so a request may be repeated. Room panels are not told of facts that are over an hour old.",
		Actions: []live.Action{live.ActImport}, body: []WebhookFact{}, batch: true, ndjson: true,
		example: []any{map[string]any{
			"type": "order_paid", "timestamp": "2026-01-02T12:31:00.000Z",
			"data": map[string]any{"order_id": "o-1", "payment_id": "pay-1", "paid_minor": 19900, "currency": "CNY"},
		}},
	}, a.importOrders)
}

func (a *API) importOrders(ctx context.Context, p live.Principal, in *struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Source      string `query:"source" doc:"Name of the platform the facts are of; the token's subject when left out. Give the name of its webhook, so that facts which come both ways are one." maxLength:"128"`
	MerchantID  string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*importOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if p.Rooms != nil {
		return nil, live.Forbidden("room_forbidden", "a token limited to rooms may not import: orders of history name no room")
	}
	if in.Source == "" {
		in.Source = p.Subject
	}
	if err := id("source", in.Source, true); err != nil {
		return nil, err
	}
	if reservedSource(in.Source) {
		return nil, live.Invalid("reserved_source", "source", "%q is Showrunner's own", in.Source)
	}
	items, err := splitEvents(in.RawBody, in.ContentType)
	if err != nil {
		return nil, err
	}
	out := &ImportResults{Errors: []ImportError{}}
	find := findShow(a.cfg.Store.Show).once()
	chunk, places := make([]store.Fact, 0, importChunk), make([]int, 0, importChunk)
	for i, raw := range items {
		f, err := a.historic(ctx, m, in.Source, raw, find)
		if err != nil {
			if err := out.reject(i, err); err != nil {
				return nil, err
			}
		} else {
			chunk, places = append(chunk, f), append(places, i)
		}
		if len(chunk) == importChunk || i == len(items)-1 {
			if err := a.importChunk(ctx, m, chunk, places, out); err != nil {
				return nil, err
			}
			chunk, places = chunk[:0], places[:0]
		}
	}
	return &importOutput{*out}, nil
}

// historic reads one fact that may be as old as history.
func (a *API) historic(ctx context.Context, m live.MerchantID, source string, raw json.RawMessage, find findShow) (store.Fact, error) {
	f, err := a.fact(ctx, m, source, raw, find)
	if err == nil && f.At.Before(a.cfg.Now().Add(-live.MaxHistoryAge)) {
		err = live.Invalid("too_old", "timestamp", "is more than five years ago")
	}
	return f, err
}

// importChunk stores some facts together. If one of them is refused, none was
// stored, and each is tried by itself.
func (a *API) importChunk(ctx context.Context, m live.MerchantID, facts []store.Fact, places []int, out *ImportResults) error {
	if len(facts) == 0 {
		return nil
	}
	statuses, err := a.cfg.Store.ApplyFacts(ctx, m, facts, a.cfg.Now())
	if err == nil {
		for _, s := range statuses {
			if s == store.FactDuplicate {
				out.Duplicates++
			} else {
				out.Accepted++
			}
		}
		return nil
	}
	if len(facts) == 1 {
		return out.reject(places[0], err)
	}
	if !refusal(err) {
		return err
	}
	for i := range facts {
		if err := a.importChunk(ctx, m, facts[i:i+1], places[i:i+1], out); err != nil {
			return err
		}
	}
	return nil
}

// refusal reports whether the fault lies with what was sent.
func refusal(err error) bool {
	e, ok := errors.AsType[*live.Error](err)
	return ok && e.Fault != live.FaultInternal && e.Fault != live.FaultUnavailable
}

// reject notes a refusal; an error that is not one ends the whole request.
func (r *ImportResults) reject(index int, err error) error {
	if !refusal(err) {
		return err
	}
	e, _ := errors.AsType[*live.Error](err)
	r.Rejected++
	r.Errors = append(r.Errors, ImportError{Index: index, Code: e.Code, Field: e.Field, Detail: e.Message})
	return nil
}

// CheckFact says what the import of a fact would refuse, as far as its text
// alone tells: whether its show exists, for one, only the server knows.
func CheckFact(raw json.RawMessage) error {
	var w WebhookFact
	if err := factShape.into(raw, &w); err != nil {
		return err
	}
	_, err := decodeFact(live.Kind(w.Type), w.Data)
	return err
}

// CheckEvent says what the import of an event would refuse, as far as its text
// alone tells.
func CheckEvent(raw json.RawMessage) error {
	var n NewEvent
	if err := eventShape.into(raw, &n); err != nil {
		return err
	}
	if err := (&intake{}).door(&live.Event{Kind: live.Kind(n.Type), Source: n.Source}); err != nil {
		return err
	}
	if err := checkEnvelope(&n); err != nil {
		return err
	}
	return live.CheckData(live.Kind(n.Type), given(n.Data))
}
