package live

import (
	"fmt"
	"time"
)

// Fault is the class of an [Error]. The gateway has one table from Fault to
// HTTP status and websocket close code.
type Fault uint8

// Faults, from the caller's mistakes to ours.
const (
	FaultInternal        Fault = iota // ours; the caller sees no detail
	FaultInvalid                      // the input breaks a rule
	FaultUnauthenticated              // no token, or one that does not hold
	FaultForbidden                    // a good token without the right
	FaultNotFound                     // not there, or not the caller's to see
	FaultConflict                     // the state does not allow it
	FaultTooLarge                     // over a size limit
	FaultRateLimited                  // too often; see Error.RetryAfter
	FaultUnavailable                  // an engine is away; try again
	FaultUnsupported                  // this server lacks what it takes; trying again does not help
)

// Error is a refusal with a stable code. Code and Field are for programs,
// Message is for people; none of them ever carries a secret.
type Error struct {
	Fault      Fault
	Code       string        // snake_case, stable for ever
	Field      string        // what input is wrong, dotted path, or empty
	Message    string        // the rule that was broken
	RetryAfter time.Duration // for FaultRateLimited and FaultUnavailable
	Data       map[string]any
}

func (e *Error) Error() string {
	if e.Field != "" {
		return e.Code + ": " + e.Field + ": " + e.Message
	}
	return e.Code + ": " + e.Message
}

// Is makes errors.Is match on the code, so that a caller can test for
// live.Conflict("out_of_stock", "") whatever the message says.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Invalid refuses input: field names what is wrong, the message says the rule.
func Invalid(code, field, format string, args ...any) *Error {
	return &Error{Fault: FaultInvalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Conflict refuses what the present state does not allow.
func Conflict(code, format string, args ...any) *Error {
	return &Error{Fault: FaultConflict, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound refuses a name that does not exist for this caller.
func NotFound(code, format string, args ...any) *Error {
	return &Error{Fault: FaultNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Forbidden refuses a caller whose role or scope does not reach.
func Forbidden(code, format string, args ...any) *Error {
	return &Error{Fault: FaultForbidden, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unauthenticated refuses a caller who did not prove who they are.
func Unauthenticated(code, format string, args ...any) *Error {
	return &Error{Fault: FaultUnauthenticated, Code: code, Message: fmt.Sprintf(format, args...)}
}

// TooLarge refuses input over a size limit.
func TooLarge(code, field, format string, args ...any) *Error {
	return &Error{Fault: FaultTooLarge, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// RateLimited refuses input that comes too often.
func RateLimited(retry time.Duration, format string, args ...any) *Error {
	return &Error{Fault: FaultRateLimited, Code: "rate_limited", Message: fmt.Sprintf(format, args...), RetryAfter: retry}
}

// Unavailable says that an engine is away and the same call may go through later.
func Unavailable(code string, retry time.Duration, format string, args ...any) *Error {
	return &Error{Fault: FaultUnavailable, Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: retry}
}

// Unsupported says that this server lacks what it takes to do it.
func Unsupported(code, format string, args ...any) *Error {
	return &Error{Fault: FaultUnsupported, Code: code, Message: fmt.Sprintf(format, args...)}
}
