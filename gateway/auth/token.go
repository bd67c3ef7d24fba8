package auth

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"showrunner/live"
)

// Issuer and Audience stand in every token and are required of every token.
const (
	Issuer   = "showrunner"
	Audience = "showrunner"
)

const (
	// maxToken bounds a token; ours stay below 1 KiB with a dozen rooms.
	maxToken = 16 << 10
	// maxName is the longest display name in a token, in characters.
	maxName = 64
	// skew is how far ahead the clock of another node may run.
	skew = 5 * time.Second
)

// claims is the payload of a token.
type claims struct {
	Issuer   string    `json:"iss"`
	Audience audience  `json:"aud"`
	Subject  string    `json:"sub"`
	Expires  *seconds  `json:"exp"`
	IssuedAt *seconds  `json:"iat"`
	Role     string    `json:"role"`
	Merchant string    `json:"merchant_id,omitempty"`
	Rooms    *[]string `json:"room_ids,omitempty"`
	Name     string    `json:"name,omitempty"`
}

// seconds is a NumericDate of whole seconds, the only form we write.
type seconds int64

func (s seconds) time() time.Time { return time.Unix(int64(s), 0).UTC() }

// ours is the audience of our tokens as it stands in them.
const ours = `"` + Audience + `"`

// audience is one name or a list of names.
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	if string(raw) == ours {
		*a = audience{Audience}
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// The jwt library asks for these; [Auth.check] does the checking.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings(c.Audience), nil }

// Issue signs a token that proves p for ttl. It refuses a principal that
// [Auth.Verify] would refuse; p.Expires is not looked at.
func (a *Auth) Issue(p live.Principal, ttl time.Duration) (string, error) {
	if ttl < time.Second || ttl > a.maxTTL {
		return "", live.Invalid("invalid_field", "ttl", "must be 1s to %s", a.maxTTL)
	}
	now := a.now()
	issued, expires := seconds(now.Unix()), seconds(now.Add(ttl).Unix())
	c := claims{
		Issuer: Issuer, Audience: audience{Audience}, Subject: p.Subject, IssuedAt: &issued, Expires: &expires,
		Role: string(p.Role), Merchant: string(p.Merchant), Name: p.Name,
	}
	if p.Rooms != nil {
		rooms := make([]string, len(p.Rooms))
		for i, r := range p.Rooms {
			rooms[i] = string(r)
		}
		c.Rooms = &rooms
	}
	if _, err := c.principal(); err != nil {
		return "", err
	}
	k := a.signer()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &c)
	t.Header["kid"] = k.id
	signed, err := t.SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// Verify proves a token and returns who it speaks for. Every refusal is a
// live.Error of live.FaultUnauthenticated: token_missing for an empty token,
// token_expired for one that was good, token_invalid for all others. The
// message never repeats the token.
func (a *Auth) Verify(token string) (live.Principal, error) {
	if token == "" {
		return live.Principal{}, live.Unauthenticated("token_missing", "a bearer token is required")
	}
	if len(token) > maxToken {
		return live.Principal{}, invalid("is too long")
	}
	var c claims
	if err := a.prove(token, &c); err != nil {
		return live.Principal{}, invalid("does not verify")
	}
	if err := a.check(&c); err != nil {
		return live.Principal{}, err
	}
	p, err := c.principal()
	if err != nil {
		return live.Principal{}, invalid("has claims that do not hold: %v", err)
	}
	p.Expires = c.Expires.time()
	return p, nil
}

func (a *Auth) keyOf(t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("critical extensions are not supported")
	}
	id, ok := t.Header["kid"].(string)
	if !ok {
		return nil, errors.New("no key id")
	}
	k, ok := a.key(id)
	if !ok {
		return nil, errors.New("unknown key id")
	}
	var public ed25519.PublicKey = k.public()
	return public, nil
}

func (a *Auth) check(c *claims) error {
	now := a.now()
	switch {
	case c.Issuer != Issuer:
		return invalid("has another issuer")
	case !slices.Contains(c.Audience, Audience):
		return invalid("is for another audience")
	case c.Expires == nil || c.IssuedAt == nil:
		return invalid("lacks exp or iat")
	case c.IssuedAt.time().After(now.Add(skew)):
		return invalid("was issued in the future")
	case c.Expires.time().Sub(c.IssuedAt.time()) > a.maxTTL+time.Second:
		return invalid("lives longer than %s", a.maxTTL)
	case !now.Before(c.Expires.time()):
		return live.Unauthenticated("token_expired", "the token has expired")
	}
	return nil
}

// principal checks the claims that say who and what.
func (c *claims) principal() (live.Principal, error) {
	p := live.Principal{Subject: c.Subject, Name: c.Name, Role: live.Role(c.Role), Merchant: live.MerchantID(c.Merchant)}
	switch {
	case !live.ValidID(c.Subject):
		return p, live.Invalid("invalid_field", "sub", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	case !p.Role.Valid():
		return p, live.Invalid("invalid_field", "role", "is not a role")
	case c.Merchant == "" && p.Role != live.RoleAdmin:
		return p, live.Invalid("invalid_field", "merchant_id", "is required for every role but admin")
	case c.Merchant != "" && !live.ValidID(c.Merchant):
		return p, live.Invalid("invalid_field", "merchant_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	case utf8.RuneCountInString(c.Name) > maxName || !utf8.ValidString(c.Name) || strings.ContainsAny(c.Name, "\r\n\x00"):
		return p, live.Invalid("invalid_field", "name", "must be at most %d characters on one line", maxName)
	}
	if c.Rooms != nil {
		p.Rooms = make([]live.RoomID, len(*c.Rooms))
		for i, r := range *c.Rooms {
			if !live.ValidID(r) {
				return p, live.Invalid("invalid_field", "room_ids", "holds %q, which is not an identifier", r)
			}
			p.Rooms[i] = live.RoomID(r)
		}
	}
	return p, nil
}

func invalid(format string, args ...any) error {
	return live.Unauthenticated("token_invalid", "the token %s", fmt.Sprintf(format, args...))
}
