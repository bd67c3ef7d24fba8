// Package gateway is the edge of Showrunner: one fiber application that serves
// the HTTP interface, the rooms' websockets, the console, health and metrics.
//
// [Server] stands on top of the packages below it, which do not know each
// other:
//
//   - api      /v1 and /openapi.json: one file per resource
//   - connector  what shop platforms post, read into facts of orders
//   - auth     tokens, tickets and the keys they are signed with
//   - login    logins at the identity providers of merchants
//   - ws       the protocol of a room's websocket
//   - console  the web pages
//
// server.go has the order in which a request passes through; error.go is the
// one table from a fault to a status, for HTTP and the websocket alike.
package gateway
