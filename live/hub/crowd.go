package hub

import (
	"math"

	"showrunner/live"
)

// Crowd is who is in a room through this process.
type Crowd struct {
	Room    live.RoomID
	Sockets int // with staff and second tabs
	Persons int // who count as online
	// Names are the persons, if there are no more than were asked for.
	Names []live.PersonID
}

// Crowds lists the rooms that have sockets, with the names of their persons
// where there are at most few of them.
func (h *Hub) Crowds(few int) []Crowd {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []Crowd
	for _, r := range h.rooms {
		if c := r.crowd(few); c.Sockets > 0 {
			out = append(out, c)
		}
	}
	return out
}

// Crowd is that of one room.
func (h *Hub) Crowd(id live.RoomID, few int) Crowd {
	r := h.room(id)
	if r == nil {
		return Crowd{Room: id}
	}
	return r.crowd(few)
}

func (r *room) crowd(few int) Crowd {
	out := r.hub.uncounted.of(r.id)
	r.mu.Lock()
	defer r.mu.Unlock()
	c := Crowd{Room: r.id, Sockets: r.size(), Persons: r.counted(out)}
	if c.Persons > 0 && c.Persons <= few {
		c.Names = make([]live.PersonID, 0, c.Persons)
		for p := range r.persons {
			if !out[p] {
				c.Names = append(c.Names, p)
			}
		}
	}
	return c
}

// Names lists the persons in a room through this process who count.
func (h *Hub) Names(id live.RoomID) []live.PersonID {
	r := h.room(id)
	if r == nil {
		return nil
	}
	return r.crowd(math.MaxInt).Names
}
