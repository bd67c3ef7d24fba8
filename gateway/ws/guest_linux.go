package ws

import (
	"sync"
	"time"

	"showrunner/live/hub"
)

// guest is a viewer while there is something to carry out for them: frames that
// wait or facts that are not answered. Then it is folded back into the numbers
// of the viewer, or, if the socket is gone, the seat is given up.
type guest struct {
	conn
	shard *shard
	slot  uint32
	gen   uint32

	held *incoming // read and not carried out; belongs to the worker

	// Set before leave, which is the end of the shard's interest.
	fan  *hub.Fan
	open bool // the entry was stated

	mu      sync.Mutex
	inbox   [][]byte
	working bool
	stalled bool   // the shard waits for room in the inbox
	hung    bool   // nothing more is carried out
	gone    string // why the socket is closed
	stated  bool   // that it left
	freed   bool   // the seat is given up
}

// inboxLimit is how many frames of a client may wait while one is carried out.
const inboxLimit = 64

// guest is the guest of a slot, made if there is none.
func (s *shard) guest(slot uint32) *guest {
	if g := s.guests[slot]; g != nil {
		return g
	}
	return s.host(slot, s.arrival(s.at(slot)), s.srv.nextLane())
}

// host makes the guest of a slot that has none; its facts take a lane.
func (s *shard) host(slot uint32, a *arrival, n *lane) *guest {
	v := s.at(slot)
	g := &guest{shard: s, slot: slot, gen: v.gen}
	g.init(s.srv, a, n, g)
	g.limits, g.beat = v.limits, time.UnixMilli(v.beat).UTC()
	g.facts.idle, g.facts.lane = g.rest, s.lane
	s.guests[slot] = g
	return g
}

// take adds a frame of the client's. Frames of one client are carried out one
// after the other, in their order.
func (g *guest) take(raw []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hung {
		return
	}
	g.inbox = append(g.inbox, raw)
	if !g.working && light(raw) {
		g.working = true
		g.shard.light = append(g.shard.light, g)
		return
	}
	g.start()
}

// start has a worker look after the guest; the caller holds the lock.
func (g *guest) start() {
	if !g.working {
		g.working = true
		g.shard.crews.requests.add(g.work)
	}
}

// stalls reports whether the inbox is full, and then has the shard told when it
// is not any more.
func (g *guest) stalls() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stalled = len(g.inbox) >= inboxLimit
	return g.stalled
}

// work carries out what waits.
func (g *guest) work() { g.carry(0) }

// carry carries out what waits: all of it, or, in a group, at most so many frames
// that wait for nothing. What is not carried out is left to a worker of its own.
func (g *guest) carry(group int) {
	defer func() {
		if g.srv.caught(recover()) {
			g.mu.Lock()
			g.working, g.facts.group = false, nil
			g.mu.Unlock()
			g.hangUp(nil)
			g.rest()
		}
	}()
	alone := group == 0
	if g.held != nil {
		in := g.held
		g.held = nil
		g.carryOut(in)
	}
	for {
		g.mu.Lock()
		if g.hung {
			g.inbox = nil
		}
		if len(g.inbox) > 0 {
			raw := g.inbox[0]
			g.inbox = g.inbox[1:]
			resume := g.stalled && len(g.inbox) <= inboxLimit/2
			g.stalled = g.stalled && !resume
			g.mu.Unlock()
			if resume {
				g.inShard(func(s *shard, v *viewer) {
					if v.is(flagUnread) {
						s.readable(g.slot)
					}
				})
			}
			if in, ok := g.receive(raw); ok && !alone && !in.light() {
				g.held = &in
			} else if ok {
				g.carryOut(&in)
			}
			group--
			if g.held != nil || group <= 0 && g.waits() {
				// Others' turn: who sends without a pause would keep a worker to
				// themselves, and those behind them would never be served.
				g.facts.group = nil
				g.shard.crews.requests.add(g.work)
				return
			}
			continue
		}
		reason := g.gone
		leaves := reason != "" && !g.stated
		g.stated = g.stated || leaves
		if g.working = leaves; !leaves {
			g.facts.group = nil
		}
		g.mu.Unlock()
		if !leaves {
			g.rest()
			return
		}
		if g.open {
			g.left(reason)
		}
	}
}

// waits reports whether a frame waits to be carried out.
func (g *guest) waits() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.inbox) > 0 && !g.hung
}

// leave tells that the socket is gone.
func (g *guest) leave(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = reason
	g.start()
}

// rest looks whether anything is left to do. If not, the guest is not needed any
// more.
func (g *guest) rest() {
	g.mu.Lock()
	quiet := g.quiet()
	gone := g.gone != ""
	free := quiet && g.stated && !g.freed
	g.freed = g.freed || free
	g.mu.Unlock()
	switch {
	case free:
		g.fan.Leave(g.countedPerson())
	case quiet && !gone:
		g.inShard(func(s *shard, v *viewer) { s.retire(g, v) })
	}
}

// quiet reports whether nothing is under way; the caller holds the lock.
func (g *guest) quiet() bool { return !g.working && len(g.inbox) == 0 && !g.facts.waits() }

// retire folds a guest back into its viewer.
func (s *shard) retire(g *guest, v *viewer) {
	g.mu.Lock()
	quiet := g.quiet()
	g.mu.Unlock()
	if quiet && s.guests[g.slot] == g {
		v.limits, v.beat = g.limits, g.beat.UnixMilli()
		delete(s.guests, g.slot)
	}
}

// inShard does something in the shard if the socket is still there.
func (g *guest) inShard(f func(*shard, *viewer)) {
	g.shard.do(func() {
		if v := g.shard.at(g.slot); v.gen == g.gen {
			f(g.shard, v)
		}
	})
}

func (g *guest) send(frame []byte) {
	wire := wireText(frame)
	g.inShard(func(s *shard, v *viewer) {
		if !v.is(flagClosing) {
			s.reply(g.slot, wire)
		}
	})
}

func (g *guest) hangUp(bye *byeFrame) {
	if !g.mute() {
		return
	}
	g.inShard(func(s *shard, _ *viewer) {
		if bye != nil {
			s.end(g.slot, bye)
		} else {
			s.finish(g.slot, "left")
		}
	})
}

// mute has nothing more carried out. The first call reports true.
func (g *guest) mute() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := !g.hung
	g.hung = true
	return first
}

func (g *guest) ended() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hung || g.gone != ""
}
