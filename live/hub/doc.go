// Package hub fans the messages of a room out to everybody in it.
//
// The unit of cost is the frame, not the message, so a room collects what
// arrives and, at its tick, builds one frame: encoded once by the [Framer], the
// same bytes for every member of a [Class]. The tick follows what the rooms of the
// process ask for together, in frames a second: while that is less than it can send
// every message goes out at once, and what comes while a frame is on its way is in
// the next. Beyond, the large rooms gather their talk for longer; prices, stock,
// pins and moderation do not wait with it, and totals travel with what goes anyway.
//
// Nobody waits for anybody. Each [Member] has a short bounded queue; when it is
// full the member skips frames, and when it has drained it gets one [Gap] and
// is told to show the whole state again. A pass over the members never blocks.
//
// Messages carry offsets that grow. A ring keeps the newest of each room, so
// that somebody who returns and says which offset they saw last gets exactly
// what they missed: [Hub.Join] fixes one point between what is handed back and
// what will come live, under the room's lock, and hands over outside of it.
//
// The package knows nothing of websockets. A member is told through its Wake
// function that there is something to take, and takes it with [Member.Next]
// when it can; that is for a goroutine per socket. An event loop with thousands
// of them joins as one [Fan], gets each tick once and sends it on itself.
//
// Locks are taken in the order Hub.mu, room.mu, load.mu or Member.mu, and none is held
// while a frame is encoded, Wake is called or a [Sink] is handed a pass.
package hub
