package ws

import (
	"runtime"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// Path is how the sockets of viewers are carried. Panels, and whatever is not
// plain TCP, are always carried the portable way.
type Path string

// Paths. What a client sees is the same on each.
const (
	// PathAuto is PathEpoll where there is epoll.
	PathAuto Path = "auto"
	// PathEpoll carries thousands of viewers with one goroutine; Linux only.
	PathEpoll Path = "epoll"
	// PathPortable carries each viewer with two goroutines.
	PathPortable Path = "portable"
)

// Available reports whether the path is one that this system has. The empty one
// is [PathAuto].
func (p Path) Available() bool {
	switch p {
	case PathEpoll:
		return runtime.GOOS == "linux"
	case "", PathAuto, PathPortable:
		return true
	}
	return false
}

// carries counts one connection more or less on a path.
func (s *Server) carries(path string, more float64) {
	s.metrics.connections.WithLabelValues(path).Add(more)
	s.moves.Add(1)
}

// Labels of the connections metric.
const (
	pathEpoll    = string(PathEpoll)
	pathPortable = string(PathPortable)
)

// taker takes a connection that was judged away from fasthttp.
type taker interface {
	// take reports false if it is not for it; an error is a refusal.
	take(c *fiber.Ctx, a *arrival) (taken bool, err error)
}

// badHandshake is the refusal of what is no handshake.
func badHandshake() error {
	return live.Invalid("bad_handshake", "", "this is not a websocket handshake of version 13")
}
