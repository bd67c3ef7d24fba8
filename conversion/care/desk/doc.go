// Package desk keeps the service desk: entries, sessions and what is said in them,
// the agents who serve and whose people are whose.
//
// [Desk] decides everything inside transactions of the store, so the rules of the
// care package hold whoever calls, on whichever server: two agents can never be
// given one session, and a message that was answered for is on disk with the facts
// that tell of it. Start with [Desk.Open] and [Desk.Say], the way of a person;
// [Desk.Accept], [Desk.Transfer] and [Desk.Close] are the agent's. Whatever an
// agent ought to learn is also a [Turn] with a number, so that one who comes back
// asks for the turns after the last they saw. [Desk.Run] does what time has come
// for: broken promises, agents who are gone, sessions in which nobody speaks.
package desk
