package ws

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// Subprotocol is the websocket sub-protocol of this version.
const Subprotocol = "showrunner.v1"

// bearerPrefix marks the token among the offered sub-protocols: a browser
// cannot set headers on a websocket.
const bearerPrefix = "bearer."

// authenticate proves who is calling. The strings it hands on are copies: fiber
// reuses the request's memory.
func (s *Server) authenticate(c *fiber.Ctx) (live.Principal, error) {
	for _, name := range []string{"token", "access_token", "jwt", "bearer", "authorization"} {
		if c.Context().QueryArgs().Has(name) {
			return live.Principal{}, live.Unauthenticated("token_in_url", "a token does not belong in a URL; use the Authorization header, the sub-protocol or a ticket")
		}
	}
	if h := c.Get(fiber.HeaderAuthorization); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return live.Principal{}, live.Unauthenticated("token_invalid", "the Authorization header must be a bearer token")
		}
		return s.deps.Authenticate(strings.Clone(strings.TrimSpace(token)))
	}
	for offer := range strings.SplitSeq(c.Get(fiber.HeaderSecWebSocketProtocol), ",") {
		if token, ok := strings.CutPrefix(strings.TrimSpace(offer), bearerPrefix); ok {
			return s.deps.Authenticate(strings.Clone(token))
		}
	}
	if ticket := c.Query("ticket"); ticket != "" {
		if strings.Count(ticket, ".") == 2 {
			return live.Principal{}, live.Unauthenticated("token_in_url", "this is a token, not a ticket")
		}
		return s.deps.RedeemTicket(strings.Clone(ticket))
	}
	return live.Principal{}, live.Unauthenticated("token_missing", "a bearer token or a ticket is needed")
}

// allowedOrigin checks where a browser's page came from: another site must not
// open sockets with what its visitor's browser knows. Programs send no Origin.
func (s *Server) allowedOrigin(c *fiber.Ctx) bool {
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	if slices.ContainsFunc(s.deps.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, string(c.Context().Host()))
}
