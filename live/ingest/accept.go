package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"showrunner/live"
)

// Limits of the envelope.
const (
	// maxLabel bounds channel and campaign, in bytes.
	maxLabel = 128
	// maxName bounds the name of an actor, in bytes.
	maxName = 256
)

// offer is a checked fact on its way to the log.
type offer struct {
	event live.Event
	key   Key
	named bool // the producer gave the ID, so the fact may have repeats
	index int  // in the call
}

// accept checks one fact and completes it: its ID if it has none, its times,
// the id of a comment. The offer comes back also with a refusal.
func accept(e live.Event, door live.Origin, at time.Time) (*offer, *live.Error) {
	o := &offer{event: e, named: e.ID != ""}
	e.ReceivedAt = at
	if err := check(&e, door); err != nil {
		return o, err
	}
	e.OccurredAt = e.OccurredAt.UTC().Truncate(time.Millisecond)
	oldest := live.MaxEventAge
	if door&live.FromHistory != 0 {
		oldest = live.MaxHistoryAge
	}
	switch {
	case o.event.OccurredAt.IsZero() || e.OccurredAt.After(at):
		e.OccurredAt = at
	case e.OccurredAt.Before(at.Add(-oldest)):
		return o, live.Invalid("too_old", "occurred_at", "is more than %d days ago; history comes in by import", int(oldest/(24*time.Hour)))
	case door&live.FromHistory != 0 && e.OccurredAt.After(at.Add(-live.LiveAge)):
		return o, live.Invalid("too_new", "occurred_at", "is less than %s ago; only history comes in by import", live.LiveAge)
	}
	if !o.named {
		id, err := uuid.NewV7()
		if err != nil {
			return o, &live.Error{Fault: live.FaultInternal, Code: "no_randomness", Message: err.Error()}
		}
		e.ID = live.EventID(id.String())
	}
	if e.Kind == live.CommentSent {
		data, err := withCommentID(e.Data, string(e.ID))
		if err != nil {
			return o, live.Invalid("malformed_json", "data", "must be a JSON object")
		}
		e.Data = data
	}
	o.event = e
	if o.named {
		o.key = KeyOf(e.Merchant, e.Source, e.ID)
	}
	return o, nil
}

// check holds the rules of the envelope, in the order a producer would look.
func check(e *live.Event, door live.Origin) *live.Error {
	spec, known := live.SpecOf(e.Kind)
	if !known {
		return asRefusal(live.CheckData(e.Kind, nil))
	}
	if spec.From&door == 0 || live.OrderFactKind(e.Kind) {
		return &live.Error{Fault: live.FaultForbidden, Code: "type_not_allowed", Field: "type", Message: fmt.Sprintf("%s cannot come in this way", e.Kind)}
	}
	for _, f := range [...]struct {
		name, value string
		required    bool
	}{
		{"event_id", string(e.ID), false},
		{"merchant_id", string(e.Merchant), true},
		{"room_id", string(e.Room), false},
		{"show_id", string(e.Show), false},
		{"actor.id", e.Actor.ID, false},
		{"person_id", string(e.Person), false},
	} {
		if (f.required || f.value != "") && !live.ValidID(f.value) {
			return live.Invalid("invalid_field", f.name, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
	}
	if err := checkSource(e.Source, door); err != nil {
		return err
	}
	if role := e.Actor.Role; role != "" && !role.Valid() && (role != live.RoleSystem || door != live.FromSystem) {
		return live.Invalid("invalid_field", "actor.role", "is not a role an actor may have")
	}
	if len(e.Actor.Name) > maxName || !printable(e.Actor.Name) {
		return live.Invalid("invalid_field", "actor.name", "must be at most %d bytes of printable text", maxName)
	}
	if len(e.Channel) > maxLabel || !printable(e.Channel) {
		return live.Invalid("invalid_field", "channel", "must be at most %d bytes of printable text", maxLabel)
	}
	if len(e.Campaign) > maxLabel || !printable(e.Campaign) {
		return live.Invalid("invalid_field", "campaign", "must be at most %d bytes of printable text", maxLabel)
	}
	if e.Stage != "" && !e.Stage.Valid() {
		return live.Invalid("invalid_field", "stage", "must be one of lead, nurture, convert, retain")
	}
	// Frames to viewers are UTF-8 or their sockets close; JSON parsers let bad
	// bytes through.
	if !utf8.Valid(e.Data) {
		return live.Invalid("malformed_json", "data", "must be UTF-8")
	}
	return asRefusal(live.CheckData(e.Kind, e.Data))
}

// checkSource keeps the sources that only Showrunner itself may name. A
// viewer's source is "ws:" and the subject, which may be an ID of full length.
func checkSource(source string, door live.Origin) *live.Error {
	if !live.ValidID(strings.TrimPrefix(source, "ws:")) {
		return live.Invalid("invalid_field", "source", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	if door&live.FromProducer != 0 && (source == "system" || source == "ws" || strings.HasPrefix(source, "ws:")) {
		return live.Invalid("reserved_source", "source", "%q is a name of Showrunner's own", source)
	}
	return nil
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		// Joiners shape emoji and scripts; they are invisible but belong to names.
		if !unicode.IsPrint(r) && r != '\u200d' && r != '\u200c' {
			return false
		}
	}
	return true
}

func asRefusal(err error) *live.Error {
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*live.Error](err); ok {
		return refusal
	}
	return live.Invalid("invalid_field", "data", "%v", err)
}

// withCommentID puts comment_id into the data of a comment that has none. The
// other bytes stay as they came.
func withCommentID(data json.RawMessage, id string) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	given, there := members["comment_id"]
	if there && string(given) != "null" {
		return data, nil
	}
	quoted, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	if there { // null: a second member of that name would be ambiguous
		members["comment_id"] = quoted
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(members); err != nil {
			return nil, err
		}
		return bytes.TrimSpace(out.Bytes()), nil
	}
	body := bytes.TrimSpace(data)[1:]
	out := make([]byte, 0, len(body)+len(quoted)+16)
	out = append(out, `{"comment_id":`...)
	out = append(out, quoted...)
	if len(members) > 0 {
		out = append(out, ',')
	}
	return append(out, body...), nil
}
