package hub

import (
	"sort"
	"time"
)

// ring is the newest messages of a room, in the order of their offsets.
type ring struct {
	slots []slot // slots[head:] are kept
	head  int
	bytes int
	// floor is the newest offset that is not kept any more, or that never
	// was: somebody who saw at least this much can be brought up to date.
	floor uint64
}

type slot struct {
	msg Message
	at  time.Time
}

func (r *ring) len() int { return len(r.slots) - r.head }

// add appends a message and forgets the oldest ones over the bounds.
func (r *ring) add(m Message, at time.Time, bounds Ring) {
	if r.head > 64 && r.head > len(r.slots)/2 {
		n := copy(r.slots, r.slots[r.head:])
		clear(r.slots[n:])
		r.slots, r.head = r.slots[:n], 0
	}
	r.slots = append(r.slots, slot{m, at})
	r.bytes += m.size()
	for r.len() > bounds.Messages || r.bytes > bounds.Bytes {
		r.drop()
	}
	r.expire(at, bounds)
}

// expire forgets what is older than the bounds allow.
func (r *ring) expire(now time.Time, bounds Ring) {
	for r.len() > 0 && now.Sub(r.slots[r.head].at) > bounds.Age {
		r.drop()
	}
	if r.len() == 0 {
		r.slots, r.head = nil, 0
	}
}

func (r *ring) drop() {
	s := &r.slots[r.head]
	r.floor = s.msg.Offset
	r.bytes -= s.msg.size()
	*s = slot{}
	r.head++
}

// between copies the messages with after < offset <= until.
func (r *ring) between(after, until uint64) []Message {
	kept := r.slots[r.head:]
	from := sort.Search(len(kept), func(i int) bool { return kept[i].msg.Offset > after })
	to := sort.Search(len(kept), func(i int) bool { return kept[i].msg.Offset > until })
	if from >= to {
		return nil
	}
	out := make([]Message, 0, to-from)
	for i := range kept[from:to] {
		out = append(out, kept[from+i].msg)
	}
	return out
}
