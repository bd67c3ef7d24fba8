// Package bots says who in a show behaves like a program and not like a person.
//
// A [Detector] is a function of the facts of one show in the order of the log,
// and of nothing else: no clock, no network, no chance. So it can be started
// again anywhere in the log and comes to the same verdicts, and a verdict can be
// explained by reading the log. It looks only at what comes in through our own
// sockets: what platforms tell of their viewers was not seen by us.
//
// Each [Rule] that fires gives its weight; whoever reaches the threshold is
// flagged. The score falls again when a person is active for a while and no rule
// fires, and they are let back in below a second, lower threshold, so that
// nobody flickers. Silence forgives nothing: a bot that has left stays one.
//
// The rules are proof of nothing. They take nobody out of a room and touch no
// order; they only keep what looks like a program out of the published figures,
// and an operator's word stands above them.
package bots
