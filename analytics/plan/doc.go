// Package plan keeps what a merchant wants of reports: the targets of main
// figures, and when which reports are sent to whom.
//
// A [Book] keeps both in the store's database. Nothing of it is changed in place
// that a report was made of: targets are versions, and the report as of an instant
// has those that held then.
//
// A [Maker] makes the reports of schedules when they are due, as of that moment, and
// hands them to the sender of webhooks in the transaction that records them: whatever
// is killed when, one report is one webhook-id.
package plan
