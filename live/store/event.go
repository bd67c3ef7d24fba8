package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// wireTime is how times stand in the data of events: RFC 3339, UTC, milliseconds.
const wireTime = "2006-01-02T15:04:05.000Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(wireTime) }

// parseStamp is the inverse of stamp.
func parseStamp(s string) (time.Time, error) {
	t, err := time.Parse(wireTime, s)
	return t.UTC(), err
}

// SourceSystem is the source of events that Showrunner states about shows.
const SourceSystem = live.SourceSystem

// storedEvent is an event as the outbox keeps it until it is in the log;
// encodeEvent writes it.
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

// encodeEvent writes a storedEvent, on one line: the outbox keeps one a line.
func encodeEvent(e *live.Event) (live.JSONText, error) {
	data := e.Data
	if bytes.IndexByte(data, '\n') >= 0 {
		var line bytes.Buffer
		if err := json.Compact(&line, data); err != nil {
			return nil, fmt.Errorf("encode event %s: %w", e.Kind, err)
		}
		data = line.Bytes()
	}
	t := make(live.JSONText, 0, 320+len(data))
	appendEnvelope(&t, e)
	t.Raw("data", data)
	t.Close()
	return t, nil
}

// appendEnvelope writes a storedEvent up to its data, and leaves it open.
func appendEnvelope(t *live.JSONText, e *live.Event) {
	t.Open()
	t.String("id", string(e.ID))
	t.String("kind", string(e.Kind))
	t.String("source", e.Source)
	t.String("merchant", string(e.Merchant))
	t.Text("room", string(e.Room))
	t.Text("show", string(e.Show))
	t.Text("actor", e.Actor.ID)
	t.Text("actor_name", e.Actor.Name)
	t.Text("actor_role", string(e.Actor.Role))
	t.Text("person", string(e.Person))
	t.Text("channel", e.Channel)
	t.Text("campaign", e.Campaign)
	t.Text("stage", string(e.Stage))
	if e.Rehearsal {
		t.Raw("rehearsal", []byte("true"))
	}
	t.Int("occurred_at", ms(e.OccurredAt))
	t.Int("received_at", ms(e.ReceivedAt))
}

func decodeEvent(text []byte) (live.Event, error) {
	var e storedEvent
	if err := json.Unmarshal(text, &e); err != nil {
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
	t.events[t.slot()].body = body
	t.lastEvent = e.ID
	return nil
}

// slot takes the next id of the outbox for an event whose text follows.
func (t *tx) slot() int {
	t.outbox++
	t.emitted++
	t.events = append(t.events, outgoing{id: t.outbox})
	return len(t.events) - 1
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
