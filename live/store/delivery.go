package store

import "showrunner/live"

// Delivery is what one request of a shop platform says about orders, as its
// connector read it. Facts go to [Store.ApplyFacts]; the rest is kept in the
// audit, so that a message that led to nothing can be found again.
type Delivery struct {
	Messages []string // the platform's own names of its messages
	Topics   []string // what the messages are about, in the platform's words
	Facts    []Fact
	Notices  []Notice // what must be asked for
	Skipped  []string // what is no fact of an order, and why
	Own      []byte   // facts in Showrunner's own JSON form, not decoded so far
}

// Notice says that something happened to an order without saying what.
type Notice struct {
	Topic     string // in the platform's words
	Order     live.OrderID
	Aftersale string // the platform's name of the return or refund, if it is about one
	State     string // in which state it is said to be, in the platform's words
}
