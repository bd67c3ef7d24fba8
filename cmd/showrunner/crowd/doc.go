// Package crowd is the load side of `showrunner bench rooms`: very many
// websocket clients in one thread, so that what is measured is the server and
// not the load.
//
// A [Crowd] opens its sockets with [Crowd.Join], then [Crowd.Watch] reads them
// all from one epoll loop and keeps a [Tally]: deliveries, frames, how late each
// message came, and whether everybody saw the same events that must not be
// missed in the same order. How a server is spoken to is a [Speech]: ours is
// [Showrunner], the one we are compared with is [Centrifuge].
//
// A room sends the same bytes to everybody, so a frame that was read before is
// recognised by its bytes and not decoded again; that is what lets one thread
// check every delivery of tens of thousands of clients.
package crowd
