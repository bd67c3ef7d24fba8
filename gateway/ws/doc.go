// Package ws speaks the room's websocket: GET /v1/rooms/{room_id}/ws. The
// protocol, frame by frame, is docs/protocol.md.
//
// A request is judged before the upgrade, with problem+json refusals: origin,
// token or ticket, room, rights. After it, a connection is three parties:
//
//   - the reader (the handler itself) decodes, limits and carries out what the
//     client sends; a broken frame is answered, never a dropped connection;
//   - the writer is the only one that writes data frames: acks, what the hub
//     delivers, pings, the bye;
//   - the fact line hands the connection's facts to ingest in their order, one
//     call at a time with all that queued up meanwhile, so that one connection
//     can state many facts and no later one is logged before an earlier one.
//
// The handler returns only after the other two have: the websocket adapter
// hands its connection object to another client as soon as it returns.
//
// The package also owns the encoding of everything a room is sent, so that cmd
// can feed the hub from the log: [MessageOf], [EncodeEvent], [EncodeStats] and
// the hub's [Framer].
package ws
