package login

import (
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
	"showrunner/live/store"
)

// answer is what the provider says by the browser: RFC 6749, section 4.1.2, and RFC 9207.
type answer struct{ state, code, iss, refusal string }

func answerOf(c *fiber.Ctx) (a answer, err error) {
	for name, to := range map[string]*string{"state": &a.state, "code": &a.code, "iss": &a.iss, "error": &a.refusal} {
		text, wrong := one(c, name)
		if wrong != nil {
			err = wrong
		}
		*to = text
	}
	return a, err
}

// callback takes a browser back from its provider, with a code or a refusal.
func (l *Login) callback(c *fiber.Ctx) error {
	if err := l.admit(c); err != nil {
		return l.turnAway(c, err)
	}
	m := live.MerchantID(c.Params("merchant"))
	k, ok := l.providers[m]
	if !ok {
		return l.turnAway(c, noWay())
	}
	said, err := answerOf(c)
	if err != nil {
		return l.turnAway(c, err)
	}
	name := handle(said.state)
	browser := c.Cookies(l.cookieName(name))
	ctx := c.UserContext()
	t := trouble{merchant: m, known: k}
	if browser == "" {
		t.refusal = live.Forbidden("login_other_browser", "this login was begun in another browser, or cookies are off")
		return l.refused(c, t)
	}
	var a attempt
	err = l.cfg.Store.Change(ctx, func(tx *store.Tx) (err error) {
		a, err = use(tx, said.state, browser)
		return err
	})
	if t.refusal = refusalOf(err); t.refusal != nil {
		return l.refused(c, t)
	}
	if err != nil {
		return l.turnAway(c, err)
	}
	claims, no, cause := l.prove(c, k, a, said, m)
	if no == nil {
		if t.who, err = k.principal(m, claims); err != nil {
			no = refusalOf(err)
		}
	}
	if no != nil {
		l.carry(c, name, "")
		t.refusal, t.cause = no, cause
		return l.refused(c, t)
	}
	if err := l.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		return keepProof(tx, proof{browser: a.browser, issuer: a.issuer, returnTo: a.returnTo, who: t.who})
	}); err != nil {
		return l.turnAway(c, err)
	}
	return c.Redirect(l.cfg.PublicURL+"/console/#/login?login="+name, fiber.StatusSeeOther)
}

// prove gives the claims of whom the provider proved. What the answer says of
// where it comes from is looked at first: a code of one provider is never shown
// to another.
func (l *Login) prove(c *fiber.Ctx, k *known, a attempt, said answer, m live.MerchantID) (claims, *live.Error, error) {
	if a.merchant != m || a.issuer != k.Issuer || said.iss != "" && said.iss != k.Issuer {
		return nil, live.Forbidden("login_issuer", "the answer is not of the identity provider that this login was begun at"), errors.New("an answer of another provider")
	}
	doc, err := k.discover(c.UserContext())
	if err != nil {
		return nil, away(), err
	}
	if doc.iss && said.iss == "" {
		return nil, live.Forbidden("login_issuer", "the answer does not say which identity provider it is of"), errors.New("an answer without iss")
	}
	if said.refusal != "" || said.code == "" {
		return nil, declined(said.refusal), nil
	}
	return l.exchange(c.UserContext(), k, doc, a, said.code)
}

// refusalOf is the refusal among errors; nil for what is no refusal.
func refusalOf(err error) *live.Error {
	e, ok := errors.AsType[*live.Error](err)
	if !ok || e.Fault == live.FaultInternal {
		return nil
	}
	return e
}

func auditRow(action string, who live.Principal, m live.MerchantID, issuer string) store.AuditRow {
	return store.AuditRow{Merchant: m, Actor: live.Actor{ID: who.Subject, Name: who.Name, Role: who.Role}, Action: action, Detail: detail(issuer, nil)}
}

// detail is what the audit log keeps beside who and whether: nothing that lets in.
func detail(issuer string, providerError any) string {
	kept := map[string]any{"issuer": issuer}
	if providerError != nil {
		kept["provider_error"] = providerError
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		panic("BUG: text cannot be encoded: " + err.Error())
	}
	return string(raw)
}

// count tells the figures what came of a login.
func (l *Login) count(result string) { l.results.WithLabelValues(result).Inc() }

// logged says that somebody is in.
func (l *Login) logged(c *fiber.Ctx, p proof) {
	l.count("ok")
	l.cfg.Logger.InfoContext(c.UserContext(), "logged in", slog.String("merchant", string(p.who.Merchant)), slog.String("issuer", p.issuer),
		slog.String("sub", p.who.Subject), slog.String("role", string(p.who.Role)))
}
