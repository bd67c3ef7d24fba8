package gateway

import (
	"net/http"

	"showrunner/live"
)

// StatusOf is the HTTP status of a fault: the one table.
func StatusOf(f live.Fault) int {
	switch f {
	case live.FaultInvalid:
		return http.StatusBadRequest
	case live.FaultUnauthenticated:
		return http.StatusUnauthorized
	case live.FaultForbidden:
		return http.StatusForbidden
	case live.FaultNotFound:
		return http.StatusNotFound
	case live.FaultConflict:
		return http.StatusConflict
	case live.FaultTooLarge:
		return http.StatusRequestEntityTooLarge
	case live.FaultRateLimited:
		return http.StatusTooManyRequests
	case live.FaultUnavailable:
		return http.StatusServiceUnavailable
	case live.FaultUnsupported:
		return http.StatusNotImplemented
	case live.FaultInternal:
	}
	return http.StatusInternalServerError
}
