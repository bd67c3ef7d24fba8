package hub

import (
	"time"

	"showrunner/live"
)

// reads reports whether the viewers are shown one more comment now: as many in a
// second as [Comments] says, a second's worth at once. It is the generic cell
// rate algorithm, in one number; the caller holds the lock.
func (r *room) reads(now time.Time) bool {
	c := &r.hub.cfg.Comments
	if r.widest() < c.Room {
		return true
	}
	each := int64(time.Second) / int64(c.PerSecond)
	calm := max(r.calm, now.UnixNano())
	if calm-now.UnixNano() > int64(time.Second)-each {
		return false
	}
	r.calm = calm + each
	return true
}

// LeftOut is how many comments the viewers of a room were spared so far, as far
// back as the room was not empty.
func (h *Hub) LeftOut(id live.RoomID) int64 {
	r := h.room(id)
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leftOut
}
