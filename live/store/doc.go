// Package store keeps what needs constraints: rooms, shows, shelves with their
// stock, orders, commands and the audit log. It runs on SQLite inside the
// process, or on a PostgreSQL that several stores may share; the SQL text is the
// same, and dialect.go has all that is not.
//
// Start with [Open], then read writer.go: every change is a closure that runs
// inside one shared transaction, in a savepoint of its own, and is answered
// when that transaction is on disk. Changes that come in at the same moment
// share one fsync. Orders of the same moment also share their statements: the
// till decides them one by one against the stock it read once, and writes them
// many rows at a time. That lets a flash sale run at tens of thousands of
// orders a second on one file.
//
// A change writes its events to the outbox in the same transaction. [Relay]
// moves them to the log, in order and exactly once.
//
//   - store.go, writer.go, commit.go the engine
//   - dialect.go and its databases   what differs between SQLite and PostgreSQL
//   - counters.go, watch.go          stores that share a database
//   - room.go, show.go, shelf.go     the nouns an operator sets up
//   - execute.go, effect*.go         the commands of the panel
//   - place.go, till.go, booking.go  taking orders, many in one transaction
//   - apply.go, stock.go             the rest of the order book
//   - identity.go, settleperson.go   which names are one person's, and whose their orders are
//   - referral.go, binding.go, bonus.go  who brought whom, apart from attribution
//   - coupon*.go                     batches, drops, claims, and what orders do to coupons
//   - draw*.go, redpacket.go         draws and red packets; live/fair.go is the mathematics
//   - bot.go                         who is left out of a show's figures, by rules and by operators
//   - task.go                        what benefits ask of viewers
//   - outbox.go, relay.go            the way into the log
//   - subscription.go, webhook*.go   the way out: who is sent which webhooks, and how it went
//
// Oversell is refused by the CHECK constraint no_oversell, two shows on air in
// one room by the unique index shows_on_air, and a rewritten audit row by a
// trigger: the rules hold for whoever else opens the file.
package store
