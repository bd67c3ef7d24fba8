// Package console serves the web console: one page, embedded in the binary, on
// which hosts, operators and moderators run a room and merchants watch it earn.
//
// Its source is app (TypeScript, Vue 3), what it compiles to is dist, which is
// committed: building the server needs no Node. Nothing is fetched from another
// host. It talks only to the public API: GET /v1/me for what the bearer may do,
// the resources of /v1 and the room's websocket with panel=1, by the client in
// client/client.ts, which other programs may take as it is. The token a person
// logs in with stays in the tab (sessionStorage) and travels as an Authorization
// header or a websocket sub-protocol, never in a URL.
//
// [Mount] puts these under a router:
//
//	GET /console/                  the page, revalidated on every visit
//	GET /console/assets/BUILD/...  scripts and styles, cacheable for a year
//	GET /console/tables.json       rights by role, digits by currency, definitions
//
// BUILD is a hash of the whole folder, so a new binary gets new addresses and an
// old page never mixes with new scripts. tables.json is written from
// [live.Rights], [live.Currencies] and [analytics.Metrics]: the page hides
// buttons by the same table by which the server refuses, and has no second one
// that could drift. Hiding is a courtesy; the server decides.
package console
