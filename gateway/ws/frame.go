package ws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// Framer joins the events of a room's tick into an events frame.
type Framer struct{}

// Events encodes {"type":"events","epoch":…,"offset":…,"events":[…]}.
func (Framer) Events(epoch string, offset uint64, events [][]byte) []byte {
	size := 64 + len(epoch)
	for _, e := range events {
		size += len(e) + 1
	}
	b := make([]byte, 0, size)
	b = append(b, `{"type":"events","epoch":`...)
	b = appendString(b, epoch)
	b = append(b, `,"offset":`...)
	b = strconv.AppendUint(b, offset, 10)
	b = append(b, `,"events":[`...)
	b = append(b, bytes.Join(events, []byte{','})...)
	return append(b, "]}"...)
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(b, encode(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// encode marshals what cannot fail: our own structs of strings and numbers, and
// raw JSON that was decoded before.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: encoding a frame: " + err.Error())
	}
	return b
}

type welcomeFrame struct {
	Type      string          `json:"type"`
	SessionID string          `json:"session_id"`
	Role      live.Role       `json:"role"`
	Epoch     string          `json:"epoch"`
	Offset    uint64          `json:"offset"`
	Room      json.RawMessage `json:"room"`
	Recovered bool            `json:"recovered"`
	// Brief is of the room's show, to panels only.
	Brief json.RawMessage `json:"brief,omitempty"`
}

// encode is what json.Marshal makes of a welcome. The room, which is most of it
// and is shared by many, was checked and made compact when it was read.
func (w *welcomeFrame) encode() []byte { return w.append(make([]byte, 0, w.size())) }

// size is about how many bytes a welcome has, rather more.
func (w *welcomeFrame) size() int { return len(w.Room) + len(w.Brief) + 256 }

func (w *welcomeFrame) append(b []byte) []byte {
	b = append(b, `{"type":"welcome","session_id":`...)
	b = appendString(b, w.SessionID)
	b = append(b, `,"role":`...)
	b = appendString(b, string(w.Role))
	b = append(b, `,"epoch":`...)
	b = appendString(b, w.Epoch)
	b = append(b, `,"offset":`...)
	b = strconv.AppendUint(b, w.Offset, 10)
	b = append(b, `,"room":`...)
	b = append(b, w.Room...)
	b = append(b, `,"recovered":`...)
	b = strconv.AppendBool(b, w.Recovered)
	if len(w.Brief) > 0 {
		b = append(append(b, `,"brief":`...), w.Brief...)
	}
	return append(b, '}')
}

type gapFrame struct {
	Type   string          `json:"type"`
	Missed uint64          `json:"missed"`
	Epoch  string          `json:"epoch"`
	Offset uint64          `json:"offset"`
	Room   json.RawMessage `json:"room"`
}

type byeFrame struct {
	Type         string    `json:"type"`
	Code         CloseCode `json:"code"`
	Reason       string    `json:"reason"`
	Reconnect    bool      `json:"reconnect"`
	RetryAfterMS int64     `json:"retry_after_ms,omitempty"`
}

func newBye(code CloseCode, reason string) byeFrame {
	return byeFrame{Type: "bye", Code: code, Reason: reason, Reconnect: code.Reconnect()}
}

type ackFrame struct {
	Type  string    `json:"type"`
	ID    string    `json:"id,omitempty"`
	OK    bool      `json:"ok"`
	Data  any       `json:"data,omitempty"`
	Error *ackError `json:"error,omitempty"`
}

type ackError struct {
	Code         string         `json:"code"`
	Message      string         `json:"message"`
	Field        string         `json:"field,omitempty"`
	RetryAfterMS int64          `json:"retry_after_ms,omitempty"`
	Data         map[string]any `json:"data,omitempty"`
}

func ackOK(id string, data any) []byte {
	return encode(ackFrame{Type: "ack", ID: id, OK: true, Data: data})
}

func ackRefused(id string, e *live.Error) []byte {
	a := &ackError{Code: e.Code, Message: e.Message, Field: e.Field, RetryAfterMS: milliseconds(e.RetryAfter), Data: e.Data}
	if e.Fault == live.FaultInternal {
		a = &ackError{Code: "internal", Message: "something went wrong on our side"}
	}
	b, err := json.Marshal(ackFrame{Type: "ack", ID: id, Error: a})
	if err != nil { // Error.Data is the only part that could not be encoded.
		a.Data = nil
		b = encode(ackFrame{Type: "ack", ID: id, Error: a})
	}
	return b
}

// refusal turns any error into the one the client sees; known is false if the
// error is ours and has to be logged.
func refusal(err error) (e *live.Error, known bool) {
	if e, ok := errors.AsType[*live.Error](err); ok {
		return e, e.Fault != live.FaultInternal
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return live.Unavailable("timeout", time.Second, "it took too long; ask again with the same id to learn what became of it"), false
	}
	return &live.Error{Fault: live.FaultInternal, Code: "internal"}, false
}

// milliseconds rounds up, so that a client that waits that long is not refused again.
func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
