package login

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
)

// LoggedOut tells a page where to go to end the session at the provider as well.
type LoggedOut struct {
	EndSession string `json:"end_session,omitempty"`
}

// logout writes down that somebody left, and says where their session at the
// provider ends, if the declaration wants that: OpenID Connect RP-Initiated
// Logout 1.0. The token itself is the page's to forget; it ends by itself.
func (l *Login) logout(c *fiber.Ctx) error {
	if err := l.admit(c); err != nil {
		return l.cfg.Refuse(c, err)
	}
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if scheme != "" && !strings.EqualFold(scheme, "Bearer") {
		return l.cfg.Refuse(c, live.Unauthenticated("token_invalid", "the Authorization header must be of the form: Bearer <token>"))
	}
	who, err := l.cfg.Tokens.Verify(strings.TrimSpace(token))
	if err != nil {
		return l.cfg.Refuse(c, err)
	}
	if len(c.Body()) > maxBody {
		return l.cfg.Refuse(c, live.TooLarge("body_too_large", "", "the body is %d bytes, none is needed", len(c.Body())))
	}
	out := LoggedOut{}
	k, ok := l.providers[who.Merchant]
	if !ok {
		return c.JSON(out)
	}
	if err := l.audit(c.UserContext(), "logout", nil, who, who.Merchant, k.Issuer); err != nil {
		return l.cfg.Refuse(c, err)
	}
	l.count("logout")
	if !k.EndThere {
		return c.JSON(out)
	}
	// A provider that is away keeps nobody from leaving us.
	if said, err := k.discover(c.UserContext()); err == nil && said.end != "" {
		out.EndSession = said.end + separator(said.end) + url.Values{
			"client_id": {k.Client}, "post_logout_redirect_uri": {l.cfg.PublicURL + "/console/"},
		}.Encode()
	}
	return c.JSON(out)
}

// separator is what stands before further parameters of an address.
func separator(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}
