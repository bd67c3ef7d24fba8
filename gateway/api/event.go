package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"showrunner/live"
)

// MaxBatch is the most events one request may carry.
const MaxBatch = 10_000

// NewEvent is one event of POST /v1/events.
type NewEvent struct {
	EventID     string          `json:"event_id" doc:"The producer's name for the fact: sent twice with the same source it counts once." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Type        string          `json:"type" doc:"What happened; the known types are in the description of the route."`
	OccurredAt  *Time           `json:"occurred_at,omitempty" doc:"By the producer's clock; now when left out."`
	Source      string          `json:"source,omitempty" doc:"Which system produced the fact; the token's subject when left out." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	MerchantID  string          `json:"merchant_id,omitempty" doc:"The token's merchant when left out."`
	RoomID      string          `json:"room_id,omitempty"`
	ShowID      string          `json:"show_id,omitempty" doc:"When left out, the show on air in the room at the time it occurred."`
	Actor       *EventActor     `json:"actor,omitempty" doc:"Who did it; the person, as a viewer, when left out."`
	UserID      string          `json:"user_id,omitempty" doc:"Whom the fact is about, by login."`
	AnonymousID string          `json:"anonymous_id,omitempty" doc:"Whom the fact is about, by device, while there is no login."`
	Channel     string          `json:"channel,omitempty" maxLength:"64" doc:"Where the person came from, in up to two levels." example:"private/group"`
	Campaign    string          `json:"campaign,omitempty" maxLength:"128"`
	Stage       string          `json:"stage,omitempty" doc:"Link of the chain; derived from the type when left out." enum:"lead,nurture,convert,retain"`
	Data        json.RawMessage `json:"data,omitempty" doc:"Members of the type."`
}

// EventActor is who stated an event.
type EventActor struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty" maxLength:"64"`
	Role string `json:"role,omitempty" doc:"viewer when left out. Only facts of viewers are counted as behaviour."`
}

// EventResult answers one event.
type EventResult struct {
	Index   int         `json:"index" doc:"Of the event in the request, from 0."`
	EventID string      `json:"event_id,omitempty"`
	Status  string      `json:"status" enum:"accepted,duplicate,rejected"`
	Error   *EventError `json:"error,omitempty" doc:"Why it was rejected."`
}

// EventError says why one event was rejected.
type EventError struct {
	Code   string `json:"code" example:"invalid_field"`
	Field  string `json:"field,omitempty" example:"data.count"`
	Detail string `json:"detail" example:"must be 1 to 1000"`
}

// EventResults answers POST /v1/events.
type EventResults struct {
	Results    []EventResult `json:"results" doc:"One for each event, in the order of the request."`
	Accepted   int           `json:"accepted"`
	Duplicates int           `json:"duplicates"`
	Rejected   int           `json:"rejected"`
}

type eventsOutput struct{ Body EventResults }

func (a *API) events() {
	var kinds []string
	for i := range live.Kinds {
		if live.Kinds[i].From&live.FromProducer != 0 {
			kinds = append(kinds, "`"+string(live.Kinds[i].Kind)+"`")
		}
	}
	add(a, Route{
		ID: "post-events", Method: "POST", Path: "/v1/events", Tag: "Events", Summary: "State facts",
		Text: fmt.Sprintf("1 to %d events, as a JSON array or as NDJSON (`%s`). Answered event by event, and only once the accepted ones are durable. "+
			"Facts of orders are refused with `use_order_webhook`. With `import=true` the events are history: between an hour and five years old, of no show, and shown to nobody.\n\nTypes: %s.", MaxBatch, ndjsonType, strings.Join(kinds, ", ")),
		Actions: []live.Action{live.ActEvents}, body: []NewEvent{}, batch: true, ndjson: true,
		example: []any{map[string]any{
			"event_id": "e-1", "type": "group_joined", "occurred_at": "2026-01-02T12:30:00.000Z", "source": "crm", "user_id": "u1",
			"channel": "private/group", "data": map[string]any{"group_id": "g1"},
		}},
	}, a.postEvents)
}

func (a *API) postEvents(ctx context.Context, p live.Principal, in *struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Import      bool   `query:"import" doc:"The events are history. For the roles admin and integration."`
	rawBody
},
) (*eventsOutput, error) {
	door := live.FromProducer
	if in.Import {
		if !p.May(live.ActImport) {
			return nil, roleForbidden(p)
		}
		door |= live.FromHistory
	}
	items, err := splitEvents(in.RawBody, in.ContentType)
	if err != nil {
		return nil, err
	}
	out := EventResults{Results: make([]EventResult, len(items))}
	intake := newIntake(a, p, in.Import)
	var events []live.Event
	var places []int
	for i, raw := range items {
		out.Results[i].Index = i
		e, err := intake.event(ctx, raw)
		if err != nil {
			if err := out.Results[i].reject(err); err != nil {
				return nil, err
			}
			continue
		}
		events, places = append(events, e), append(places, i)
	}
	if len(events) > 0 {
		receipts, err := a.cfg.Ingest.Ingest(ctx, door, events)
		if err != nil {
			return nil, err
		}
		out.receive(receipts, places)
	}
	out.count()
	return &eventsOutput{out}, nil
}

// receive notes what became of the events at the places of the request.
func (r *EventResults) receive(receipts []live.Receipt, places []int) {
	for k, got := range receipts {
		res := &r.Results[places[k]]
		res.EventID, res.Status = string(got.EventID), string(got.Status)
		if got.Err != nil {
			res.Error = &EventError{Code: got.Err.Code, Field: got.Err.Field, Detail: got.Err.Message}
		}
	}
}

// count adds up what became of all events.
func (r *EventResults) count() {
	for _, res := range r.Results {
		switch live.ReceiptStatus(res.Status) {
		case live.Accepted:
			r.Accepted++
		case live.Duplicate:
			r.Duplicates++
		case live.Rejected:
			r.Rejected++
		}
	}
}
