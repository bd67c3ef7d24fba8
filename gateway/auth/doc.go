// Package auth proves who is calling.
//
// [Auth] signs and verifies JSON Web Tokens with Ed25519 keys that it makes
// itself at the first start and keeps under a data directory. Several keys may
// be valid at a time and the newest signs, so keys can be rotated while tokens
// of the old one live on. The algorithm always comes from the key and never
// from the token: a token that names another algorithm is refused.
//
// [TicketStore] hands out single-use tickets for the one place where a browser
// cannot send a header, the websocket URL. A ticket lives for 30 seconds and in
// memory only, so what lands in a proxy's log is worthless by then.
//
// Everything it refuses is a live.Error of live.FaultUnauthenticated with code
// token_missing, token_expired, token_invalid or ticket_invalid.
package auth
