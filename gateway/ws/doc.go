// Package ws speaks the room's websocket: GET /v1/rooms/{room_id}/ws. The
// protocol, frame by frame, is docs/protocol.md.
//
// A request is judged before the upgrade, with problem+json refusals: origin,
// token or ticket, room, rights. After it, a [conn] is what is known of a client
// and what is done with their frames, whatever carries them:
//
//   - a frame is decoded, limited and carried out; a broken one is answered,
//     never a dropped connection;
//   - a fact goes on a lane, which hands the facts of many connections to ingest
//     at a time: one connection can state many facts and no later one is logged
//     before an earlier one. The ack follows once it is durable;
//   - what the hub delivers, acks, pings and the bye go back by an outlet.
//
// A [duplex] carries a connection with a goroutine that reads, the handler
// itself, and one that writes. Its handler returns only after the other has: the
// websocket adapter hands its connection object to another client as soon as it
// returns.
//
// A [shard] carries thousands of viewers with one goroutine and epoll, on Linux:
// takeover_linux.go takes their sockets out of fasthttp after the handshake. A
// viewer is some numbers there; a [guest] is made of them while a frame is being
// carried out. Likes, clicks and heartbeats that are read in one turn of a shard are
// carried out in groups, and their facts go to the log together. Panels, and what
// is not plain TCP, stay with the duplex. Both paths pass the same tests.
//
// A frame that goes to everybody is compressed at most once, deflate.go, and sent to
// those who take it so.
//
// The package also owns the encoding of everything a room is sent, so that cmd
// can feed the hub from the log: [MessageOf], [EncodeEvent], [EncodeStats] and
// the hub's [Framer].
package ws
