package hub

import (
	"maps"
	"sync"

	"showrunner/live"
)

// uncounted are persons who are in a room and not one of the crowd: what looks
// like a program. They are served like everybody else.
type uncounted struct {
	mu    sync.RWMutex
	rooms map[live.RoomID]map[live.PersonID]bool
}

// Uncount leaves a person out of the counts of a room, or counts them again.
func (h *Hub) Uncount(room live.RoomID, person live.PersonID, out bool) {
	u := &h.uncounted
	u.mu.Lock()
	defer u.mu.Unlock()
	// Sets are never changed: a count in progress has the one it began with.
	next := maps.Clone(u.rooms[room])
	if next == nil {
		next = map[live.PersonID]bool{}
	}
	if out {
		next[person] = true
	} else {
		delete(next, person)
	}
	u.set(room, next)
}

// CountAll counts everybody of a room again: with another show begins another crowd.
func (h *Hub) CountAll(room live.RoomID) {
	h.uncounted.mu.Lock()
	defer h.uncounted.mu.Unlock()
	h.uncounted.set(room, nil)
}

// set is called with mu held.
func (u *uncounted) set(room live.RoomID, persons map[live.PersonID]bool) {
	if len(persons) == 0 {
		delete(u.rooms, room)
		return
	}
	if u.rooms == nil {
		u.rooms = map[live.RoomID]map[live.PersonID]bool{}
	}
	u.rooms[room] = persons
}

// of is who does not count in a room; the caller must not change it.
func (u *uncounted) of(room live.RoomID) map[live.PersonID]bool {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.rooms[room]
}

// counted is how many persons of the room count. The caller holds r.mu.
func (r *room) counted(out map[live.PersonID]bool) int {
	n := len(r.persons)
	for p := range out {
		if r.persons[p] > 0 {
			n--
		}
	}
	return n
}
