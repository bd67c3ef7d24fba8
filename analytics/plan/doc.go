// Package plan keeps what a merchant wants of reports: the targets of main
// figures, and when which reports are sent to whom.
//
// A [Book] keeps both in the store's database. Nothing of it is changed in place
// that a report was made of: targets are versions, and the report as of an instant
// has those that held then.
package plan
