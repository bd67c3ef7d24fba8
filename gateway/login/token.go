package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
	"showrunner/live/store"
)

// Handed is what a page gets once its person was proven.
type Handed struct {
	Token     string          `json:"token"`
	ExpiresAt time.Time       `json:"expires_at"`
	Merchant  live.MerchantID `json:"merchant_id"`
	Next      string          `json:"next,omitempty"`
}

// handleName is what [handle] makes.
var handleName = regexp.MustCompile(`^[0-9a-f]{8}$`)

// maxBody bounds what a page has to say.
const maxBody = 1 << 10

// token hands out the token of a finished login: to the browser that began it,
// once, in the body of this answer and nowhere else.
func (l *Login) token(c *fiber.Ctx) error {
	if err := l.admit(c); err != nil {
		return l.cfg.Refuse(c, err)
	}
	name, err := l.asked(c)
	if err != nil {
		return l.cfg.Refuse(c, err)
	}
	browser := c.Cookies(l.cookieName(name))
	if browser == "" {
		return l.cfg.Refuse(c, live.Unauthenticated("login_other_browser", "this login was begun in another browser, or cookies are off"))
	}
	var p proof
	err = l.cfg.Store.Change(c.UserContext(), func(t *store.Tx) (err error) {
		if p, err = useProof(t, browser); err != nil {
			return err
		}
		if k := l.providers[p.who.Merchant]; k == nil || k.Issuer != p.issuer {
			return live.Unauthenticated("login_expired", "the identity provider of this login is not declared any more")
		}
		return t.Audit(auditRow("login", p.who, p.who.Merchant, p.issuer))
	})
	if err != nil {
		return l.cfg.Refuse(c, err)
	}
	life := l.providers[p.who.Merchant].Life
	signed, err := l.cfg.Tokens.Issue(p.who, life)
	if err != nil {
		return l.cfg.Refuse(c, fmt.Errorf("issue a token after a login: %w", err))
	}
	l.logged(c, p)
	l.carry(c, name, "")
	return c.JSON(Handed{Token: signed, ExpiresAt: l.cfg.Now().Add(life).UTC().Truncate(time.Second), Merchant: p.who.Merchant, Next: p.returnTo})
}

// asked reads which login a page asks for, if it is a page of ours that asks. A
// foreign page cannot send JSON without being asked about it first, and a browser
// says where a request comes from.
func (l *Login) asked(c *fiber.Ctx) (string, error) {
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && strings.ToLower(origin) != l.origin {
		return "", live.Forbidden("origin_forbidden", "a page of another origin may not ask")
	}
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return "", live.Forbidden("origin_forbidden", "a page of another origin may not ask")
	}
	if kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || kind != "application/json" {
		return "", live.Invalid("invalid_field", "", "the body must be application/json")
	}
	if len(c.Body()) > maxBody {
		return "", live.TooLarge("body_too_large", "", "the body is %d bytes, at most %d are allowed", len(c.Body()), maxBody)
	}
	var body struct {
		Login string `json:"login"`
	}
	in := json.NewDecoder(bytes.NewReader(c.Body()))
	in.DisallowUnknownFields()
	if err := in.Decode(&body); err != nil {
		return "", live.Invalid("malformed_json", "", "the body must be an object with login")
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) || !handleName.MatchString(body.Login) {
		return "", live.Invalid("invalid_field", "login", "must be the name that the address of the page has")
	}
	return body.Login, nil
}
