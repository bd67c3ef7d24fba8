// Package complaint keeps what customers complain of and makes something of it:
// a complaint is classified by rule, by a model that says why, and by people
// whose word counts; complaints become findings that have an owner, a stage of
// the product's life and a due date; findings become the brief that the host of
// the next show reads before it starts; and whether it worked is told by the rate
// of the cause before and after, with an interval.
//
// Begin with [Book.Open], which is the one door for complaints, whoever brings
// them: the API, the service desk, or [Intake], which reads the log for refunds,
// reviews and comments. What may follow what is the table in step.go. A complaint
// is one cause of one order: told again, by a refund and then by a review, it
// gets more evidence and is counted once.
//
// The tables are SQL in the store's database, because complaints are few, change
// their state, and must stand in one transaction with the facts that tell of
// them. Figures are asked of the same tables, over a log of steps that is never
// rewritten, so that a figure can be told as it was at any instant.
package complaint
