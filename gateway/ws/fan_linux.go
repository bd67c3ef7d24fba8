package ws

import (
	"showrunner/live"
	"showrunner/live/hub"
)

// fan is the sockets of one room on a shard.
type fan struct {
	shard *shard
	room  live.Room
	hub   *hub.Fan
	index uint32   // in shard.fans
	seats []uint32 // slots
}

// Pass takes one tick of the room.
func (f *fan) Pass(p *hub.Pass) {
	f.shard.do(func() {
		r := &round{fan: f, pass: p, left: len(f.seats), alike: p.Alike()}
		r.wire, r.events = p.Wire(func(frames [][]byte) []byte { return wireText(frames...) })
		f.shard.rounds = append(f.shard.rounds, r)
	})
}

// Bye ends every connection of the room, because the server stops.
func (f *fan) Bye() {
	f.shard.do(func() {
		for _, slot := range append([]uint32(nil), f.seats...) {
			bye := f.shard.srv.goingAway()
			f.shard.end(slot, &bye)
		}
	})
}

// Expel ends the connections of a person.
func (f *fan) Expel(person live.PersonID, why string) {
	f.shard.do(func() {
		s := f.shard
		y, known := s.symbols.index[string(person)]
		for _, slot := range append([]uint32(nil), f.seats...) {
			if v := s.at(slot); known && v.subject == y && s.personOf(v) == person {
				bye := newBye(byeCodes[why], why)
				s.end(slot, &bye)
			}
		}
	})
}

// add gives a slot its seat.
func (f *fan) add(slot uint32) (fan, seat uint32) {
	f.seats = append(f.seats, slot)
	return f.index, uint32(len(f.seats) - 1) //nolint:gosec // at most one for each socket.
}

// remove frees a seat, for the last one to take, and reports whether none is left.
func (f *fan) remove(seat uint32) (empty bool) {
	last := len(f.seats) - 1
	moved := f.seats[last]
	f.seats[seat] = moved
	f.shard.at(moved).seat = seat
	f.seats = f.seats[:last]
	return last == 0
}

// round is a tick on its way to the seats of a fan. It goes from the last seat
// to the first: whoever takes a seat meanwhile joined after the tick, and one
// who was moved is known by the number of the tick.
type round struct {
	fan    *fan
	pass   *hub.Pass
	wire   []byte
	packed []byte // wire for those who take compressed frames; nil before the first
	events int
	alike  bool
	left   int // seats that had no turn

	delivered, skipped int
}

// stride is how many seats of a round have their turn before the loop looks at
// what came in meanwhile.
const stride = 256

// advance goes on with the oldest round and puts it behind the others, so that a
// small room does not wait for a large one.
func (s *shard) advance() {
	if len(s.rounds) == 0 {
		return
	}
	r := s.rounds[0]
	s.rounds = s.rounds[1:]
	for range stride {
		r.left = min(r.left, len(r.fan.seats))
		if r.left == 0 {
			r.pass.Done(r.delivered, r.skipped)
			return
		}
		r.left--
		s.hand(r, r.fan.seats[r.left])
	}
	s.rounds = append(s.rounds, r)
}

// form is the round's bytes as a seat takes them.
func (r *round) form(v *viewer) []byte {
	if !v.is(flagDeflates) || len(r.wire) <= leastDeflate {
		return r.wire
	}
	if r.packed == nil {
		r.packed = r.pass.Packed(func(frames [][]byte) []byte { return wireDeflated(r.wire, frames...) })
	}
	return r.packed
}

// hand gives one seat its part of a tick.
func (s *shard) hand(r *round, slot uint32) {
	v := s.at(slot)
	if v.pass >= r.pass.Number || v.is(flagClosing) {
		return
	}
	v.pass = r.pass.Number
	wire, events := r.form(v), r.events
	if v.after != 0 || !r.alike {
		frames, n, own := r.pass.For(s.personOf(v), v.after)
		if own {
			if wire, events = nil, n; len(frames) > 0 {
				wire = wireText(frames...)
			}
		}
		if r.pass.Offset() >= v.after {
			v.after = 0
		}
	}
	if wire == nil {
		return
	}
	if !v.is(flagLagging) {
		r.delivered++
		s.send(slot, wire)
	} else if s.lags[slot].offer(wire, events, r.pass.Offset(), s.srv.deps.Hub.Queue()) {
		r.delivered++
	} else {
		r.skipped++
	}
}
