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
	panel   [classes][]byte
	changed bool // panel holds frames not sent yet

	stats  []byte    // totals not sent yet
	totals []byte    // the newest totals
	unseen bool      // somebody joined after the newest totals
	told   time.Time // when viewers were sent something last

	leftOut int64         // comments that viewers were spared
	shown   *rate.Limiter // of comments in a large room, see reads; nil before the first

	demand  demand
	every   time.Duration // from the last tick to the next while there is talk
	shows   bool          // pending holds something for all viewers
	urgent  bool          // pending holds something that is no talk
	paced   bool          // pending is a tick of another process, which has waited
	ticking bool          // a tick is due or running
	armed   bool          // it is due, at due, and can still be had sooner
	due     time.Time
	timer   *time.Timer // of the tick that is due
	last    time.Time   // start of the last tick
	scratch []*Member   // of the tick that runs
}

// totalsWait is how long totals wait for something to travel with: a frame of
// their own costs as much as one with messages.
const totalsWait = 500 * time.Millisecond

// publish adds messages and makes sure that a tick will send them. Decided says
// that another process has chosen which comments viewers are spared, and when.
func (r *room) publish(msgs []Message, now time.Time, decided bool) {
	r.ready = nil
	shows, sockets := 0, r.widest()
	for i := range msgs {
		whole := msgs[i]
		whole.thinned = false
		r.ring.add(whole, now, r.hub.cfg.Ring) // Whoever returns gets all of it.
		if !decided && msgs[i].Droppable {
			msgs[i].thinned = !r.reads(sockets, now)
		}
		if msgs[i].thinned {
			r.leftOut++
			r.hub.metrics.leftOut.Inc()
		}
		if msgs[i].Audience == live.AudienceRoom && !msgs[i].thinned {
			shows++
		}
		r.urgent = r.urgent || msgs[i].urgent()
		r.pending = append(r.pending, msgs[i])
	}
	if shows > 0 && sockets > 0 {
		r.hub.load.arrived(&r.demand, shows, sockets, now)
	}
	r.shows, r.paced = r.shows || shows > 0, r.paced || decided
	r.schedule(now)
}

// schedule arms the tick: at once after silence, else as long after the last one
// as what there is to send may wait. A tick that is due later comes sooner.
func (r *room) schedule(now time.Time) {
	wait, some := r.wait(now)
	if !some || r.gone || r.hub.closed.Load() {
		return
	}
	due := now.Add(max(wait, 0))
	switch {
	case !r.ticking:
		r.ticking = true
	case !r.armed || !due.Before(r.due) || !r.timer.Stop():
		return // It runs, or comes soon enough.
	}
	r.armed, r.due = wait > 0, due
	switch {
	case !r.armed:
		go r.tick()
	case r.timer == nil:
		r.timer = time.AfterFunc(wait, r.tick)
	default:
		r.timer.Reset(wait)
	}
}

// wait is how long from now what there is to send may wait for more; some is
// false if there is nothing.
func (r *room) wait(now time.Time) (wait time.Duration, some bool) {
	since := now.Sub(r.last)
	switch {
	case r.paced:
		return 0, true
	case r.urgent && !r.shows: // To find those few takes a look at every seat.
		return r.hub.cfg.Tick.Urgent(r.widest()) - since, true
	case r.urgent:
		return min(r.every, r.hub.cfg.Tick.Urgent(r.widest())) - since, true
	case len(r.pending) > 0 || r.changed:
		return r.every - since, true
	case r.stats != nil:
		return max(totalsWait-now.Sub(r.told), r.every-since), true
	}
	return 0, false
}

// widest is how many sockets are in the room on the machine with the most.
func (r *room) widest() int {
	n := r.size()
	if largest := r.hub.cfg.Largest; largest != nil {
		n = max(n, largest(r.id, n))
	}
	return n
}

// tick sends what is pending to everybody. Ticks of a room never overlap: the
// next one is armed when this one is over, so a long pass makes the next frame
// larger and not the queue longer.
func (r *room) tick() {
	h := r.hub
	r.mu.Lock()
	now := h.cfg.Now()
	r.last, r.armed = now, false
	sockets := r.widest()
	r.every = h.load.interval(&r.demand, sockets, now)
	msgs, prev := r.pending, r.sent
	interval := max(r.every, h.cfg.Tick.Urgent(sockets)) // The next one waits for the end of this one, too.
	r.pending = nil
	if len(msgs) > 0 {
		r.sent = msgs[len(msgs)-1].Offset
	}
	r.number++
	var stats []byte
	if r.shows || now.Sub(r.told) >= totalsWait {
		stats, r.stats = r.stats, nil
	}
	if r.shows || stats != nil {
		r.told = now
	}
	r.shows, r.urgent, r.paced = false, false, false
	p := h.newPass(msgs, stats, r.sent)
	p.room, p.Number = r, r.number
	p.use(r.ready)
	r.ready = nil
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
	r.schedule(h.cfg.Now())
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
	r.unseen = true
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
