// Package credit attributes orders while the show is on: it follows the log and
// says of every order that is paid who and what earned it, again when a refund
// changes its money, and again when a touch or a person becomes known late.
//
// [Tracker.Run] is one durable reader. What it decides stands in SQL beside the
// orders, written in one transaction with its checkpoint and with the events that
// tell of it, so that a crash at any moment neither loses nor repeats any. The
// touches it decides by are in ClickHouse already; only those that have not
// arrived there yet are kept in memory, and so much of the log is held back.
package credit
