package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/hub"
)

// follow shares the making of frames among the servers of a room. The owner
// encodes each tick once and sends it to the servers that have sockets there,
// which send its bytes on. All of them read the log: a server holds back what
// it has read of a room that another one builds, and shows it itself when the
// owner's tick does not come. So what a room sees, and in which order, is the
// log's whatever becomes of the bus: ticks that come twice are dropped, and
// what one that is lost held is taken from the log.
type follow struct {
	peers   atomic.Pointer[peering]
	now     func() time.Time
	logger  *slog.Logger
	metrics *followMetrics

	mu    sync.Mutex
	read  uint64 // offset up to which the log was read and handed on
	rooms map[live.RoomID]*followed
}

type peering struct {
	hub *hub.Hub
	bus *bus.Bus
}

// followed is a room whose ticks another server builds.
type followed struct {
	at       uint64        // offset up to which the hub was handed the room
	waiting  []live.Entry  // read from the log, after at
	since    time.Time     // when the first of them was read
	patience time.Duration // how long they wait for the owner
}

const (
	// patienceFirst is how long a tick may be late: longer than the bus takes,
	// too short for people to notice.
	patienceFirst = 150 * time.Millisecond
	// followEvery is how often is looked for what has waited too long.
	followEvery = 25 * time.Millisecond
	// listenEvery is how often the rooms to listen to are looked up.
	listenEvery = 250 * time.Millisecond
)

func newFollow(start live.Position, now func() time.Time, logger *slog.Logger, reg prometheus.Registerer) *follow {
	f := &follow{now: now, logger: logger, rooms: map[live.RoomID]*followed{}}
	if start.Offset() > 0 {
		f.read = start.Offset() - 1
	}
	f.metrics = newFollowMetrics(reg)
	return f
}

// join gives the hub and the bus; before that every room is shown from the log.
func (f *follow) join(h *hub.Hub, b *bus.Bus) { f.peers.Store(&peering{h, b}) }

// show takes what was read of the log up to next: to the hub at once, or to
// wait for the owner's tick.
func (f *follow) show(entries []live.Entry, next live.Position) {
	p := f.peers.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	direct := entries
	if len(f.rooms) > 0 {
		direct = make([]live.Entry, 0, len(entries))
		for i := range entries {
			w := f.rooms[entries[i].Event.Room]
			switch {
			case w == nil:
				direct = append(direct, entries[i])
			case entries[i].Position.Offset() > w.at:
				if len(w.waiting) == 0 {
					w.since = f.now()
				}
				w.waiting = append(w.waiting, entries[i])
			}
		}
	}
	publish(p.hub, direct)
	if at := next.Offset(); at > 0 {
		f.read = at - 1
	}
}

// heard takes a tick of a room's owner.
func (f *follow) heard(room live.RoomID, raw []byte) {
	p := f.peers.Load()
	b, err := hub.DecodeBuilt(raw)
	if err != nil {
		f.metrics.bad.Inc()
		f.logger.Warn("a tick on the bus cannot be read", "room_id", room, "error", err)
		return
	}
	if p.bus.Owns(room) {
		f.metrics.dropped.Inc() // Two owners for a moment: this one goes by the log.
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.rooms[room]
	if w == nil {
		w = &followed{at: f.read}
		f.rooms[room] = w
	}
	w.patience = patienceFirst + b.Interval
	if b.Offset <= w.at {
		f.metrics.dropped.Inc()
		return
	}
	if b.Prev > w.at {
		f.metrics.gaps.Inc()
		f.flush(p.hub, w, b.Prev)
		if f.read < b.Prev {
			return // The log will bring what this tick has, too.
		}
		w.at = b.Prev
	}
	for len(b.Messages) > 0 && b.Messages[0].Offset <= w.at {
		b.Messages, b.Frame = b.Messages[1:], nil // Shown before: its frame says too much.
	}
	p.hub.Take(room, b)
	f.metrics.taken.Inc()
	w.done(b.Offset, f.now())
}

// done forgets what waits up to an offset, which the hub has now.
func (w *followed) done(at uint64, now time.Time) {
	w.at = at
	n := 0
	for n < len(w.waiting) && w.waiting[n].Position.Offset() <= at {
		n++
	}
	if w.waiting = w.waiting[n:]; len(w.waiting) == 0 {
		w.waiting = nil
	} else if n > 0 {
		w.since = now
	}
}

// flush shows what waits up to an offset. The caller holds mu.
func (f *follow) flush(h *hub.Hub, w *followed, until uint64) {
	n := 0
	for n < len(w.waiting) && w.waiting[n].Position.Offset() <= until {
		n++
	}
	if n == 0 {
		return
	}
	publish(h, w.waiting[:n])
	w.done(w.waiting[n-1].Position.Offset(), f.now())
}

// run shows what has waited too long, and says which rooms are listened to,
// until ctx ends.
func (f *follow) run(ctx context.Context) error {
	look, listen := time.NewTicker(followEvery), time.NewTicker(listenEvery)
	defer look.Stop()
	defer listen.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			f.overdue()
		case <-listen.C:
			if err := f.listen(); err != nil && ctx.Err() == nil {
				f.logger.WarnContext(ctx, "rooms of other servers are shown from the log", "error", err)
			}
		}
	}
}

// overdue gives up waiting: for the owner of the moment, or for good where this
// server is it now.
func (f *follow) overdue() {
	p := f.peers.Load()
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for room, w := range f.rooms {
		mine := p.bus.Owns(room)
		late := len(w.waiting) > 0 && now.Sub(w.since) > w.patience
		if !mine && !late {
			continue
		}
		if late {
			f.metrics.repairs.Inc()
		}
		f.flush(p.hub, w, f.read)
		if f.read >= w.at {
			delete(f.rooms, room) // From the log, until a tick is heard again.
		}
	}
}

// listen hears the rooms that have sockets here and another owner.
func (f *follow) listen() error {
	p := f.peers.Load()
	var rooms []live.RoomID
	owned := 0
	for _, room := range p.hub.Rooms() {
		if p.bus.Owns(room) {
			owned++
		} else {
			rooms = append(rooms, room)
		}
	}
	f.metrics.owned.Set(float64(owned))
	if err := p.bus.Listen(rooms); err != nil {
		return err
	}
	f.metrics.heard.Set(float64(len(rooms)))
	return nil
}

// forward sends a tick of a room that this server owns to those who have
// sockets in it.
func (f *follow) forward(room live.RoomID, built func() hub.Built) {
	p := f.peers.Load()
	if p == nil || p.bus.Elsewhere(room) == 0 || !p.bus.Owns(room) {
		return
	}
	f.send(p.bus, room, built())
}

// send sends a tick, in halves where it is too large for a message. An event
// that is too large alone is left to the log.
func (f *follow) send(b *bus.Bus, room live.RoomID, t hub.Built) {
	raw := t.Encode()
	if len(raw) <= b.Payload() {
		b.Send(room, raw)
		return
	}
	if len(t.Messages) == 1 {
		return
	}
	half := len(t.Messages) / 2
	first, second := t, t
	first.Messages, second.Messages = t.Messages[:half], t.Messages[half:]
	first.Offset = first.Messages[half-1].Offset
	second.Prev = first.Offset
	first.Frame, second.Frame = nil, nil
	f.send(b, room, first)
	f.send(b, room, second)
}

// largest is how many sockets a room of this server has on the machine with the
// most, of which so many are here.
func (f *follow) largest(room live.RoomID, here int) int {
	p := f.peers.Load()
	if p == nil || !p.bus.Owns(room) {
		return here
	}
	return p.bus.Largest(room, here)
}

type followMetrics struct {
	taken, dropped, gaps, repairs, bad prometheus.Counter
	owned, heard                       prometheus.Gauge
}

func newFollowMetrics(reg prometheus.Registerer) *followMetrics {
	m := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return m.NewCounter(prometheus.CounterOpts{Namespace: "showrunner", Subsystem: "rooms", Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return m.NewGauge(prometheus.GaugeOpts{Namespace: "showrunner", Subsystem: "rooms", Name: name, Help: help})
	}
	return &followMetrics{
		taken:   counter("ticks_taken_total", "Ticks that another server built and this one sent on."),
		dropped: counter("ticks_dropped_total", "Ticks heard that held nothing new, or of a second owner."),
		gaps:    counter("tick_gaps_total", "Ticks heard after one that was not."),
		repairs: counter("repairs_total", "Times that a room was shown from the log because its owner's tick did not come."),
		bad:     counter("ticks_unreadable_total", "Ticks heard that cannot be read."),
		owned:   gauge("owned", "Rooms with sockets here whose ticks this server builds."),
		heard:   gauge("heard", "Rooms with sockets here whose ticks another server builds."),
	}
}
