package login

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"showrunner/live"
)

// clockSkew is how far the clocks of a provider and ours may differ.
const clockSkew = 5 * time.Minute

// oauthError is an error code of RFC 6749, which may be told and kept.
var oauthError = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)

// away says that the provider could not be asked.
func away() *live.Error {
	return live.Unavailable("login_provider_away", backOff, "the identity provider does not answer")
}

// untrue says that the provider's answer does not hold.
func untrue() *live.Error {
	return live.Forbidden("login_answer_invalid", "the answer of the identity provider does not verify")
}

// declined says that the provider said no, with its own code when that is one.
func declined(code string) *live.Error {
	if !oauthError.MatchString(code) {
		code = "unknown_error"
	}
	e := live.Forbidden("login_declined", "the identity provider did not let this login through: %s", code)
	e.Data = map[string]any{"provider_error": code}
	return e
}

// oauth is the provider as the library wants it.
func (l *Login) oauth(m live.MerchantID, k *known, s *said) *oauth2.Config {
	return &oauth2.Config{ClientID: k.Client, ClientSecret: k.secret, Endpoint: s.endpoint, RedirectURL: l.redirectURI(m), Scopes: k.Scopes}
}

// exchange gives the code for an ID token, verifies it, and returns its claims. The
// error beside the refusal is for the log alone.
func (l *Login) exchange(ctx context.Context, k *known, s *said, a attempt, code string) (claims, *live.Error, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, l.cfg.Client), within)
	defer cancel()
	got, err := l.oauth(a.merchant, k, s).Exchange(ctx, code, oauth2.VerifierOption(verifier(a.browser)))
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			if refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError {
				return nil, away(), errors.New("the token endpoint answered " + refused.Response.Status)
			}
			// Its body may repeat what we sent: only the code is told.
			no := declined(refused.ErrorCode)
			return nil, no, errors.New("the token endpoint refused: " + no.Message)
		}
		return nil, away(), err
	}
	raw, _ := got.Extra("id_token").(string)
	if raw == "" {
		return nil, untrue(), errNoIDToken
	}
	token, err := s.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, untrue(), err
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return nil, untrue(), err
	}
	if err := l.check(k, a, token, c); err != nil {
		return nil, untrue(), err
	}
	return c, nil, nil
}

// check is what OpenID Connect Core, section 3.1.3.7, asks beyond signature,
// issuer, audience and expiry.
func (l *Login) check(k *known, a attempt, token *oidc.IDToken, c claims) error {
	now := l.cfg.Now()
	azp, given := c["azp"]
	switch {
	case !same(token.Nonce, nonce(a.browser)):
		return errors.New("the ID token has another nonce")
	case given && azp != k.Client:
		return errors.New("the ID token was made for another party")
	case !given && len(slices.Compact(slices.Sorted(slices.Values(token.Audience)))) > 1:
		return errors.New("the ID token is for several parties and does not say who asked")
	case token.IssuedAt.After(now.Add(clockSkew)):
		return errors.New("the ID token was issued in the future")
	case token.IssuedAt.Before(now.Add(-attemptLife - clockSkew)):
		return errors.New("the ID token was issued before this login began")
	}
	return nil
}
