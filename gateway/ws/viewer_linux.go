package ws

import (
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// viewer is one socket of a [shard] while it does nothing: numbers only, so that
// the garbage collector has nothing to look at. What it takes to carry out a
// frame is made when one comes, see [guest].
type viewer struct {
	fd    int32
	gen   uint32 // counts the sockets that had this slot: what is meant for an older one is dropped
	flags viewerFlags
	fan   uint32 // index in shard.fans
	seat  uint32 // place among the fan's seats

	subject, name, role, merchant, rooms, channel, campaign symbol

	pass    uint64 // number of the newest tick that was handed over
	after   uint64 // offsets up to here were seen before joining
	heard   int64  // when bytes came last, on the shard's clock
	sent    int64  // when bytes went out last
	asked   int64  // when a ping was sent that nothing came after; 0: none
	expires int64  // unix milliseconds; 0: never
	beat    int64  // unix milliseconds of the last heartbeat or the join
	until   int64  // end of the closing handshake
	address uint64
	limits  limiter
}

type viewerFlags uint8

const (
	flagUsed     viewerFlags = 1 << iota // the slot has a socket
	flagSeated                           // the hub knows of it
	flagOpen                             // it was welcomed: its entry was stated
	flagWatched                          // its fd is in the epoll set
	flagClosing                          // the closing handshake has begun
	flagUnread                           // there may be bytes that were not read
	flagLagging                          // it has a backlog
	flagDeflates                         // messages may be compressed
)

func (v *viewer) is(f viewerFlags) bool { return v.flags&f != 0 }

// roomsSeparator cannot stand in a room's id.
const roomsSeparator = "\x00"

// settle keeps who a viewer is.
func (s *shard) settle(v *viewer, a *arrival) {
	var rooms strings.Builder
	if a.who.Rooms != nil {
		rooms.WriteString(roomsSeparator) // No room at all is not every room.
		for _, r := range a.who.Rooms {
			rooms.WriteString(string(r) + roomsSeparator)
		}
	}
	y := &s.symbols
	v.subject, v.name, v.role, v.merchant = y.use(a.who.Subject), y.use(a.who.Name), y.use(string(a.who.Role)), y.use(string(a.who.Merchant))
	v.rooms, v.channel, v.campaign = y.use(rooms.String()), y.use(a.channel), y.use(a.campaign)
	v.address = a.address
	if !a.who.Expires.IsZero() {
		v.expires = a.who.Expires.UnixMilli()
	}
}

// unsettle forgets who a viewer was.
func (s *shard) unsettle(v *viewer) {
	for _, y := range []symbol{v.subject, v.name, v.role, v.merchant, v.rooms, v.channel, v.campaign} {
		s.symbols.drop(y)
	}
}

// arrival is what was learnt of the viewer before the upgrade.
func (s *shard) arrival(v *viewer) *arrival {
	y := &s.symbols
	a := &arrival{
		who: live.Principal{
			Subject: y.text(v.subject), Name: y.text(v.name), Role: live.Role(y.text(v.role)), Merchant: live.MerchantID(y.text(v.merchant)),
		},
		room: s.fans[v.fan].room, class: hub.ClassViewer, channel: y.text(v.channel), campaign: y.text(v.campaign), address: v.address,
	}
	if rooms := y.text(v.rooms); rooms != "" {
		a.who.Rooms = []live.RoomID{}
		for r := range strings.SplitSeq(rooms, roomsSeparator) {
			if r != "" {
				a.who.Rooms = append(a.who.Rooms, live.RoomID(r))
			}
		}
	}
	if v.expires != 0 {
		a.who.Expires = time.UnixMilli(v.expires).UTC()
	}
	return a
}

// personOf is who is counted as online by the viewer, empty for staff.
func (s *shard) personOf(v *viewer) live.PersonID {
	if s.symbols.text(v.role) != string(live.RoleViewer) {
		return ""
	}
	return live.PersonID(s.symbols.text(v.subject))
}

// slots holds viewers at addresses that stay.
type slots struct {
	chunks []*[slotChunk]viewer
	free   []uint32
	used   int
}

const slotChunk = 256

func (s *slots) at(slot uint32) *viewer { return &s.chunks[slot/slotChunk][slot%slotChunk] }

// size is one more than the highest slot there ever was.
func (s *slots) size() uint32 { return uint32(len(s.chunks)) * slotChunk } //nolint:gosec // bounded by open files.

// take finds a free slot.
func (s *slots) take() uint32 {
	if len(s.free) == 0 {
		first := s.size()
		s.chunks = append(s.chunks, new([slotChunk]viewer))
		for i := s.size(); i > first; i-- {
			s.free = append(s.free, i-1)
		}
	}
	slot := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.used++
	gen := s.at(slot).gen
	*s.at(slot) = viewer{gen: gen, flags: flagUsed}
	return slot
}

// give makes a slot free for the next socket.
func (s *slots) give(slot uint32) {
	*s.at(slot) = viewer{gen: s.at(slot).gen + 1}
	s.free = append(s.free, slot)
	s.used--
}
