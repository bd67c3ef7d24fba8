// Package moderation decides whether words are taken in a room. [Desk] stands
// before ingest, whichever way a fact came in, and refuses openly: a person is
// told why, and never left to believe that others read them. What it refuses
// is counted by room and reason and told to the panels as events_dropped.
//
// Start with desk.go. text.go brings words into a form in which disguises fall
// away, words.go finds keywords in it, slow.go remembers who wrote when, and
// tally.go counts what was left out.
package moderation
