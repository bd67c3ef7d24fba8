// Package ingest is the door of the log: a fact that comes in is checked, told
// apart from its repeats, made durable, and only then acknowledged.
//
// [Ingest.Ingest] takes the facts of one caller and answers one receipt each:
// accepted, duplicate or rejected. The identity of a fact is its merchant,
// source and event id, as a [Key]; offered again it is a duplicate, whether its
// first copy is in the same call, on its way for another caller, in the log, or
// was accepted by another process last week.
//
// The memory of what was accepted has three parts, asked in this order:
//
//	claims     keys on their way to the log; a second caller waits for the first
//	unsaved    keys in the log that the follower has not saved yet
//	[Seen]     keys saved by the follower, for [Memory]
//
// The follower is [Ingest.Run]: it reads the log from its checkpoint and saves
// the keys it finds. Because memory is made from the log, a crash between the
// log and the memory loses nothing; Ingest answers only once the follower has
// caught up with the log as it found it.
package ingest
