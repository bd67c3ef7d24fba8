package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// ErrClosed refuses a newcomer because the hub shuts down.
var ErrClosed = errors.New("the hub is shutting down")

// Hub holds all rooms of this process.
type Hub struct {
	cfg     Config
	metrics *metrics
	load    *load
	high    atomic.Uint64 // newest offset published to any room
	closed  atomic.Bool

	mu    sync.RWMutex
	rooms map[live.RoomID]*room
	floor uint64 // of rooms that are not there

	uncounted uncounted

	count   atomic.Int64 // members
	drained chan struct{}
	once    sync.Once // closes drained
}

// New builds a hub. It works at once; Run only tidies up.
func New(cfg Config) *Hub {
	cfg = cfg.withDefaults()
	h := &Hub{
		cfg: cfg, metrics: newMetrics(cfg.Registerer), load: newLoad(cfg.Tick),
		rooms: map[live.RoomID]*room{}, drained: make(chan struct{}),
	}
	if cfg.Start > 0 {
		h.floor = cfg.Start - 1
	}
	h.high.Store(h.floor)
	return h
}

// Epoch names the incarnation of the log that the offsets belong to.
func (h *Hub) Epoch() string { return h.cfg.Epoch }

// Run forgets old messages and rooms that nobody is in. It returns nil when
// ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			h.tidy()
		}
	}
}

func (h *Hub) tidy() {
	now := h.cfg.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, r := range h.rooms {
		r.mu.Lock()
		if r.idle(now) {
			r.gone = true
			h.load.forget(&r.demand)
			h.floor = max(h.floor, r.ring.floor)
			delete(h.rooms, id)
		}
		r.mu.Unlock()
	}
}

// room is the room as it is now, nil if there is none.
func (h *Hub) room(id live.RoomID) *room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.rooms[id]
}

// locked finds or makes a room and returns it locked.
func (h *Hub) locked(id live.RoomID) *room {
	for {
		r := h.room(id)
		if r == nil {
			h.mu.Lock()
			if r = h.rooms[id]; r == nil {
				r = &room{hub: h, id: id, persons: map[live.PersonID]int{}, sent: h.floor, ring: ring{floor: h.floor}}
				h.rooms[id] = r
			}
			h.mu.Unlock()
		}
		r.mu.Lock()
		if !r.gone {
			return r
		}
		r.mu.Unlock()
	}
}

// Publish hands messages of a room to its members with the next tick. Messages
// come in the order of the log, from one caller for each room; it never waits
// for a member.
func (h *Hub) Publish(id live.RoomID, msgs []Message) {
	keep := make([]Message, 0, len(msgs))
	for i := range msgs {
		if msgs[i].Audience != live.AudienceNone {
			keep = append(keep, msgs[i])
		}
	}
	if len(msgs) > 0 {
		h.raise(msgs[len(msgs)-1].Offset)
	}
	if len(keep) == 0 {
		return
	}
	h.metrics.messages.Add(float64(len(keep)))
	r := h.locked(id)
	defer r.mu.Unlock()
	r.publish(keep, h.cfg.Now(), false)
}

// High is the newest offset that any room was given.
func (h *Hub) High() uint64 { return h.high.Load() }

func (h *Hub) raise(offset uint64) {
	for {
		old := h.high.Load()
		if offset <= old || h.high.CompareAndSwap(old, offset) {
			return
		}
	}
}

// Stats sets the totals of a room, one encoded event. Only the newest are sent,
// with the next messages or, if none come, soon; they have no offset and are never
// missed. The same totals again are sent only to a room that somebody has joined.
func (h *Hub) Stats(id live.RoomID, event []byte) {
	r := h.locked(id)
	defer r.mu.Unlock()
	if r.size() == 0 || !r.unseen && bytes.Equal(event, r.totals) {
		return
	}
	r.stats, r.totals, r.unseen = event, event, false
	r.schedule(h.cfg.Now())
}

// Panel sets the newest snapshot frame of a room for one class of panels. Only
// the newest is sent; a panel that joins later gets it first.
func (h *Hub) Panel(id live.RoomID, c Class, frame []byte) {
	if c == ClassViewer || c >= classes {
		panic("BUG: snapshots are for panels")
	}
	r := h.locked(id)
	defer r.mu.Unlock()
	r.panel[c] = frame
	r.changed = true
	r.schedule(h.cfg.Now())
}

// Expel makes every socket of a person leave a room; why is [Kicked] or [Blocked].
func (h *Hub) Expel(id live.RoomID, person live.PersonID, why string) {
	r := h.room(id)
	if r == nil {
		return
	}
	own, fans := r.of(person)
	for _, m := range own {
		m.expel(why)
	}
	for _, f := range fans {
		f.sink.Expel(person, why)
	}
}

// Closing reports whether [Hub.Shutdown] was called.
func (h *Hub) Closing() bool { return h.closed.Load() }

// Online is how many persons watch the room through this process. Staff and
// second tabs do not count, nor does whom [Hub.Uncount] leaves out.
func (h *Hub) Online(id live.RoomID) int {
	r := h.room(id)
	if r == nil {
		return 0
	}
	out := h.uncounted.of(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counted(out)
}

// Rooms lists the rooms that have members now.
func (h *Hub) Rooms() []live.RoomID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []live.RoomID
	for id, r := range h.rooms {
		r.mu.Lock()
		if r.size() > 0 {
			out = append(out, id)
		}
		r.mu.Unlock()
	}
	return out
}

// Members is the number of sockets in all rooms.
func (h *Hub) Members() int { return int(h.count.Load()) }

// Shutdown says bye to every member and waits until all have left or ctx
// ends; then it says how many have not.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.closed.Store(true)
	h.mu.RLock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	h.mu.RUnlock()
	for _, r := range rooms {
		r.mu.Lock()
		if r.timer != nil && r.timer.Stop() {
			r.ticking, r.armed = false, false
		}
		members, fans := append([]*Member(nil), r.members...), append([]*Fan(nil), r.fans...)
		r.mu.Unlock()
		for _, m := range members {
			m.dismiss()
		}
		for _, f := range fans {
			f.sink.Bye()
		}
	}
	if h.count.Load() == 0 {
		h.once.Do(func() { close(h.drained) })
	}
	select {
	case <-h.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hub: %d members have not left: %w", h.count.Load(), ctx.Err())
	}
}

func (h *Hub) left() {
	h.metrics.members.Dec()
	h.leftOne()
}

func (h *Hub) leftOne() {
	if h.count.Add(-1) == 0 && h.closed.Load() {
		h.once.Do(func() { close(h.drained) })
	}
}

// Queue is how many ticks somebody may lag behind before they skip.
func (h *Hub) Queue() int { return h.cfg.Queue }

// Gapped counts a gap told to a seat of a fan.
func (h *Hub) Gapped() { h.metrics.gaps.Inc() }
