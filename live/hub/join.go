package hub

import "showrunner/live"

// JoinOptions say who joins.
type JoinOptions struct {
	Class Class
	// Person is counted as online; empty for staff, who are not viewers.
	Person live.PersonID
	// Since is the offset that a returning member saw last, if HasSince.
	Since    uint64
	HasSince bool
	// Wake is called when Next has something after it had nothing, and once
	// more when the hub shuts down. It must not block; of the hub it may call
	// only [Hub.Closing].
	Wake func()
}

// Joined is where a new member starts.
type Joined struct {
	// Offset is what the member has seen once Messages are shown: everything
	// later will be delivered.
	Offset uint64
	// Recovered tells that Messages are all that was missed since Since.
	Recovered bool
	// Messages of all audiences, oldest first; [Hub.Encode] picks the class's.
	Messages []Message
	// TooOld tells that the ring does not reach back to Since; what lies
	// between Since and Offset has to come from the log, or from the state.
	TooOld bool
	// Pass is the number of the newest tick that Offset covers.
	Pass uint64
	// After is what a returning member had seen already, 0 for newcomers. It is
	// above Offset if this process was started again and has not read the log
	// that far: then a pass may hold what it has to leave out.
	After uint64
}

// Join makes a member. The only error is [ErrClosed].
func (h *Hub) Join(id live.RoomID, o JoinOptions) (*Member, Joined, error) {
	h.count.Add(1)
	if h.closed.Load() {
		h.leftOne()
		return nil, Joined{}, ErrClosed
	}
	r := h.locked(id)
	m := &Member{room: r, class: o.Class, person: o.Person, wake: o.Wake}
	j := r.join(m, o)
	r.mu.Unlock()
	h.metrics.joined(&j)
	if h.closed.Load() { // Shutdown may have missed this one.
		m.dismiss()
	}
	return m, j, nil
}
