package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"showrunner/gateway/api"
)

// secure sets what no answer should lack. A page may set a wider policy of its
// own after it; data is never cached and never shown as a page. Over TLS a
// browser is told to use nothing else for two years.
func secure(c *fiber.Ctx, tls bool) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if tls {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=63072000")
	}
}

func secureFirst(tls bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		secure(c, tls)
		return c.Next()
	}
}

// rescue turns a panic into a 500 of the usual form. The caller learns the
// request id; the log learns the rest.
func rescue(logger *slog.Logger, problems api.Problems) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		defer func() {
			if r := recover(); r != nil {
				logger.ErrorContext(c.UserContext(), "panic in a request",
					slog.String("request_id", api.RequestID(c)), slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
				c.Response().ResetBody()
				err = problems.Write(c, fmt.Errorf("panic: %v", r))
			}
		}()
		return c.Next()
	}
}

// plainBodies refuses compressed bodies: a few bytes of them can become many
// gigabytes after every limit was checked.
func plainBodies(c *fiber.Ctx) error {
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return api.NewProblem(http.StatusUnsupportedMediaType, "unsupported_encoding", "the body must not be compressed")
	}
	return c.Next()
}

// origins lets the pages of some web origins call us from a browser. A token is
// sent by the page itself and never by the browser, so no credentials are allowed.
type origins struct{ allowed []string }

func newOrigins(list []string) origins {
	var o origins
	for _, s := range list {
		if u, err := url.Parse(s); err == nil && u.Scheme != "" && u.Host != "" {
			o.allowed = append(o.allowed, strings.ToLower(u.Scheme+"://"+u.Host))
		}
	}
	return o
}

func (o origins) middleware(c *fiber.Ctx) error {
	if len(o.allowed) == 0 {
		return c.Next()
	}
	c.Vary(fiber.HeaderOrigin)
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" || !slices.Contains(o.allowed, strings.ToLower(origin)) {
		return c.Next()
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	c.Set(fiber.HeaderAccessControlExposeHeaders, "X-Request-Id, Retry-After, Idempotency-Replayed")
	if c.Method() != fiber.MethodOptions || c.Get(fiber.HeaderAccessControlRequestMethod) == "" {
		return c.Next()
	}
	c.Set(fiber.HeaderAccessControlAllowMethods, "GET, POST, PUT, PATCH, DELETE")
	c.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, Idempotency-Key, X-Request-Id")
	c.Set(fiber.HeaderAccessControlMaxAge, "600")
	return c.SendStatus(fiber.StatusNoContent)
}
