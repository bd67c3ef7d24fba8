package hub

import (
	"time"

	"golang.org/x/time/rate"

	"showrunner/live"
)

// reads reports whether the viewers are shown one more comment now: as many in a
// second as [Comments] says, a second's worth at once; the caller holds the lock.
func (r *room) reads(sockets int, now time.Time) bool {
	c := &r.hub.cfg.Comments
	if sockets < c.Room {
		return true
	}
	if r.shown == nil {
		r.shown = rate.NewLimiter(rate.Limit(c.PerSecond), c.PerSecond)
	}
	return r.shown.AllowN(now, 1)
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
