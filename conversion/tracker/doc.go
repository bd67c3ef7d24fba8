// Package tracker follows the log and keeps where people stand on the ladder.
//
// [Tracker] is a durable reader: what a piece of the log has for the ladder, the
// moves it leads to and the checkpoint behind it are one transaction of the
// store. So the log may be read again from anywhere, by a server that was killed,
// by the next that has the duty, or from its beginning, and the moves are the
// same. Which fact is kept is conversion.FactOf; which rung it makes is
// conversion.Ladder.
package tracker
