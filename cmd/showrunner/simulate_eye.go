package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"showrunner/live"
)

// simEyes are those who check what they see: the operator and a sample of the
// viewers. Everybody must see the same public events in the same order, each
// once; the operator, who is there from before the start, is what the others
// are held against, and the comments that were acknowledged are what the
// operator is held against: each was shown, or the system said that it hid it
// because its author was banned while it was on its way, or its author was silenced
// in the moment it came.
type simEyes struct {
	mu       sync.Mutex
	all      []*simEye
	comments []simComment // that were acknowledged
}

type simComment struct{ event, comment, author string }

// simEye is one who checks.
type simEye struct {
	name string

	mu        sync.Mutex
	seen      []string        // event ids in order of arrival
	times     map[string]int  // how often each came
	hidden    map[string]bool // comments that the system hid
	unseen    outOfSight
	holes     []int // places in seen before which events were legally left out
	gaps      int
	backwards int
	offset    uint64
	epoch     string
	ended     chan struct{}
	over      bool
}

func (e *simEyes) open(name string) *simEye {
	eye := &simEye{name: name, times: map[string]int{}, hidden: map[string]bool{}, ended: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, eye)
	return eye
}

func (e *simEyes) said(c simComment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.comments = append(e.comments, c)
}

// simLastWord is how long after the end its event may take to reach everybody.
const simLastWord = 20 * time.Second

// sawEnd waits until the named one has seen the end of the show.
func (e *simEyes) sawEnd(ctx context.Context, name string) error {
	e.mu.Lock()
	i := slices.IndexFunc(e.all, func(x *simEye) bool { return x.name == name })
	eye := e.all[i]
	e.mu.Unlock()
	select {
	case <-eye.ended:
		return nil
	case <-time.After(simLastWord):
		return fmt.Errorf("%s did not see the end of the show within %s", name, simLastWord)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// public are the events that everybody in a room sees.
func public(kind string) bool {
	spec, ok := live.SpecOf(live.Kind(kind))
	return ok && spec.Audience == live.AudienceRoom
}

func (e *simEye) events(f simEvents) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.Epoch == e.epoch && f.Offset < e.offset {
		e.backwards++
	}
	e.epoch, e.offset = f.Epoch, f.Offset
	for _, x := range f.Events {
		if x.EventID == "" || !public(x.Type) {
			continue
		}
		e.unseen.note(&x, len(e.seen))
		e.seen = append(e.seen, x.EventID)
		e.times[x.EventID]++
		if x.Type == string(live.CommentHidden) && x.Actor.Role == live.RoleSystem {
			var d struct {
				Comment string `json:"comment_id"`
			}
			if json.Unmarshal(x.Data, &d) == nil {
				e.hidden[d.Comment] = true
			}
		}
		if x.Type == string(live.ShowEnded) {
			e.end()
		}
	}
}

func (e *simEye) end() {
	if !e.over {
		e.over = true
		close(e.ended)
	}
}

// gap is what a slow viewer is told: some events were left out.
func (e *simEye) gap(uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gaps++
	e.holes = append(e.holes, len(e.seen))
}

// welcome notes a return that could not be recovered: the state came instead.
func (e *simEye) welcome(w simWelcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w.first {
		e.epoch, e.offset = w.Epoch, w.Offset
		return
	}
	if w.Recovered {
		e.unseen.returns = append(e.unseen.returns, len(e.seen))
	} else {
		e.gaps++
		e.holes = append(e.holes, len(e.seen))
		// The end of the show may lie in the hole; the state says so.
		if w.Room.Show == nil || w.Room.Show.State.Over() {
			e.end()
		}
	}
}

// simSight is the verdict over everybody who checked.
type simSight struct {
	Eyes      int `json:"eyes"`
	Events    int `json:"events"` // seen by the operator
	Doubled   int `json:"doubled"`
	Missing   int `json:"missing"`
	Foreign   int `json:"foreign"` // seen by a viewer and not by the operator
	Disorder  int `json:"disorder"`
	Backwards int `json:"backwards"`
	Gaps      int `json:"gaps"` // announced holes, which are no fault
	Unseen    int `json:"unseen_comments"`
}

func (s simSight) fault() bool {
	return s.Doubled+s.Missing+s.Foreign+s.Disorder+s.Backwards+s.Unseen > 0
}

// verdict compares what everybody saw.
func (e *simEyes) verdict() simSight {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return simSight{}
	}
	reference := e.all[0]
	reference.mu.Lock()
	defer reference.mu.Unlock()
	v := simSight{Eyes: len(e.all), Events: len(reference.seen)}
	place := make(map[string]int, len(reference.seen))
	for i, id := range reference.seen {
		if _, again := place[id]; !again {
			place[id] = i
		}
	}
	for i, eye := range e.all {
		if i > 0 {
			eye.mu.Lock()
		}
		v.Gaps += eye.gaps
		v.Backwards += eye.backwards
		for _, n := range eye.times {
			v.Doubled += n - 1
		}
		if i > 0 {
			eye.follow(reference, place, &v)
			eye.mu.Unlock()
		}
	}
	if len(reference.holes) == 0 {
		for _, c := range e.comments {
			if reference.times[c.event] == 0 && !reference.hidden[c.comment] && !reference.unseen.silenced(c.author) {
				v.Unseen++
			}
		}
	}
	return v
}

// follow walks what an eye saw along the reference: each event must be the next
// one, except after an announced hole on either side, and except comments that lay
// out of sight when one of them returned.
func (e *simEye) follow(reference *simEye, place map[string]int, v *simSight) {
	last := -1
	seen := map[string]bool{}
	for i, id := range e.seen {
		if seen[id] {
			continue // told as doubled already
		}
		seen[id] = true
		at, known := place[id]
		if !known {
			if said, comment := e.unseen.said[id]; len(reference.holes) == 0 && (!comment || !reference.unseen.spared(said, last+1)) {
				v.Foreign++
			}
			continue
		}
		hole := slices.Contains(e.holes, i)
		switch {
		case last < 0 || hole:
		case at < last:
			v.Disorder++
		case at > last+1:
			for _, missed := range reference.seen[last+1 : at] {
				if said, comment := reference.unseen.said[missed]; !comment || !e.unseen.spared(said, i) {
					v.Missing++
				}
			}
		}
		last = at
	}
}

// simPulse checks that the panel hears of the figures every second.
type simPulse struct {
	mu     sync.Mutex
	last   time.Time
	frames int
	most   time.Duration // longest silence while connected
}

func (p *simPulse) beat(frame []byte) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !json.Valid(frame) {
		return
	}
	p.frames++
	if !p.last.IsZero() {
		p.most = max(p.most, now.Sub(p.last))
	}
	p.last = now
}

// lost forgets the last beat: a silence over a lost connection is none.
func (p *simPulse) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Time{}
}

func (p *simPulse) read() (frames int, most time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames, p.most
}
