package live

import (
	"encoding/json"
	"time"
)

// Event is one fact: immutable, past tense, accepted once. Its identity is
// (Merchant, Source, ID): stated twice it counts once.
type Event struct {
	ID       EventID
	Kind     Kind
	Source   string // who produced it: "ws", "system", an integration's name
	Merchant MerchantID
	Room     RoomID // empty for facts outside a room
	Show     ShowID // empty for facts outside a show
	Actor    Actor
	Person   PersonID // whom it is about; the viewer, buyer or contact
	Channel  string   // "group" or two levels "private/group"; where it came from
	Campaign string
	Stage    Stage // empty: derived from the kind

	// Rehearsal marks facts of a rehearsal: kept, never counted.
	Rehearsal bool

	// OccurredAt is the producer's clock, clamped to [ReceivedAt - MaxEventAge, ReceivedAt].
	OccurredAt time.Time
	// ReceivedAt is the server's clock when the fact was accepted, UTC,
	// truncated to milliseconds. Partitions and "as of" go by it.
	ReceivedAt time.Time

	// Data is the kind's own JSON object, checked against [Kinds].
	Data json.RawMessage
}

// Actor is who stated the fact.
type Actor struct {
	ID   string
	Name string
	Role Role
}

// Counts reports whether the event may enter a figure about viewers: facts of
// rehearsals and of staff never do.
func (e *Event) Counts() bool { return !e.Rehearsal && e.Actor.Role == RoleViewer }

// SourceSystem is the source of events that Showrunner states about shows.
const SourceSystem = "system"

// Limits of one event.
const (
	// MaxEventData bounds Data. The longest legitimate fact is a comment with
	// its context, below 2 KiB; orders with hundreds of lines travel apart.
	MaxEventData = 16 << 10
	// MaxOrderData bounds the data of order events, which carry their deltas.
	MaxOrderData = 1 << 20
	// MaxCommentRunes is what a person can read in a passing line.
	MaxCommentRunes = 500
	// MaxTouchRunes is a long message to one person.
	MaxTouchRunes = 2000
	// MaxEventAge is how far back a producer's clock is believed; older facts
	// are history and come in by import.
	MaxEventAge = 30 * 24 * time.Hour
)

// Stage is the link of the chain a touch belongs to: 引流, 蓄客, 转化, 留存.
type Stage string

// The four stages.
const (
	StageLead    Stage = "lead"
	StageNurture Stage = "nurture"
	StageConvert Stage = "convert"
	StageRetain  Stage = "retain"
)

// Stages lists the chain in order.
var Stages = []Stage{StageLead, StageNurture, StageConvert, StageRetain}

// Valid reports whether s is one of the four stages.
func (s Stage) Valid() bool {
	return s == StageLead || s == StageNurture || s == StageConvert || s == StageRetain
}

// Entry is an event with its place in the log, as readers get it.
type Entry struct {
	Position Position
	Event    Event
}

// Receipt answers one event offered to the log.
type Receipt struct {
	EventID EventID
	Status  ReceiptStatus
	Err     *Error // set when rejected
}

// ReceiptStatus says what became of an offered event.
type ReceiptStatus string

// What may become of an offered event. Accepted means durable.
const (
	Accepted  ReceiptStatus = "accepted"
	Duplicate ReceiptStatus = "duplicate"
	Rejected  ReceiptStatus = "rejected"
)
