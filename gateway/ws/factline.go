package ws

import (
	"fmt"
	"sync"
	"time"

	"showrunner/live"
)

// factLine bounds: facts of one connection that may wait, and how many go to
// ingest in one call.
const (
	maxWaiting  = 512
	maxTogether = 256
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

// factLine hands the facts of one connection to ingest in their order. One call
// is under way at a time and the next takes all that came meanwhile, so order
// holds without waiting for each fact. Its goroutine lives only while there are
// facts: an idle viewer costs none.
type factLine struct {
	conn *conn

	mu      sync.Mutex
	moved   sync.Cond // waiting or running changed
	waiting []fact
	running bool
}

func (l *factLine) init(c *conn) {
	l.conn = c
	l.moved.L = &l.mu
}

// push adds a fact. It waits while the line is full: that holds up only the
// client whose facts they are.
func (l *factLine) push(f fact) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) >= maxWaiting {
		l.moved.Wait()
	}
	l.waiting = append(l.waiting, f)
	if !l.running {
		l.running = true
		go l.run()
	}
}

// wait blocks until every fact was answered. Each call of ingest is bounded, so
// this is too.
func (l *factLine) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running {
		l.moved.Wait()
	}
}

func (l *factLine) run() {
	for {
		l.mu.Lock()
		if len(l.waiting) == 0 {
			l.running = false
			l.waiting = nil
			l.moved.Broadcast()
			l.mu.Unlock()
			return
		}
		batch := l.take()
		l.moved.Broadcast()
		l.mu.Unlock()
		l.conn.ingest(batch)
	}
}

// take removes the oldest facts that came through the same door.
func (l *factLine) take() []fact {
	n := 1
	for n < len(l.waiting) && n < maxTogether && l.waiting[n].door == l.waiting[0].door {
		n++
	}
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch
}

// ingest makes facts durable and answers them.
func (c *conn) ingest(batch []fact) {
	evs := make([]live.Event, len(batch))
	for i := range batch {
		evs[i] = batch[i].event
	}
	receipts, err := c.offer(batch[0].door, evs)
	// A client sends again what was not taken. Nobody does that for the facts
	// that the server states itself, and a missed entry is a missing viewer.
	for pause := firstPause; err != nil && !batch[0].ack && c.waits(pause); pause = min(2*pause, mostPause) {
		receipts, err = c.offer(batch[0].door, evs)
	}
	for i := range batch {
		f := &batch[i]
		switch {
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
}

// Pauses between the tries to state the server's own facts.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

// waits pauses; false means that the connection ends.
func (c *conn) waits(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.ending:
		return false
	case <-t.C:
		return true
	}
}

func (c *conn) offer(door live.Origin, evs []live.Event) ([]live.Receipt, error) {
	ctx, cancel := c.srv.deadline()
	defer cancel()
	receipts, err := c.srv.deps.Ingest.Ingest(ctx, door, evs)
	if err == nil && len(receipts) != len(evs) {
		err = fmt.Errorf("ingest answered %d of %d facts", len(receipts), len(evs))
	}
	return receipts, err
}

type factAck struct {
	EventID   live.EventID `json:"event_id"`
	CommentID string       `json:"comment_id,omitempty"`
}
