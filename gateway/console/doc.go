// Package console serves the web console: one page, embedded in the binary, on
// which hosts, operators and moderators run a room and merchants watch it earn.
//
// The page is plain HTML, CSS and JavaScript modules under assets; nothing is
// fetched from another host and nothing is generated. It talks only to the
// public API: GET /v1/rooms, the room's websocket with panel=1, and the report.
// The token a person logs in with stays in the tab (sessionStorage) and travels
// as an Authorization header or a websocket sub-protocol, never in a URL.
//
// [Mount] puts these under a router:
//
//	GET /console/                  the page, revalidated on every visit
//	GET /console/report            shows a post-show report in its own window
//	GET /console/tables.json       rights by role, digits by currency, definitions
//	GET /console/assets/BUILD/...  scripts and styles, cacheable for a year
//
// BUILD is a hash of all assets, so a new binary gets new addresses and an old
// page never mixes with new scripts. tables.json is written from [live.Rights],
// [live.Currencies] and [analytics.Metrics]: the page hides buttons by the same table by which the
// server refuses, and has no second one that could drift. Hiding is a courtesy;
// the server decides.
//
// The order of reading for the scripts is room.js (frames become state, pure),
// figures.js and money.js (state becomes text, pure), client.js (the connection
// and its recovery; compiled from client/client.ts, which other programs may take
// as it is), then main.js, which joins them to the views.
package console
