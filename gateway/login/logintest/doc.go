// Package logintest is a small identity provider for tests: OpenID Connect with
// discovery, authorization code, PKCE, signing keys that rotate and the end of a
// session, over HTTP on a loopback port. It checks what a provider has to check,
// so a login that goes through here was asked for properly; and it can be made to
// answer wrongly, so that a test can see the answer refused.
package logintest
