package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"showrunner/live"
)

// simWelcome is the first frame of a connection, as far as a client needs it.
type simWelcome struct {
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered bool   `json:"recovered"`
	Room      struct {
		Show *struct {
			State live.ShowState `json:"state"`
		} `json:"show"`
	} `json:"room"`
	first bool // not a return
}

// simEvents is what happened since the last such frame.
type simEvents struct {
	Epoch  string     `json:"epoch"`
	Offset uint64     `json:"offset"`
	Events []simEvent `json:"events"`
}

// simEvent is one event of a frame.
type simEvent struct {
	Type    string `json:"type"`
	EventID string `json:"event_id"`
	Actor   struct {
		ID   string    `json:"id"`
		Role live.Role `json:"role"`
	} `json:"actor"`
	Data json.RawMessage `json:"data"`
}

// simAck answers one frame of the client.
type simAck struct {
	OK    bool            `json:"ok"`
	Data  json.RawMessage `json:"data"`
	Error *struct {
		Code       string `json:"code"`
		Message    string `json:"message"`
		Field      string `json:"field"`
		RetryAfter int64  `json:"retry_after_ms"`
	} `json:"error"`
}

// simFrame is one frame of the client.
type simFrame struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	EventID string `json:"event_id,omitempty"`
	Data    any    `json:"data"`
}

// simRefusal is a refusal that will not pass by itself.
type simRefusal struct{ Code, Field, Message string }

func (e *simRefusal) Error() string { return e.Code + ": " + e.Field + " " + e.Message }

// simPosition reads epoch and offset from the head of an events frame without
// decoding the events, which most viewers do not look at.
func simPosition(frame []byte) (epoch string, offset uint64, ok bool) {
	head := string(frame[:min(len(frame), 256)])
	_, rest, ok := strings.Cut(head, `"epoch":"`)
	if !ok {
		return "", 0, false
	}
	epoch, rest, ok = strings.Cut(rest, `","offset":`)
	if !ok {
		return "", 0, false
	}
	digits, _, ok := strings.Cut(rest, ",")
	if !ok {
		return "", 0, false
	}
	offset, err := strconv.ParseUint(digits, 10, 64)
	return epoch, offset, err == nil
}
