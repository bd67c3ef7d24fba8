package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// ProblemType is the media type of every error answer, RFC 9457.
const ProblemType = "application/problem+json"

// Problem is an error answer. Program against Code, which is stable; Detail is
// for people and may change.
type Problem struct {
	Type         string `json:"type" doc:"Always about:blank; the code says what happened." example:"about:blank"`
	Title        string `json:"title" doc:"The HTTP status in words." example:"Conflict"`
	Status       int    `json:"status" doc:"The HTTP status." example:"409"`
	Detail       string `json:"detail" doc:"What rule was broken, for people." example:"start_show is not possible while the show is live"`
	Code         string `json:"code" doc:"What happened, for programs; stable for ever." example:"wrong_state"`
	Field        string `json:"field,omitempty" doc:"Which input is wrong, as a dotted path." example:"lines[0].qty"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty" doc:"When the same call may go through." example:"900"`
	RequestID    string `json:"request_id" doc:"Names this request in our log." example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`

	// Data holds further members, for instance the present state of a show.
	Data map[string]any `json:"-"`
}

// Error makes a Problem the error that huma asks of a refusal.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType replaces the JSON media type by that of problems.
func (p *Problem) ContentType(string) string { return ProblemType }

// MarshalJSON writes the members of Data beside the others, never over them.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	base, err := json.Marshal((*plain)(p))
	if err != nil || len(p.Data) == 0 {
		return base, err
	}
	all := maps.Clone(p.Data)
	var own map[string]any
	if err := json.Unmarshal(base, &own); err != nil {
		return nil, err
	}
	maps.Copy(all, own)
	return json.Marshal(all)
}

// TransformSchema says in the OpenAPI document that further members may stand here.
func (*Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.AdditionalProperties = true
	return s
}

// Problems turns errors into answers: the one table from fault to status comes
// in from above, so that HTTP and the websocket share it.
type Problems struct {
	// Status is the HTTP status of a fault.
	Status func(live.Fault) int
	// Logger gets what the caller must not see.
	Logger *slog.Logger
}

// Of turns an error into the answer for a caller. What is not a live.Error is
// ours: it is logged under the request id and the caller sees no detail.
func (ps Problems) Of(c *fiber.Ctx, err error) *Problem {
	var p *Problem
	var le *live.Error
	var fe *fiber.Error
	switch {
	case errors.As(err, &p):
		p.RequestID = RequestID(c)
		return p
	case errors.As(err, &le) && le.Fault != live.FaultInternal:
	case errors.Is(err, context.DeadlineExceeded):
		le = live.Unavailable("timeout", time.Second, "the answer took too long; whether a write was done is not known, so repeat it with the same id or key")
	case errors.As(err, &fe) && fe.Code < http.StatusInternalServerError:
		le = fromStatus(fe.Code)
		status := fe.Code
		return ps.fill(c, le, status)
	default:
		ps.Logger.ErrorContext(c.UserContext(), "request failed",
			slog.String("request_id", RequestID(c)), slog.String("method", c.Method()), slog.String("route", c.Route().Path), slog.Any("error", err))
		le = &live.Error{Code: "internal", Message: "something went wrong on our side; the request id names it"}
	}
	return ps.fill(c, le, ps.Status(le.Fault))
}

func (ps Problems) fill(c *fiber.Ctx, le *live.Error, status int) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: le.Message, Code: le.Code, Field: le.Field,
		// Rounded up: a wait that is too short to tell is still one.
		RetryAfterMS: (le.RetryAfter + time.Millisecond - 1).Milliseconds(), RequestID: RequestID(c), Data: le.Data,
	}
}

// Write answers with the problem of err.
func (ps Problems) Write(c *fiber.Ctx, err error) error {
	p := ps.Of(c, err)
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	retryHeader(c, p)
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="showrunner"`)
	}
	c.Set(fiber.HeaderContentType, ProblemType)
	return c.Status(p.Status).Send(body)
}

// fromStatus names what the framework itself refuses.
func fromStatus(status int) *live.Error {
	switch status {
	case http.StatusNotFound:
		return live.NotFound("route_not_found", "there is nothing at this path")
	case http.StatusMethodNotAllowed:
		return live.Invalid("method_not_allowed", "", "this path does not answer to this method")
	case http.StatusRequestEntityTooLarge:
		return live.TooLarge("body_too_large", "", "the body is over the limit")
	case http.StatusRequestHeaderFieldsTooLarge:
		return live.TooLarge("headers_too_large", "", "the request headers are over the limit")
	case http.StatusRequestTimeout:
		return live.Invalid("request_timeout", "", "the request did not arrive in time")
	case http.StatusUpgradeRequired:
		return live.Invalid("upgrade_required", "", "this path is a websocket")
	}
	return live.Invalid("bad_request", "", "the request cannot be understood")
}

// fromHuma names what huma refused before a handler ran: a parameter.
func fromHuma(m *huma.ErrorModel) *live.Error {
	if m.Status == http.StatusRequestEntityTooLarge {
		return fromStatus(m.Status)
	}
	if m.Status == http.StatusBadRequest {
		return live.Invalid("malformed_json", "", "%s", m.Detail)
	}
	if len(m.Errors) == 0 || m.Errors[0] == nil {
		return live.Invalid("invalid_field", "", "%s", m.Detail)
	}
	code, first := "invalid_field", m.Errors[0]
	if first.Message == "unknown query parameter" {
		code = "unknown_parameter"
	}
	return live.Invalid(code, clipped(first.Location), "%s", first.Message)
}

// NewProblem is a refusal for which no fault stands, such as a wrong media type.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}
