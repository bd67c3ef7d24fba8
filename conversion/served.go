package conversion

import "showrunner/live"

// ServedQuestion asks how the service sessions of a show went, by the facts
// received until the scope's instant.
type ServedQuestion struct {
	Scope

	Show live.ShowID
}

// What sessions are told by.
const (
	ServedAll     = ""
	ServedByEntry = "entry"
	ServedByAgent = "agent" // who was given the session last
)

// Served are the service sessions opened in a show, all of them or those of one
// entry or agent. Sums are of whole milliseconds.
type Served struct {
	By, Key string

	Sessions   int64
	Viewer     int64 // that a person opened
	BotOnly    int64 // of them, that the bot answered and no human was needed for
	WithBot    int64 // of them, that the bot answered or handed over
	HandedOver int64 // of them, that the bot handed to a human
	Asked      int64 // of Viewer, that needed a human
	Replied    int64 // of Asked, in which a human spoke
	ReplyMS    int64 // from the opening to that word, over Replied
	Late       int64 // of Asked, whose promise of a first word was broken
	Overdue    int64 // sessions whose promise of an end was broken
	Closed     int64 // that stand closed
	Resolved   int64 // of them, as resolved
	ResolveMS  int64 // from the opening to the close, over Closed
	RateAsked  int64 // whose person was asked for a rating
	Rated      int64
	Good       int64 // of them, with a score that counts as satisfied
}
