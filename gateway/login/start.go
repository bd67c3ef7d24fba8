package login

import (
	"context"
	"log/slog"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/oauth2"

	"showrunner/live"
	"showrunner/live/store"
)

// start sends a browser to the provider of its merchant.
func (l *Login) start(c *fiber.Ctx) error {
	if err := l.admit(c); err != nil {
		return l.turnAway(c, err)
	}
	asked, err := one(c, "merchant_id")
	if err != nil {
		return l.turnAway(c, err)
	}
	m := live.MerchantID(asked)
	k, ok := l.providers[m]
	if !ok {
		return l.turnAway(c, noWay())
	}
	next, err := one(c, "next")
	if err != nil {
		return l.turnAway(c, err)
	}
	ctx := c.UserContext()
	said, err := k.discover(ctx)
	if err != nil {
		return l.refused(c, trouble{merchant: m, known: k, refusal: away(), cause: err})
	}
	a := attempt{state: secret(), browser: secret(), merchant: m, issuer: k.Issuer, returnTo: returnTo(next)}
	if err := l.cfg.Store.Change(ctx, func(t *store.Tx) error { return keep(t, a) }); err != nil {
		return l.turnAway(c, err)
	}
	l.carry(c, handle(a.state), a.browser)
	return c.Redirect(l.oauth(m, k, said).AuthCodeURL(a.state, oidc.Nonce(nonce(a.browser)), oauth2.S256ChallengeOption(verifier(a.browser))), fiber.StatusSeeOther)
}

func noWay() *live.Error {
	return live.NotFound("login_unknown", "this merchant has no identity provider here")
}

// trouble is a refusal with what is to be kept of it.
type trouble struct {
	merchant live.MerchantID
	known    *known
	who      live.Principal // as far as the provider proved it
	refusal  *live.Error
	cause    error // for the log; may be nil
}

// refused writes a refusal down and shows its page. Who cannot be written down is
// refused all the same.
func (l *Login) refused(c *fiber.Ctx, t trouble) error {
	ctx := c.UserContext()
	l.cfg.Logger.WarnContext(ctx, "login refused", slog.String("merchant", string(t.merchant)), slog.String("issuer", t.known.Issuer),
		slog.String("code", t.refusal.Code), slog.String("sub", t.who.Subject), slog.String("error", brief(t.cause)))
	if err := l.audit(ctx, "login", t.refusal, t.who, t.merchant, t.known.Issuer); err != nil {
		l.cfg.Logger.ErrorContext(ctx, "a refused login is not in the audit log", slog.Any("error", err))
	}
	return l.turnAway(c, t.refusal)
}

// brief is an error for the log, cut: a provider's whole answer may stand in it.
func brief(err error) string {
	const most = 300
	if err == nil {
		return ""
	}
	text := err.Error()
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

func (l *Login) audit(ctx context.Context, action string, refusal *live.Error, who live.Principal, m live.MerchantID, issuer string) error {
	row := auditRow(action, who, m, issuer)
	if refusal != nil {
		row.Code = refusal.Code
		row.Detail = detail(issuer, refusal.Data["provider_error"])
	}
	return l.cfg.Store.Change(ctx, func(t *store.Tx) error { return t.Audit(row) })
}
