package hub

import "showrunner/live"

// batch is what one class gets of one tick: usually one frame.
type batch struct {
	frames [][]byte
	events int // how many events are in it, room totals aside
}

// pass is one tick of a room on its way to the members. It belongs to one
// goroutine.
type pass struct {
	hub    *Hub
	msgs   []Message
	stats  []byte // the room's totals if they changed
	offset uint64 // what a receiver is up to date with afterwards
	panel  [classes][]byte

	shared bool                   // every class sees the same
	alone  map[live.PersonID]bool // who sees something nobody else does
	built  [classes]*batch
}

func (h *Hub) newPass(msgs []Message, stats []byte, offset uint64) *pass {
	p := &pass{hub: h, msgs: msgs, stats: stats, offset: offset, shared: true}
	for i := range msgs {
		m := &msgs[i]
		if m.Audience == live.AudiencePerson {
			if p.alone == nil {
				p.alone = map[live.PersonID]bool{}
			}
			p.alone[m.Person] = true
		} else if m.special() {
			p.shared = false
		}
	}
	return p
}

// batch is what the class gets, encoded the first time somebody asks.
func (p *pass) batch(c Class) *batch {
	if p.shared {
		c = ClassViewer
	}
	if p.built[c] == nil {
		p.built[c] = p.build(c, "", 0)
	}
	return p.built[c]
}

// build encodes what a member of the class sees of the messages after an offset.
func (p *pass) build(c Class, person live.PersonID, after uint64) *batch {
	b := &batch{}
	events := make([][]byte, 0, min(len(p.msgs)+1, maxFrameEvents))
	at := after
	flush := func(offset uint64) {
		if len(events) > 0 {
			b.frames = append(b.frames, p.hub.cfg.Framer.Events(p.hub.cfg.Epoch, offset, events))
			events = events[:0]
		}
	}
	for i := range p.msgs {
		m := &p.msgs[i]
		view := m.view(c, person)
		if m.Offset <= after || view == nil {
			continue
		}
		b.events++
		switch {
		case m.Alone:
			flush(at)
			b.frames = append(b.frames, view)
		case len(events) == maxFrameEvents:
			flush(at)
			events = append(events, view)
		default:
			events = append(events, view)
		}
		at = m.Offset
	}
	if p.stats != nil {
		events = append(events, p.stats)
	}
	flush(p.offset)
	return b
}

// covers reports how the messages of the pass lie to an offset that a member
// has already seen.
func (p *pass) covers(after uint64) (none, partly bool) {
	if len(p.msgs) == 0 || after < p.msgs[0].Offset {
		return false, false
	}
	none = after >= p.msgs[len(p.msgs)-1].Offset
	return none, !none
}

// Encode joins messages into frames that bring a member of the class, who is
// person or nobody in particular, up to offset, as a tick would have done.
func (h *Hub) Encode(c Class, person live.PersonID, msgs []Message, offset uint64) [][]byte {
	return h.newPass(msgs, nil, offset).build(c, person, 0).frames
}
