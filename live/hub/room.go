package hub

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"showrunner/live"
)

// room is one room with its members, its unsent messages and its memory.
type room struct {
	hub *Hub
	id  live.RoomID

	mu      sync.Mutex
	gone    bool // removed from the hub; look it up again
	members []*Member
	fans    []*Fan                // replaced, never changed in place, when one leaves
	seats   int                   // of all fans
	number  uint64                // of the newest tick
	persons map[live.PersonID]int // connections of each counted person
	pending []Message             // published, not sent
	ready   *Built                // what pending holds, if another process has built it
	ring    ring
	sent    uint64 // offset up to which everything was sent
	stats   []byte // totals not sent yet
	panel   [classes][]byte
	changed bool // panel holds frames not sent yet

	leftOut int64         // comments that viewers were spared
	shown   *rate.Limiter // of comments in a large room, see reads; nil before the first

	ticking bool        // a tick is due or running
	timer   *time.Timer // of the tick that is due
	last    time.Time   // start of the last tick
	scratch []*Member   // of the tick that runs
}

// publish adds messages and makes sure that a tick will send them. Decided says
// that another process has chosen which comments viewers are spared.
func (r *room) publish(msgs []Message, now time.Time, decided bool) {
	r.ready = nil
	for i := range msgs {
		whole := msgs[i]
		whole.thinned = false
		r.ring.add(whole, now, r.hub.cfg.Ring) // Whoever returns gets all of it.
		if !decided && msgs[i].Droppable {
			msgs[i].thinned = !r.reads(now)
		}
		if msgs[i].thinned {
			r.leftOut++
			r.hub.metrics.leftOut.Inc()
		}
		r.pending = append(r.pending, msgs[i])
	}
	r.schedule(now)
}

// schedule arms the tick: at once after silence, else an interval after the last.
func (r *room) schedule(now time.Time) {
	if r.ticking || r.gone || r.hub.closed.Load() {
		return
	}
	r.ticking = true
	wait := r.interval() - now.Sub(r.last)
	r.timer = time.AfterFunc(max(wait, 0), r.tick)
}

// interval is the time between two ticks.
func (r *room) interval() time.Duration {
	return r.hub.cfg.Tick.Interval(r.widest())
}

// widest is how many sockets are in the room where there are the most.
func (r *room) widest() int {
	n := r.size()
	if largest := r.hub.cfg.Largest; largest != nil {
		n = max(n, largest(r.id))
	}
	return n
}

// tick sends what is pending to everybody. Ticks of a room never overlap: the
// next one is armed when this one is over, so a long pass makes the next frame
// larger and not the queue longer.
func (r *room) tick() {
	h := r.hub
	r.mu.Lock()
	r.last = h.cfg.Now()
	msgs, prev, interval := r.pending, r.sent, r.interval()
	r.pending = nil
	if len(msgs) > 0 {
		r.sent = msgs[len(msgs)-1].Offset
	}
	r.number++
	p := h.newPass(msgs, r.stats, r.sent)
	p.room, p.Number = r, r.number
	p.use(r.ready)
	r.ready = nil
	r.stats = nil
	if r.changed {
		p.panel, r.changed = r.panel, false
	}
	members, fans := append(r.scratch[:0], r.members...), r.fans
	r.mu.Unlock()

	var sum outcome
	for _, m := range members {
		o := m.offer(p)
		sum.delivered += o.delivered
		sum.skipped += o.skipped
	}
	clear(members)
	r.scratch = members[:0]
	if h.cfg.Forward != nil && len(msgs) > 0 {
		h.cfg.Forward(r.id, func() Built { return p.forOthers(prev, interval) })
	}
	p.handOver(fans)
	h.metrics.pass(p, sum)
	p.Done(0, 0)
}

// passed ends a tick, once everybody is through with it.
func (r *room) passed() {
	h := r.hub
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ticking = false
	if len(r.pending) > 0 || r.stats != nil || r.changed {
		r.schedule(h.cfg.Now())
	}
}

// join adds a member and fixes the point between past and future: messages up
// to r.sent are handed back, later ones will be offered.
func (r *room) join(m *Member, o JoinOptions) Joined {
	m.index = len(r.members)
	r.members = append(r.members, m)
	r.arrived(m.person)
	if f := r.panel[m.class]; f != nil && m.class > ClassViewer {
		m.snapshot = f
	}
	j := r.joined(o)
	m.after = j.After
	return j
}

// joined fixes the point between past and future for a newcomer.
func (r *room) joined(o JoinOptions) Joined {
	j := Joined{Offset: r.sent, Pass: r.number}
	if !o.HasSince || o.Since > r.hub.high.Load() {
		return j
	}
	j.After = o.Since
	if o.Since < r.ring.floor {
		j.TooOld = true
		return j
	}
	j.Recovered = true
	j.Messages = r.ring.between(o.Since, r.sent)
	j.Offset = max(o.Since, r.sent)
	return j
}

// of lists the sockets of a person, and the fans on which they may sit.
func (r *room) of(person live.PersonID) (own []*Member, fans []*Fan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if person == "" || r.persons[person] == 0 {
		return nil, nil
	}
	for _, m := range r.members {
		if m.person == person {
			own = append(own, m)
		}
	}
	return own, slices.Clone(r.fans)
}

func (r *room) remove(m *Member) {
	r.mu.Lock()
	if m.index < 0 {
		r.mu.Unlock()
		return
	}
	end := len(r.members) - 1
	r.members[m.index] = r.members[end]
	r.members[m.index].index = m.index
	r.members[end] = nil
	r.members = r.members[:end]
	m.index = -1
	r.departed(m.person)
	r.mu.Unlock()
	r.hub.left()
}

// arrived and departed count the connections of a person who is counted.
func (r *room) arrived(p live.PersonID) {
	if p != "" {
		r.persons[p]++
	}
}

func (r *room) departed(p live.PersonID) {
	if p == "" {
		return
	}
	if r.persons[p]--; r.persons[p] == 0 {
		delete(r.persons, p)
	}
}

// size is how many sockets are in the room.
func (r *room) size() int { return len(r.members) + r.seats }

// idle forgets what is too old and reports whether nothing is left to keep.
func (r *room) idle(now time.Time) bool {
	r.ring.expire(now, r.hub.cfg.Ring)
	return r.size() == 0 && r.ring.len() == 0 && !r.ticking
}
