// Package care holds the rules of serving people: what a service entry and a
// session are, who is given which session, what the bot may answer, and how long
// somebody waited by the clock on the wall and by the hours of business.
//
// It is pure: no driver, no file, no clock. Start with [State], the way of a
// session from the bot over the queue to an agent and its close; [Pick] says who
// gets the next one, [Answers.Reply] what the bot says or why it hands over, and
// [Hours.Between] and [Hours.Add] reckon time in business hours of the
// merchant's zone. The desk package keeps sessions by these rules.
package care
