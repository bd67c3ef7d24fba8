package api

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// eventShape is the shape of one event, made once for all of them.
var eventShape = shapeOf[NewEvent]()

// Longest texts of an event's envelope, in characters.
const (
	maxChannel  = 64
	maxCampaign = 128
	maxActor    = 64
)

// intake turns the events of one request into facts, looking up each room and
// show once.
type intake struct {
	api   *API
	by    live.Principal
	past  bool // history, by import
	rooms map[live.RoomID]found[live.Room]
	shows map[live.ShowID]found[live.Show]
}

type found[T any] struct {
	value T
	err   error
}

func newIntake(a *API, p live.Principal, past bool) *intake {
	return &intake{api: a, by: p, past: past, rooms: map[live.RoomID]found[live.Room]{}, shows: map[live.ShowID]found[live.Show]{}}
}

// reject records a refusal; an error that is not one ends the whole request.
func (r *EventResult) reject(err error) error {
	var e *live.Error
	if !errors.As(err, &e) || e.Fault == live.FaultInternal || e.Fault == live.FaultUnavailable {
		return err
	}
	r.Status = string(live.Rejected)
	r.Error = &EventError{Code: e.Code, Field: e.Field, Detail: e.Message}
	return nil
}

// event checks one event and fills in what the producer may leave out.
func (t *intake) event(ctx context.Context, raw json.RawMessage) (live.Event, error) {
	var n NewEvent
	if err := eventShape.into(raw, &n); err != nil {
		return live.Event{}, err
	}
	e := live.Event{
		ID: live.EventID(n.EventID), Kind: live.Kind(n.Type), Source: n.Source, Room: live.RoomID(n.RoomID), Show: live.ShowID(n.ShowID),
		Channel: n.Channel, Campaign: n.Campaign, Stage: live.Stage(n.Stage), Data: given(n.Data), ReceivedAt: t.api.cfg.Now(),
	}
	e.OccurredAt = e.ReceivedAt
	if n.OccurredAt != nil {
		e.OccurredAt = n.OccurredAt.Time
	}
	if err := t.door(&e); err != nil {
		return e, err
	}
	if err := checkEnvelope(&n); err != nil {
		return e, err
	}
	m, err := merchant(t.by, n.MerchantID)
	if err != nil {
		return e, err
	}
	e.Merchant = m
	if e.Source == "" {
		e.Source = t.by.Subject
	}
	if err := t.place(ctx, &e); err != nil {
		return e, err
	}
	e.Person, e.Actor = personOf(&n)
	if t.by.Role == live.RoleAgent && names(e.Data, t.by.Subject) {
		e.Actor = t.by.Actor() // Whom an agent says to have served, nobody else says.
	}
	return e, live.CheckData(e.Kind, e.Data)
}

// names reports whether the data of a fact names an agent.
func names(data json.RawMessage, agent string) bool {
	var d struct {
		Agent any `json:"agent_id"`
	}
	return json.Unmarshal(data, &d) == nil && d.Agent == agent
}

// door refuses what producers may not state.
func (t *intake) door(e *live.Event) error {
	spec, ok := live.SpecOf(e.Kind)
	switch {
	case !ok:
		return live.Invalid("unknown_type", "type", "%q is not a known event type", clipped(string(e.Kind)))
	case live.OrderFactKind(e.Kind):
		return live.Invalid("use_order_webhook", "type", "facts of orders come in by POST /v1/webhooks/{source}/orders")
	case spec.From&live.FromProducer == 0:
		return live.Invalid("type_not_allowed", "type", "%s is stated by Showrunner itself", e.Kind)
	case reservedSource(e.Source):
		return live.Invalid("reserved_source", "source", "%q is Showrunner's own", clipped(e.Source))
	}
	return nil
}

// reservedSource reports names under which Showrunner itself states facts.
func reservedSource(s string) bool {
	return s == "system" || s == "showrunner" || s == "ws" || strings.HasPrefix(s, "ws:")
}

func checkEnvelope(n *NewEvent) error {
	ids := []struct{ field, value string }{
		{"event_id", n.EventID},
		{"source", n.Source},
		{"merchant_id", n.MerchantID},
		{"room_id", n.RoomID},
		{"show_id", n.ShowID},
		{"user_id", n.UserID},
		{"anonymous_id", n.AnonymousID},
	}
	if n.Actor != nil {
		ids = append(ids, struct{ field, value string }{"actor.id", n.Actor.ID})
		if n.Actor.Role != "" && !live.Role(n.Actor.Role).Valid() {
			return live.Invalid("invalid_field", "actor.role", "%q is not a role", clipped(n.Actor.Role))
		}
		if utf8.RuneCountInString(n.Actor.Name) > maxActor {
			return live.Invalid("invalid_field", "actor.name", "must be at most %d characters", maxActor)
		}
	}
	for _, id := range ids {
		if id.value != "" && !live.ValidID(id.value) {
			return live.Invalid("invalid_field", id.field, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
	}
	switch {
	case n.EventID == "":
		// Without a name a repeat could not be told from a second fact.
		return live.Invalid("invalid_field", "event_id", "is required: it makes a repeat count once")
	case n.Stage != "" && !live.Stage(n.Stage).Valid():
		return live.Invalid("invalid_field", "stage", "must be lead, nurture, convert or retain")
	case utf8.RuneCountInString(n.Channel) > maxChannel || strings.Count(n.Channel, "/") > 1:
		return live.Invalid("invalid_field", "channel", "must be at most %d characters in at most two levels", maxChannel)
	case utf8.RuneCountInString(n.Campaign) > maxCampaign:
		return live.Invalid("invalid_field", "campaign", "must be at most %d characters", maxCampaign)
	}
	return nil
}

// place finds the event's show and room and checks that they belong together
// and to the caller.
func (t *intake) place(ctx context.Context, e *live.Event) error {
	if t.past && e.Show != "" {
		// Figures of a show go by when a fact was taken in: years later it would
		// be a crowd in one minute.
		return live.Invalid("history_has_no_show", "show_id", "must be left out of imported events: the figures of a show were closed when it ended")
	}
	if e.Show != "" {
		s, err := t.show(ctx, e.Show)
		if err != nil {
			return err
		}
		if s.Merchant != e.Merchant {
			return notFound("show", string(e.Show))
		}
		if e.Room != "" && e.Room != s.Room {
			return live.Invalid("invalid_field", "room_id", "is not the room of the show")
		}
		e.Room, e.Rehearsal = s.Room, s.Rehearsal
		clipWatched(e, &s)
		return nil
	}
	if e.Room == "" {
		return nil
	}
	r, err := t.room(ctx, e.Room)
	if err != nil {
		return err
	}
	if r.Merchant != e.Merchant {
		return notFound("room", string(e.Room))
	}
	if s, ok := t.api.cfg.Store.OnAir(e.Room); ok && !t.past && !e.OccurredAt.Before(s.StartedAt) {
		e.Show, e.Rehearsal = s.ID, s.Rehearsal
		clipWatched(e, &s)
	}
	return nil
}

// clipWatched takes from a heartbeat what lay before the show or after it. What
// the producer stated is kept beside it. Data that cannot be read is left to be
// refused.
func clipWatched(e *live.Event, s *live.Show) {
	var members map[string]json.RawMessage
	if e.Kind != live.WatchHeartbeat || json.Unmarshal(e.Data, &members) != nil {
		return
	}
	stated, err := strconv.ParseInt(string(members["watched_ms"]), 10, 64)
	if err != nil || stated <= 0 || stated > time.Hour.Milliseconds() {
		return
	}
	within := s.Within(e.OccurredAt, time.Duration(stated)*time.Millisecond).Milliseconds()
	if within == stated {
		return
	}
	members["stated_ms"], members["watched_ms"] = members["watched_ms"], strconv.AppendInt(nil, within, 10)
	if data, err := json.Marshal(members); err == nil {
		e.Data = data
	}
}

func (t *intake) show(ctx context.Context, id live.ShowID) (live.Show, error) {
	f, ok := t.shows[id]
	if !ok {
		f.value, f.err = t.api.show(ctx, t.by, id)
		t.shows[id] = f
	}
	return f.value, f.err
}

func (t *intake) room(ctx context.Context, id live.RoomID) (live.Room, error) {
	f, ok := t.rooms[id]
	if !ok {
		f.value, f.err = t.api.room(ctx, t.by, id)
		t.rooms[id] = f
	}
	return f.value, f.err
}

// personOf reads whom the event is about and who stated it.
func personOf(n *NewEvent) (live.PersonID, live.Actor) {
	person := live.PersonID(n.UserID)
	if person == "" {
		person = live.PersonID(n.AnonymousID)
	}
	actor := live.Actor{ID: string(person), Role: live.RoleViewer}
	if n.Actor != nil {
		actor = live.Actor{ID: n.Actor.ID, Name: n.Actor.Name, Role: live.Role(n.Actor.Role)}
		if actor.Role == "" {
			actor.Role = live.RoleViewer
		}
	}
	if person == "" && actor.Role == live.RoleViewer {
		person = live.PersonID(actor.ID)
	}
	return person, actor
}
