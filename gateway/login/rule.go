package login

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"showrunner/live"
)

// Rule gives a role to whom a claim of the provider says something of.
type Rule struct {
	// Claim is the name of a claim, or a path into objects by dots, such as
	// realm_access.roles. A claim whose name has dots itself is found first.
	Claim string `json:"claim"`
	// Value is what the claim must be, or have among its values.
	Value string `json:"value"`
	// Role is the role of our token.
	Role live.Role `json:"role"`
	// Rooms limits it to rooms. Left out: every room of the merchant.
	Rooms []live.RoomID `json:"rooms"`
}

// claims is the payload of an ID token.
type claims map[string]any

func checkRules(rules []Rule) (faults []error) {
	if len(rules) == 0 || len(rules) > maxRules {
		faults = append(faults, fmt.Errorf("rules must be 1 to %d: whom no rule knows has no role", maxRules))
	}
	for i, r := range rules {
		bad := func(field, format string, args ...any) {
			faults = append(faults, fmt.Errorf("rules[%d].%s %w", i, field, fmt.Errorf(format, args...)))
		}
		if r.Claim == "" || len(r.Claim) > maxText {
			bad("claim", "must be 1 to %d bytes", maxText)
		}
		if r.Value == "" || len(r.Value) > maxText {
			bad("value", "must be 1 to %d bytes", maxText)
		}
		if !slices.Contains(staff, r.Role) {
			bad("role", "must be one of %v", staff)
		}
		if r.Rooms != nil && len(r.Rooms) == 0 {
			bad("rooms", "must name a room, or be left out for every room")
		}
		for n, room := range r.Rooms {
			if !live.ValidID(string(room)) {
				bad(fmt.Sprintf("rooms[%d]", n), "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
			}
		}
	}
	return faults
}

// at finds a claim by its name or its path.
func (c claims) at(path string) any {
	if v, ok := c[path]; ok {
		return v
	}
	head, rest, ok := strings.Cut(path, ".")
	if !ok {
		return nil
	}
	inner, ok := c[head].(map[string]any)
	if !ok {
		return nil
	}
	return claims(inner).at(rest)
}

// says reports whether the claim is the value or has it among its values.
func (c claims) says(path, value string) bool {
	switch v := c.at(path).(type) {
	case string:
		return v == value
	case bool:
		return fmt.Sprint(v) == value
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { s, ok := one.(string); return ok && s == value })
	}
	return false
}

// text is a claim of text, empty if it is none.
func (c claims) text(path string) string {
	s, _ := c.at(path).(string)
	return s
}

// principal is who the claims of a verified ID token let in, as which role.
// Codes: "login_subject", "login_domain", "login_role".
func (p *Provider) principal(m live.MerchantID, c claims) (live.Principal, error) {
	who := live.Principal{Subject: c.text(p.Subject), Name: label(c.text(p.Name)), Merchant: m}
	if !live.ValidID(who.Subject) {
		who.Subject = ""
		return who, live.Forbidden("login_subject", "the claim %s cannot be an identifier here: 1 to %d characters of A-Z a-z 0-9 . _ : @ -", p.Subject, live.MaxIDLen)
	}
	if p.Subject == "email" && !verified(c) {
		return who, live.Forbidden("login_domain", "the e-mail address is not verified")
	}
	if len(p.Domains) > 0 && (!verified(c) || !p.hasDomain(c.text("email"))) {
		return who, live.Forbidden("login_domain", "a verified e-mail address of an allowed domain is required")
	}
	for _, r := range p.Rules {
		if c.says(r.Claim, r.Value) {
			who.Role, who.Rooms = r.Role, slices.Clone(r.Rooms)
			return who, nil
		}
	}
	return who, live.Forbidden("login_role", "no rule gives this person a role")
}

// verified reports what the provider says of the e-mail address; some say it as text.
func verified(c claims) bool { return c.says("email_verified", "true") }

// label makes a name fit for a token: one line, at most 64 characters.
func label(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.TrimSpace(name))
	if utf8.RuneCountInString(name) > 64 {
		name = string([]rune(name)[:64])
	}
	return name
}

// errNoIDToken is an answer of the provider that proves nobody.
var errNoIDToken = errors.New("the answer has no ID token")
