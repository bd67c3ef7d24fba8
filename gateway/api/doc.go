// Package api is the HTTP interface under /v1: one file per resource, each with
// its wire structs, its handlers and what they need to know.
//
// Start with [API] and the list in route.go, which has every route on one
// screen with the right it asks for. A request then passes guard.go (token,
// right, limit, size, Idempotency-Key), is decoded strictly (strict.go), and
// reaches a handler that is a plain function of context, caller and input.
// Every refusal is a live.Error; problem.go turns it into RFC 9457 JSON.
//
// Two rules hold everywhere. What belongs to another merchant does not exist:
// it is 404 with the same words as a name that was never used. And nothing is
// stored before the whole request was found good, except by POST /v1/events,
// which answers event by event.
//
// The OpenAPI document is made from the same structs and the same list.
package api
