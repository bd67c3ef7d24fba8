package api

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/live"
)

// timeLayout is RFC 3339 in UTC with milliseconds, the one form we write.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is an instant on the wire: RFC 3339, written in UTC with milliseconds,
// read with any zone. The zero time is left out of objects.
type Time struct{ time.Time }

// MarshalJSON writes t in UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format(timeLayout))
}

// UnmarshalJSON reads an RFC 3339 time and truncates it to milliseconds.
func (t *Time) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return errors.New("must be a string")
	}
	at, err := parseTime(s)
	if err != nil {
		return err
	}
	t.Time = at
	return nil
}

// Schema describes t in the OpenAPI document.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-01-02T12:30:00.000Z"}}
}

func parseTime(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return time.Time{}, errors.New("must be an RFC 3339 time between the years 2000 and 2200")
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

// asOf reads the instant that a request asks for, zero when it names none.
func (a *API) asOf(raw string) (time.Time, error) {
	if raw == "" {
		return time.Time{}, nil
	}
	at, err := parseTime(raw)
	if err != nil {
		return time.Time{}, live.Invalid("invalid_field", "as_of", "%s", err)
	}
	if at.After(a.cfg.Now()) {
		return time.Time{}, live.Invalid("invalid_field", "as_of", "is in the future")
	}
	return at, nil
}
