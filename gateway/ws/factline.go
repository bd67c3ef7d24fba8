package ws

import (
	"fmt"
	"sync"
	"time"

	"showrunner/live"
)

// Bounds of facts: of one connection that may wait, of those that go to ingest
// in one call, and of calls that are under way at a time. A call waits for the
// disk, so there are more of them than cores.
const (
	maxWaiting  = 512
	maxTogether = 256
	lanes       = 16
)

// fact is one fact on its way to the log.
type fact struct {
	event   live.Event
	door    live.Origin
	request request
	at      time.Time // when it was read
	comment string    // the id the server gave a comment
	ack     bool
}

// factLine holds the facts of one connection until its [lane] takes them. Those
// of one call are answered before the next are taken, so that one connection
// can state many facts and no later one is logged before an earlier one.
type factLine struct {
	conn *conn
	lane *lane

	mu      sync.Mutex
	moved   sync.Cond // waiting or busy changed
	waiting []fact
	busy    bool // on the lane, under way, or resting before the next try
	pause   time.Duration
	idle    func() // called, if not nil, whenever nothing is left to do

	// group, if not nil, gathers the lines that are to be put on their lanes
	// together. It belongs to whoever carries out the client's frames.
	group *[]*factLine
}

func (l *factLine) init(c *conn, n *lane) {
	l.conn, l.lane = c, n
	l.moved.L = &l.mu
}

// push adds a fact. It waits while the line is full: that holds up only the
// client whose facts they are.
func (l *factLine) push(f fact) {
	l.mu.Lock()
	for len(l.waiting) >= maxWaiting {
		l.moved.Wait()
	}
	l.waiting = append(l.waiting, f)
	start := !l.busy
	l.busy = true
	l.mu.Unlock()
	switch {
	case start && l.group != nil:
		*l.group = append(*l.group, l)
	case start:
		l.lane.add(l)
	}
}

// waits reports whether a fact was not answered.
func (l *factLine) waits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy
}

// wait blocks until every fact was answered. Each call of ingest is bounded, so
// this is too.
func (l *factLine) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.moved.Wait()
	}
}

// take removes at most n of the oldest facts that came through one door, which
// is the door of the first if the caller names none.
func (l *factLine) take(n int, door live.Origin) []fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	if door == 0 {
		door = l.waiting[0].door
	}
	i := 0
	for i < min(n, len(l.waiting)) && l.waiting[i].door == door {
		i++
	}
	batch := l.waiting[:i:i]
	l.waiting = l.waiting[i:]
	return batch
}

// answered goes on after a call: to the next facts, to another try of those that
// are given back, or to rest.
func (l *factLine) answered(again []fact) {
	l.mu.Lock()
	l.moved.Broadcast()
	if len(again) > 0 {
		l.waiting = append(again, l.waiting...)
		l.pause = min(max(2*l.pause, firstPause), mostPause)
		time.AfterFunc(l.pause, func() { l.lane.add(l) })
		l.mu.Unlock()
		return
	}
	l.pause = 0
	more := len(l.waiting) > 0
	if !more {
		l.waiting, l.busy = nil, false
	}
	idle := l.idle
	l.mu.Unlock()
	switch {
	case more:
		l.lane.add(l)
	case idle != nil:
		idle()
	}
}

// lane hands the facts of many connections to ingest, one call at a time with
// all that came meanwhile. Its goroutine lives only while there are facts: idle
// viewers cost none.
type lane struct {
	srv *Server

	mu      sync.Mutex
	ready   []*factLine
	running bool
}

func (s *Server) nextLane() *lane { return &s.lanes[s.lastLane.Add(1)%lanes] }

// add takes the facts of a line.
func (n *lane) add(l *factLine) {
	n.put(l)
	n.start()
}

// put and start are add in two steps, so that what is put together goes together.
func (n *lane) put(l *factLine) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready = append(n.ready, l)
}

func (n *lane) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running && len(n.ready) > 0 {
		n.running = true
		go n.run()
	}
}

// share is what one connection has in a call.
type share struct {
	line  *factLine
	facts []fact
}

func (n *lane) run() {
	for {
		n.mu.Lock()
		if len(n.ready) == 0 {
			n.ready, n.running = nil, false
			n.mu.Unlock()
			return
		}
		var (
			shares  []share
			door    live.Origin
			total   int
			waiting []*factLine
		)
		for i, l := range n.ready {
			if total == maxTogether {
				waiting = append(waiting, n.ready[i:]...)
				break
			}
			facts := l.take(maxTogether-total, door)
			if len(facts) == 0 { // Its next fact came through another door.
				waiting = append(waiting, l)
				continue
			}
			door = facts[0].door
			total += len(facts)
			shares = append(shares, share{l, facts})
		}
		n.ready = waiting
		n.mu.Unlock()
		n.ingest(door, total, shares)
	}
}

// ingest makes facts durable and answers them.
func (n *lane) ingest(door live.Origin, total int, shares []share) {
	evs := make([]live.Event, 0, total)
	for i := range shares {
		for j := range shares[i].facts {
			evs = append(evs, shares[i].facts[j].event)
		}
	}
	receipts, err := n.srv.offer(door, evs)
	at := 0
	for _, s := range shares {
		var own []live.Receipt
		if err == nil {
			own = receipts[at : at+len(s.facts)]
		}
		at += len(s.facts)
		s.line.answered(s.line.conn.settle(s.facts, own, err))
	}
}

// settle answers facts. A client sends again what was not taken. Nobody does
// that for the facts that the server states itself, and a missed entry is a
// missing viewer: those are given back, to be tried again while the connection
// lasts.
func (c *conn) settle(facts []fact, receipts []live.Receipt, err error) (again []fact) {
	for i := range facts {
		f := &facts[i]
		switch {
		case !f.ack && err != nil && !c.out.ended():
			again = append(again, *f)
		case !f.ack && err != nil:
			c.srv.deps.Logger.Warn("a fact of the server's own was not taken", "type", f.event.Kind, "room_id", c.room.ID, "error", err)
		case !f.ack:
		case err != nil:
			c.refuse(f.request, err)
		case receipts[i].Status == live.Rejected && receipts[i].Err != nil:
			c.refuse(f.request, receipts[i].Err)
		case receipts[i].Status == live.Rejected:
			c.refuse(f.request, live.Invalid("rejected", "", "the fact was not taken"))
		default:
			c.srv.metrics.acks.Observe(c.srv.now().Sub(f.at).Seconds())
			c.answer(f.request, factAck{EventID: receipts[i].EventID, CommentID: f.comment})
		}
	}
	return again
}

// Pauses between the tries to state the server's own facts.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

func (s *Server) offer(door live.Origin, evs []live.Event) ([]live.Receipt, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	receipts, err := s.deps.Ingest.Ingest(ctx, door, evs)
	if err == nil && len(receipts) != len(evs) {
		err = fmt.Errorf("ingest answered %d of %d facts", len(receipts), len(evs))
	}
	return receipts, err
}

type factAck struct {
	EventID   live.EventID `json:"event_id"`
	CommentID string       `json:"comment_id,omitempty"`
}
