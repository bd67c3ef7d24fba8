package login

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
	"showrunner/live/store"
)

// attempt is a login that has gone to the provider.
type attempt struct {
	state    string // goes to the provider and comes back
	browser  string // the secret of the browser's cookie
	merchant live.MerchantID
	issuer   string
	returnTo string
}

// secret is 256 bits of randomness as text.
func secret() string {
	var b [32]byte
	// Never fails; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// derive makes a value for a purpose of the browser's secret: it needs to be kept
// nowhere, and knowing it does not tell the secret.
func derive(browser, purpose string) string {
	mac := hmac.New(sha256.New, []byte(browser))
	mac.Write([]byte(purpose))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verifier is the code verifier of RFC 7636: 43 characters.
func verifier(browser string) string { return derive(browser, "pkce code verifier") }

// nonce ties the ID token to this login.
func nonce(browser string) string { return derive(browser, "oidc nonce") }

// handle names a login within its browser, which may have several under way. It is no secret.
func handle(state string) string { return hash(state)[:8] }

// cookieName is where the browser keeps the secret of a login.
func (l *Login) cookieName(handle string) string {
	if l.secure {
		// The prefix makes browsers hold us to Secure, Path=/ and no Domain.
		return "__Host-showrunner-login-" + handle
	}
	return "showrunner-login-" + handle
}

// carry sets the cookie of a login; an empty secret removes it.
func (l *Login) carry(c *fiber.Ctx, handle, browser string) {
	cookie := &fiber.Cookie{
		Name: l.cookieName(handle), Value: browser, Path: "/", MaxAge: int(attemptLife / time.Second),
		// Lax and not Strict: the browser comes back from another site.
		HTTPOnly: true, Secure: l.secure, SameSite: fiber.CookieSameSiteLaxMode,
	}
	if browser == "" {
		cookie.MaxAge = -1
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// keep remembers an attempt, and forgets those that took too long.
func keep(t *store.Tx, a attempt) error {
	now := t.Now()
	for _, table := range []string{"login_attempts", "login_proofs"} {
		if _, err := t.Exec(`DELETE FROM `+table+` WHERE expires_at <= ?`, store.Millis(now)); err != nil {
			return fmt.Errorf("forget old logins: %w", err)
		}
	}
	var n int
	if err := t.Row(`SELECT COUNT(*) FROM login_attempts WHERE merchant_id = ?`, string(a.merchant)).Scan(&n); err != nil {
		return fmt.Errorf("count logins: %w", err)
	}
	if n >= maxAttempts {
		return live.Unavailable("login_crowded", time.Minute, "too many logins are under way")
	}
	if _, err := t.Exec(`INSERT INTO login_attempts (state_hash, browser_hash, merchant_id, issuer, return_to, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		hash(a.state), hash(a.browser), string(a.merchant), a.issuer, a.returnTo, store.Millis(now.Add(attemptLife))); err != nil {
		return fmt.Errorf("keep login: %w", err)
	}
	return nil
}

// use takes an attempt away, so that it is good once, if it is of this browser.
// Codes: "login_expired", "login_other_browser".
func use(t *store.Tx, state, browser string) (attempt, error) {
	a := attempt{state: state, browser: browser}
	var bound string
	var ends int64
	err := t.Row(`SELECT browser_hash, merchant_id, issuer, return_to, expires_at FROM login_attempts WHERE state_hash = ?`, hash(state)).
		Scan(&bound, &a.merchant, &a.issuer, &a.returnTo, &ends)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !t.Now().Before(store.Time(ends)) {
		return attempt{}, live.Forbidden("login_expired", "this login is not known: it was finished already or took longer than %s", attemptLife)
	}
	if err != nil {
		return attempt{}, fmt.Errorf("read login: %w", err)
	}
	// Somebody else's browser must not use it up either.
	if !same(bound, hash(browser)) {
		return attempt{}, live.Forbidden("login_other_browser", "this login was begun in another browser")
	}
	if _, err := t.Exec(`DELETE FROM login_attempts WHERE state_hash = ?`, hash(state)); err != nil {
		return attempt{}, fmt.Errorf("use login: %w", err)
	}
	return a, nil
}
