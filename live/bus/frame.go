package bus

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"showrunner/live"
)

// queuedFrames and queuedBytes bound what waits for a server that is too slow
// for its frames. What is beyond is dropped, and made up for from the log.
const (
	queuedFrames = 4096
	queuedBytes  = 32 << 20
)

// listenWithin bounds the wait for the server.
const listenWithin = 2 * time.Second

// Payload is the most bytes of one message.
func (b *Bus) Payload() int { return int(b.conn.MaxPayload()) - 1024 }

// Send sends frames of a room to those who listen to it. It never waits.
func (b *Bus) Send(room live.RoomID, data []byte) {
	if err := b.conn.Publish(b.subject(room), data); err != nil {
		b.metrics.dropped.Inc()
		return
	}
	b.metrics.sent.Inc()
	b.metrics.sentBytes.Add(float64(len(data)))
}

// Listen makes exactly these the rooms whose frames are heard, from its return
// on. What is new is asked of the server, which takes a moment.
func (b *Bus) Listen(rooms []live.RoomID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	added := false
	wanted := make(map[live.RoomID]bool, len(rooms))
	for _, room := range rooms {
		wanted[room] = true
		if b.rooms[room] != nil {
			continue
		}
		sub, err := b.conn.Subscribe(b.subject(room), func(m *nats.Msg) {
			b.metrics.heard.Inc()
			b.cfg.Frames(room, m.Data)
		})
		if err != nil {
			return fmt.Errorf("bus: listen to a room: %w", err)
		}
		if err := sub.SetPendingLimits(queuedFrames, queuedBytes); err != nil {
			return fmt.Errorf("bus: listen to a room: %w", err)
		}
		b.rooms[room] = sub
		added = true
	}
	for room, sub := range b.rooms {
		if !wanted[room] {
			delete(b.rooms, room)
			if err := sub.Unsubscribe(); err != nil {
				return fmt.Errorf("bus: stop listening to a room: %w", err)
			}
		}
	}
	if added {
		if err := b.conn.FlushTimeout(listenWithin); err != nil {
			return fmt.Errorf("bus: listen to rooms: %w", err)
		}
	}
	return nil
}
