package ws

import (
	"context"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// missed shares what those who return to a room did not see. When a server was
// started again all viewers of a room return at once, most of them from the same
// tick: what they missed is read and encoded once for all of them.
type missed struct {
	hub     *hub.Hub
	history History // nil: beyond the ring nothing is recovered

	mu    sync.Mutex
	spans map[span]*recovery
}

// span is from where to where a class of a room is brought.
type span struct {
	room         live.RoomID
	class        hub.Class
	after, until uint64
}

// recovery is what lies in a span.
type recovery struct {
	done   chan struct{} // closed when replay is set
	replay *hub.Replay   // nil: it is too much or not there any more
}

// missedKept is how long a recovery serves others who return. The room's next
// message begins another span.
const missedKept = 5 * time.Second

// missedSpans bounds how many are kept: viewers who come back one by one share
// none, and each may be as long as the history hands out.
const missedSpans = 64

func newMissed(h *hub.Hub, history History) *missed {
	return &missed{hub: h, history: history, spans: map[span]*recovery{}}
}

// of is what the arrival missed, nil if it cannot be recovered. The messages of
// j are not looked at if others have missed the same.
func (m *missed) of(ctx context.Context, a *arrival, j *hub.Joined) *hub.Replay {
	if !j.Recovered && (!j.TooOld || m.history == nil) {
		return nil
	}
	if j.Recovered && len(j.Messages) == 0 {
		return m.hub.Replay(a.class, nil, j.Offset)
	}
	s := span{a.room.ID, a.class, a.since, j.Offset}
	r, first := m.at(s)
	if !first {
		select {
		case <-r.done:
			return r.replay
		case <-ctx.Done():
			return nil
		}
	}
	defer func() {
		if r.replay == nil { // A failure is told to those who wait for it now, and to nobody else.
			m.forget(s, r)
		}
		close(r.done)
	}()
	msgs, ok := j.Messages, j.Recovered
	if !ok {
		msgs, ok = m.history.Range(ctx, a.room.ID, a.since, j.Offset)
	}
	if ok {
		r.replay = m.hub.Replay(a.class, msgs, j.Offset)
	}
	return r.replay
}

// at finds the recovery of a span, or makes the first, which is the caller's to
// carry out.
func (m *missed) at(s span) (r *recovery, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r = m.spans[s]; r != nil {
		return r, false
	}
	r = &recovery{done: make(chan struct{})}
	if len(m.spans) < missedSpans {
		m.spans[s] = r
		time.AfterFunc(missedKept, func() { m.forget(s, r) })
	}
	return r, true
}

func (m *missed) forget(s span, r *recovery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spans[s] == r {
		delete(m.spans, s)
	}
}
