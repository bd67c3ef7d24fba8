package store

import (
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// wireTime is how times stand in the data of events: RFC 3339, UTC, milliseconds.
const wireTime = "2006-01-02T15:04:05.000Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(wireTime) }

// SourceSystem is the source of events that Showrunner states about shows.
const SourceSystem = "system"

// storedEvent is an event as the outbox keeps it until it is in the log.
type storedEvent struct {
	ID         live.EventID    `json:"id"`
	Kind       live.Kind       `json:"kind"`
	Source     string          `json:"source"`
	Merchant   live.MerchantID `json:"merchant"`
	Room       live.RoomID     `json:"room,omitempty"`
	Show       live.ShowID     `json:"show,omitempty"`
	ActorID    string          `json:"actor,omitempty"`
	ActorName  string          `json:"actor_name,omitempty"`
	ActorRole  live.Role       `json:"actor_role,omitempty"`
	Person     live.PersonID   `json:"person,omitempty"`
	Channel    string          `json:"channel,omitempty"`
	Campaign   string          `json:"campaign,omitempty"`
	Stage      live.Stage      `json:"stage,omitempty"`
	Rehearsal  bool            `json:"rehearsal,omitempty"`
	OccurredAt int64           `json:"occurred_at"`
	ReceivedAt int64           `json:"received_at"`
	Data       json.RawMessage `json:"data,omitempty"`
}

func encodeEvent(e *live.Event) (string, error) {
	b, err := json.Marshal(storedEvent{
		ID: e.ID, Kind: e.Kind, Source: e.Source, Merchant: e.Merchant, Room: e.Room, Show: e.Show,
		ActorID: e.Actor.ID, ActorName: e.Actor.Name, ActorRole: e.Actor.Role, Person: e.Person,
		Channel: e.Channel, Campaign: e.Campaign, Stage: e.Stage, Rehearsal: e.Rehearsal,
		OccurredAt: ms(e.OccurredAt), ReceivedAt: ms(e.ReceivedAt),
	})
	if err != nil {
		return "", fmt.Errorf("encode event %s: %w", e.Kind, err)
	}
	return string(member(b, "data", e.Data)), nil
}

// member adds a member to the end of an object that has some. The value is our
// own encoder's output: reading it through once more, as the encoder would,
// costs as much as all the rest of an order's event.
func member(object []byte, name string, value json.RawMessage) []byte {
	if len(value) == 0 {
		return object
	}
	object = append(object[:len(object)-1], `,"`+name+`":`...)
	return append(append(object, value...), '}')
}

func decodeEvent(s string) (live.Event, error) {
	var e storedEvent
	if err := json.Unmarshal([]byte(s), &e); err != nil {
		return live.Event{}, fmt.Errorf("decode event: %w", err)
	}
	return live.Event{
		ID: e.ID, Kind: e.Kind, Source: e.Source, Merchant: e.Merchant, Room: e.Room, Show: e.Show,
		Actor: live.Actor{ID: e.ActorID, Name: e.ActorName, Role: e.ActorRole}, Person: e.Person,
		Channel: e.Channel, Campaign: e.Campaign, Stage: e.Stage, Rehearsal: e.Rehearsal,
		OccurredAt: at(e.OccurredAt), ReceivedAt: at(e.ReceivedAt), Data: e.Data,
	}, nil
}

// emit puts an event into the outbox, which is written when all changes of the
// transaction are done. The transaction's clock is its
// ReceivedAt, for good; the producer's clock is believed within
// [ReceivedAt - live.MaxEventAge, ReceivedAt], that of a fact of an order, which
// may be imported history, back to live.MaxHistoryAge.
func (t *tx) emit(e live.Event) error {
	e.ReceivedAt = t.now
	oldest := t.now.Add(-live.MaxEventAge)
	if live.OrderFactKind(e.Kind) {
		oldest = t.now.Add(-live.MaxHistoryAge)
	}
	switch {
	case e.OccurredAt.IsZero() || e.OccurredAt.After(t.now):
		e.OccurredAt = t.now
	case e.OccurredAt.Before(oldest):
		e.OccurredAt = oldest
	}
	e.OccurredAt = e.OccurredAt.UTC().Truncate(time.Millisecond)
	body, err := encodeEvent(&e)
	if err != nil {
		return err
	}
	t.outbox++
	t.events = append(t.events, t.outbox, body)
	t.emitted++
	t.lastEvent = e.ID
	return nil
}

// announceChange emits what became of a show or a shelf, and returns the
// event's id.
func (t *tx) announceChange(sh *live.Show, kind live.Kind, by live.Principal, when time.Time, data map[string]any) (live.EventID, error) {
	return t.announce(sh, kind, "", by, when, data)
}

// announceTo emits what concerns one person.
func (t *tx) announceTo(sh *live.Show, kind live.Kind, person live.PersonID, by live.Principal, data map[string]any) error {
	_, err := t.announce(sh, kind, person, by, t.now, data)
	return err
}

func (t *tx) announce(sh *live.Show, kind live.Kind, person live.PersonID, by live.Principal, when time.Time, data map[string]any) (live.EventID, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", kind, err)
	}
	id := live.EventID(t.w.store.ids.next(t.now))
	return id, t.emit(live.Event{
		ID: id, Kind: kind, Source: SourceSystem, Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID,
		Actor: by.Actor(), Person: person, Rehearsal: sh.Rehearsal, OccurredAt: when, Data: raw,
	})
}
