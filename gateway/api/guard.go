package api

import (
	"context"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// call is what a handler may know of its request beside its input.
type call struct {
	principal live.Principal
	fiber     *fiber.Ctx
	status    int // overrides what huma made of a bad parameter; 0: does not
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// guard stands before a handler: a deadline, the token, the right, the limit,
// the size and type of the body, and the Idempotency-Key, in this order.
func (a *API) guard(r Route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humafiber.Unwrap(hc)
		ctx, cancel := context.WithTimeout(hc.Context(), a.cfg.Timeout)
		defer cancel()
		at := &call{fiber: c}
		if err := a.admit(c, &r, at); err != nil {
			a.refuse(c, err)
			return
		}
		run := func() {
			next(huma.WithContext(hc, context.WithValue(ctx, callKey{}, at)))
			if at.status != 0 {
				c.Status(at.status)
			}
		}
		if key := c.Get(idempotencyHeader); key != "" && r.writes() && !r.Open {
			if err := a.once(ctx, at, key, run); err != nil {
				a.refuse(c, err)
			}
			return
		}
		run()
	}
}

// admit says why the request may not reach the handler, or nil.
func (a *API) admit(c *fiber.Ctx, r *Route, at *call) error {
	caller := "ip " + c.IP()
	if r.source {
		caller = "source " + c.Params("source") + " " + caller
	}
	if !r.Open {
		p, err := a.authenticate(c)
		if err != nil {
			return err
		}
		if !mayAny(p, r.Actions) {
			return roleForbidden(p)
		}
		at.principal = p
		caller = "sub " + string(p.Merchant) + " " + p.Subject
	}
	if wait := a.limit.take(caller, a.cfg.Now()); wait > 0 {
		return live.RateLimited(wait, "too many requests; wait %s", wait)
	}
	if r.body == nil {
		if n := len(c.Request().Body()); n > maxLines {
			return live.TooLarge("body_too_large", "", "the body is %d bytes, none is needed", n)
		}
		return nil
	}
	return checkBody(c, r)
}

// authenticate reads the bearer token. A token never stands in a URL.
func (a *API) authenticate(c *fiber.Ctx) (live.Principal, error) {
	header := c.Get(fiber.HeaderAuthorization)
	scheme, token, _ := strings.Cut(header, " ")
	if header != "" && !strings.EqualFold(scheme, "Bearer") {
		return live.Principal{}, live.Unauthenticated("token_invalid", "the Authorization header must be of the form: Bearer <token>")
	}
	return a.cfg.Tokens.Verify(strings.TrimSpace(token))
}

func roleForbidden(p live.Principal) error {
	return live.Forbidden("role_forbidden", "the role %s may not do this", p.Role)
}

// checkBody looks at size and type. A body without a type is taken for JSON.
func checkBody(c *fiber.Ctx, r *Route) error {
	most := MaxBody
	if r.batch {
		most = MaxBatchBody
	}
	if r.csv {
		most = MaxSettlementBody
	}
	if n := len(c.Request().Body()); n > most {
		return live.TooLarge("body_too_large", "", "the body is %d bytes, at most %d are allowed", n, most)
	}
	media := c.Get(fiber.HeaderContentType)
	if media == "" || len(c.Request().Body()) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(media)
	if r.csv {
		if err == nil && kind == "text/csv" {
			return nil
		}
		return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be text/csv")
	}
	if err == nil && (kind == "application/json" || r.ndjson && isNDJSON(kind) || r.xml && isText(kind)) {
		return nil
	}
	accepted := "application/json"
	if r.ndjson {
		accepted += " or " + ndjsonType
	}
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be "+accepted)
}

// isText reports the types under which platforms post besides JSON.
func isText(kind string) bool {
	return kind == "text/xml" || kind == "application/xml" || kind == "text/plain"
}

func (a *API) refuse(c *fiber.Ctx, err error) {
	if err := a.problems.Write(c, err); err != nil {
		a.cfg.Logger.ErrorContext(c.UserContext(), "write problem", slog.Any("error", err))
	}
}

// retryHeader repeats retry_after_ms for clients that know only the header.
func retryHeader(c *fiber.Ctx, p *Problem) {
	if p.RetryAfterMS > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt((p.RetryAfterMS+999)/1000, 10))
	}
}

// transform turns the errors that huma itself makes into problems.
func (a *API) transform(hc huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := a.problems.Of(humafiber.Unwrap(hc), fromHuma(m))
	if at, ok := hc.Context().Value(callKey{}).(*call); ok {
		at.status = p.Status
	}
	return p, nil
}
