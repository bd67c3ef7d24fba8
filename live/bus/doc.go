// Package bus lets the servers that share a log speak to each other: who is
// there, how many persons are where, who builds the frames of a room, and who
// knows a ticket.
//
// It is core NATS: at most once, in memory, nothing is kept. Whatever is said
// here may be lost or said twice, so nothing that must be right rests on it:
// facts and commands travel by the log, and a room that hears no frames of its
// owner makes them itself from the log.
//
// Every server sends a beat twice a second: that it lives, and for each room
// how many sockets and persons it has there. A server that was not heard for
// two seconds is gone, and what it said with it.
package bus
