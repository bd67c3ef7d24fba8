// Package login lets people in by the identity provider of their merchant:
// OpenID Connect, authorization code flow with PKCE.
//
// The way of a login, by files:
//
//   - provider.go, rule.go: what the operator of the server declares for a
//     merchant, and which claims make which role
//   - start.go: GET /login/start sends the browser to the provider
//   - attempt.go, proof.go: what is remembered meanwhile, in SQL, so that the
//     browser may come back to any server
//   - callback.go: GET /login/callback/{merchant} takes the code
//   - exchange.go, discover.go: what is asked of the provider, and how its
//     answer is verified
//   - token.go: POST /login/token hands the page our own token, once
//   - logout.go: POST /login/logout
//   - page.go: the page that says why somebody was not let in
//
// The browser is bound to its login by a secret in a cookie. State, nonce and
// code verifier are of that secret or kept as a hash: whoever reads the database
// can finish nobody's login. The token never stands in an address, a cookie or a
// log; it travels in the body of one answer.
package login
