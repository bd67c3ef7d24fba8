// Package delivery sends facts out: signed webhooks, after Standard Webhooks,
// to the URLs that merchants subscribed.
//
// Two loops meet in the store. [Follower] reads the log and makes one row per
// subscription and fact, in the transaction that moves its checkpoint.
// [Sender] claims the rows that are due, posts them and records what came of
// it. Either can be killed at any moment: a fact is neither lost nor made
// twice, and one that was under way is sent again under the same webhook-id.
//
//   - follow.go, message.go   from the log to a body without internals
//   - sender.go, attempt.go   claiming, posting, outcomes
//   - backoff.go              when to try again
//   - sign.go                 the three headers
//   - guard.go                which addresses are never called
package delivery
