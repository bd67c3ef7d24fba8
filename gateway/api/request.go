package api

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"showrunner/live"
)

const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// Identify is the middleware that names each request: by the caller's
// X-Request-Id if it is an identifier, else by a new one. The answer carries it.
func Identify(c *fiber.Ctx) error {
	id := c.Get(requestIDHeader)
	if !live.ValidID(id) {
		id = newID()
	}
	c.Locals(requestIDKey{}, id)
	c.Set(requestIDHeader, id)
	return c.Next()
}

// RequestID is the name [Identify] gave the request, or the empty string.
func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey{}).(string)
	return id
}

// newID is a fresh identifier that sorts by time.
func newID() string {
	// NewV7 fails only without randomness, and then the program has ended already.
	return uuid.Must(uuid.NewV7()).String()
}
