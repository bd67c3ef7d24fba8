// Package live holds the nouns of a livestream room: room, show, shelf, order,
// stock, event, command, role and money, with the rules that bind them.
//
// It is the bottom layer and it is pure: no driver, no framework, no file, no
// clock. Time and identifiers come in as arguments, so every rule here can be
// tested with a table and replayed from the log with the same result.
//
// Start with [Event], the one fact everything else is made of, then [Kinds],
// the table that says which facts exist and who may state them, then
// [FoldOrder], which turns the facts of one order into its money.
//
// The sub-packages are engines around these nouns:
//
//   - ingest    validates, de-duplicates and accepts facts
//   - moderation decides whether words are taken in a room
//   - bots      says who behaves like a program
//   - eventlog  makes them durable and hands them to readers
//   - store     keeps what needs constraints: shows, stock, orders, audit
//   - hub       fans them out to the sockets of a room
//   - sim       invents a realistic show
package live
