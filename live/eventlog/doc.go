// Package eventlog keeps every accepted fact, in one order, until every reader
// is done with it.
//
// A [Log] is one NATS JetStream stream: in process under a directory, or on an
// external cluster by URL, with the same code. [Open] one, start [Log.Run], and
// offer facts with [Log.Append], which returns once they are on disk. What many
// callers offer within a few milliseconds travels in one message, so that one
// fsync pays for all of them.
//
//	callers ──Append──► writer ──one message──► JetStream (file, fsync) ──► readers
//	relay ──AppendOutbox────────one message──►      │
//	                                             trimmer
//
// The place of a fact is its [live.Position]: the sequence of its message and
// its index there. A [Reader] goes through the facts in that order. A reader
// with a name has a durable checkpoint: it is found again after a restart, it
// holds back the trimmer, and it has one owner at a time.
//
// Who makes something of the facts in a place with a checkpoint of its own, such
// as the tables of a store, is a [Taker], and a [Follower] carries the log to it.
//
// A reader never skips: a message it cannot read, or one that was trimmed
// before it came by, is an error that names the position. The bytes of a
// message and of a checkpoint are described in docs/format/eventlog.md.
package eventlog
