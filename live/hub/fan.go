package hub

import "showrunner/live"

// Sink takes what a [Fan] is handed. Its methods are called in the order of the
// room and outside of every lock of the hub, and must not block.
type Sink interface {
	// Pass hands over one tick. The sink calls [Pass.Done] when it is through
	// with it; the room's next tick waits for that.
	Pass(p *Pass)
	// Bye tells that the hub shuts down: every seat says so and leaves. It may
	// come twice.
	Bye()
	// Expel tells that a person has to leave: every seat of theirs, if there is
	// one, says why, [Kicked] or [Blocked], and leaves.
	Expel(person live.PersonID, why string)
}

// Fan is one receiver for many sockets of a room and class: an event loop that
// gets each tick once and sends it to its seats itself. The hub knows how many
// seats there are and which persons sit on them, and nothing else of them.
type Fan struct {
	hub   *Hub
	id    live.RoomID
	class Class
	sink  Sink
	room  *room // while somebody sits
	seats int   // guarded by room.mu
}

// NewFan makes a fan without seats. One caller at a time may call Sit; those who
// sit may leave at any time.
func (h *Hub) NewFan(id live.RoomID, c Class, sink Sink) *Fan {
	if c != ClassViewer {
		panic("BUG: panels have snapshots of their own, which a fan does not hand over")
	}
	return &Fan{hub: h, id: id, class: c, sink: sink}
}

// Sit takes a seat, as [Hub.Join] does: what lies up to Joined.Offset is handed
// back, and what comes later is in the passes whose number is above
// Joined.Pass. Wake and Class of the options are not used. The only error is
// [ErrClosed].
func (f *Fan) Sit(o JoinOptions) (Joined, error) {
	h := f.hub
	h.count.Add(1)
	if h.closed.Load() {
		h.leftOne()
		return Joined{}, ErrClosed
	}
	r := h.locked(f.id)
	if f.seats == 0 {
		f.room = r
		r.fans = append(r.fans, f)
	}
	f.seats++
	r.seats++
	r.arrived(o.Person)
	j := r.joined(o)
	r.mu.Unlock()
	h.metrics.joined(&j)
	if h.closed.Load() { // Shutdown may have missed this one.
		f.sink.Bye()
	}
	return j, nil
}

// Leave gives up one seat of that person, empty if nobody is counted for it.
func (f *Fan) Leave(person live.PersonID) {
	r := f.room
	r.mu.Lock()
	f.seats--
	r.seats--
	r.departed(person)
	if f.seats < 0 {
		panic("BUG: more have left a fan than sat on it")
	}
	if f.seats == 0 {
		for i, other := range r.fans {
			if other == f {
				r.fans = append(r.fans[:i:i], r.fans[i+1:]...)
				break
			}
		}
	}
	r.mu.Unlock()
	f.hub.left()
}
