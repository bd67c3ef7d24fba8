package ws

import (
	"errors"

	"showrunner/live"
	"showrunner/live/hub"
)

// CloseCode is the websocket close code that follows a bye frame. 4000 to 4499
// mean that reconnecting may help, 4500 to 4999 that it will not.
type CloseCode int

// Close codes.
const (
	// CloseGoingAway: this server stops. Reconnect with since after the
	// retry_after_ms of the bye.
	CloseGoingAway CloseCode = 4001
	// CloseInternal: our fault. Reconnect with since and a back-off.
	CloseInternal CloseCode = 4002
	// CloseUnavailable: an engine behind the server is away. Reconnect with a
	// back-off.
	CloseUnavailable CloseCode = 4003
	// CloseIdle: nothing came within the idle time, not even a pong.
	CloseIdle CloseCode = 4004
	// CloseConflict: the state changed under the connection. Reconnect.
	CloseConflict CloseCode = 4009
	// CloseFlood: far more frames than the limits allow, ignoring the refusals.
	// Reconnect slower.
	CloseFlood CloseCode = 4029
	// CloseUnauthenticated: the token ended. Reconnect with a new one.
	CloseUnauthenticated CloseCode = 4401

	// CloseProtocol: a binary frame; the protocol is JSON text.
	CloseProtocol CloseCode = 4500
	// CloseForbidden: the right to be here is gone.
	CloseForbidden CloseCode = 4503
	// CloseKicked: sent out of the room until the show ends.
	CloseKicked CloseCode = 4505
	// CloseBlocked: blocked by the merchant.
	CloseBlocked CloseCode = 4506
	// CloseNotFound: the room is gone.
	CloseNotFound CloseCode = 4504
	// CloseTooLarge: a frame over the size limit.
	CloseTooLarge CloseCode = 4513
)

// everyCode lists the close codes.
var everyCode = []CloseCode{
	CloseGoingAway, CloseInternal, CloseUnavailable, CloseIdle, CloseConflict, CloseFlood, CloseUnauthenticated,
	CloseProtocol, CloseForbidden, CloseNotFound, CloseKicked, CloseBlocked, CloseTooLarge,
}

// Reconnect reports whether coming back may help.
func (c CloseCode) Reconnect() bool { return c < 4500 }

// closeCodes is the one table from faults to close codes.
var closeCodes = map[live.Fault]CloseCode{
	live.FaultInternal:        CloseInternal,
	live.FaultInvalid:         CloseProtocol,
	live.FaultUnauthenticated: CloseUnauthenticated,
	live.FaultForbidden:       CloseForbidden,
	live.FaultNotFound:        CloseNotFound,
	live.FaultConflict:        CloseConflict,
	live.FaultTooLarge:        CloseTooLarge,
	live.FaultRateLimited:     CloseFlood,
	live.FaultUnavailable:     CloseUnavailable,
	live.FaultUnsupported:     CloseProtocol,
}

// CloseCodeOf is the close code for a refusal; anything that is not a
// [live.Error] is our fault.
func CloseCodeOf(err error) CloseCode {
	if e, ok := errors.AsType[*live.Error](err); ok {
		if c, ok := byeCodes[e.Code]; ok {
			return c
		}
		return closeCodes[e.Fault]
	}
	return CloseInternal
}

// byeCodes are the refusals with a close code of their own.
var byeCodes = map[string]CloseCode{hub.Kicked: CloseKicked, hub.Blocked: CloseBlocked}
