// Package guard decides whether a person may be touched: before an agent, a
// program or a campaign writes to somebody who did not ask, it asks here, and is
// told "allowed" or "suppressed" with the rule and until when it holds.
//
// [TouchRules] is the document of rules of a merchant, and [TouchRules.Holds] the
// whole decision as a pure function: caps in sliding windows, quiet hours in the
// person's own time zone, a cool-down after touches that nobody answered,
// opt-outs, consent and pauses. Transactional notices, of declared kinds only,
// pass all of them and are recorded like the others.
//
// [Guard] reads what the decision needs, decides and records in one transaction
// of the store, and transactions run one after the other: however many ask at
// once, at whichever server, a cap is never exceeded. Whoever cannot send at once
// plans a touch, which holds its place until it was sent, has failed or has
// expired. A person is judged over all their names, so names that turn out to be
// one person's keep what was sent to each of them.
//
// [Follower] reads the log for what the guard is not told itself: answers, the
// signals of platforms that somebody wants no more, and touches that others sent.
package guard
