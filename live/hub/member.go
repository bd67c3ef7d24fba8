package hub

import (
	"sync"

	"showrunner/live"
)

// Member is one socket in a room. All methods may be called concurrently, but
// deliveries are in order only for one caller of [Member.Next].
type Member struct {
	room   *room
	class  Class
	person live.PersonID
	wake   func()
	after  uint64 // offsets up to here were seen before joining
	index  int    // in room.members; guarded by room.mu, -1 once gone

	mu       sync.Mutex
	queue    []*batch
	lagging  bool
	missed   uint64 // events skipped while lagging
	skipped  uint64 // offset of the newest frame skipped
	snapshot []byte // newest panel frame not taken yet
	bye      bool   // the hub shuts down and Next has not said so yet
	expelled string // why the member has to leave, and Next has not said so yet
	notified bool   // Wake was called and Next has not come back empty since
}

// Delivery is what a member is to send next. Exactly one field is set.
type Delivery struct {
	// Frames are sent as they are, in order. They are shared: do not change them.
	Frames [][]byte
	// Gap tells that frames were skipped.
	Gap *Gap
	// Bye tells that the hub shuts down: say so and leave.
	Bye bool
	// Expelled is why the person has to leave: [Kicked] or [Blocked].
	Expelled string
}

// Why a person may have to leave. The words are those of the refusals that meet
// them when they try to return.
const (
	Kicked  = "kicked"
	Blocked = "blocked"
)

// Gap stands for the frames a slow member could not take. The state of the
// room, read after Next returned the gap, is at least as new as Offset; what
// comes after Offset follows as frames.
type Gap struct {
	Missed uint64 // events
	Offset uint64
}

// Next takes what is to be sent, or reports that there is nothing. It never
// blocks; Wake is called when there is something again.
func (m *Member) Next() (Delivery, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.bye:
		m.bye = false
		return Delivery{Bye: true}, true
	case m.expelled != "":
		why := m.expelled
		m.expelled = ""
		return Delivery{Expelled: why}, true
	case len(m.queue) > 0:
		b := m.queue[0]
		m.queue[0] = nil
		m.queue = m.queue[1:]
		if len(m.queue) == 0 {
			m.queue = nil
		}
		return Delivery{Frames: b.frames}, true
	case m.lagging:
		g := &Gap{Missed: m.missed, Offset: m.skipped}
		m.lagging, m.missed, m.skipped = false, 0, 0
		m.room.hub.metrics.gaps.Inc()
		return Delivery{Gap: g}, true
	case m.snapshot != nil:
		f := m.snapshot
		m.snapshot = nil
		return Delivery{Frames: [][]byte{f}}, true
	}
	m.notified = false
	return Delivery{}, false
}

// Leave ends the membership. It may be called twice.
func (m *Member) Leave() { m.room.remove(m) }

// outcome is what became of a tick at one member.
type outcome struct{ delivered, skipped int }

// offer hands the member its part of a tick and never blocks.
func (m *Member) offer(p *Pass) (o outcome) {
	b := p.batch(m.class)
	if none, partly := p.covers(m.after); none {
		b = &batch{}
	} else if partly {
		b = p.build(m.class, m.person, m.after)
	} else if m.person != "" && p.alone[m.person] {
		b = p.build(m.class, m.person, 0)
	}
	m.mu.Lock()
	switch {
	case len(b.frames) == 0:
	case m.lagging:
		m.missed += uint64(b.events)
		m.skipped = p.offset
		o.skipped = len(b.frames)
	case len(m.queue) < m.room.hub.cfg.Queue:
		m.queue = append(m.queue, b)
		o.delivered = len(b.frames)
	case b.events == 0: // only totals: the next ones say it all
		o.skipped = len(b.frames)
	default:
		m.lagging = true
		m.missed = uint64(b.events)
		m.skipped = p.offset
		o.skipped = len(b.frames)
	}
	if f := p.panel[m.class]; f != nil {
		m.snapshot = f
		o.delivered++
	}
	m.ring()
	return o
}

// dismiss tells the member that the hub shuts down.
func (m *Member) dismiss() {
	m.mu.Lock()
	m.bye = true
	m.ring()
}

// expel tells the member to leave.
func (m *Member) expel(why string) {
	m.mu.Lock()
	m.expelled = why
	m.ring()
}

// ring unlocks the member and wakes its owner if there is news.
func (m *Member) ring() {
	wake := m.bye || m.expelled != "" || !m.notified && (m.lagging || len(m.queue) > 0 || m.snapshot != nil)
	m.notified = m.notified || wake
	m.mu.Unlock()
	if wake {
		m.wake()
	}
}
