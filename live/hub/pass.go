package hub

import (
	"sync"
	"sync/atomic"

	"showrunner/live"
)

// batch is what one class gets of one tick: usually one frame.
type batch struct {
	frames [][]byte
	events int // how many events are in it, room totals aside
	once   sync.Once
	wire   []byte // what Wire made of the frames
	again  sync.Once
	packed []byte // what Packed made of them
}

// Pass is one tick of a room on its way to the members and fans. Until it is
// handed to the fans it belongs to one goroutine; from then on it only is read.
type Pass struct {
	// Number counts the ticks of the room from 1.
	Number uint64

	hub    *Hub
	room   *room
	msgs   []Message
	stats  []byte // the room's totals if they changed
	offset uint64 // what a receiver is up to date with afterwards
	panel  [classes][]byte

	shared bool                   // every class sees the same
	alone  map[live.PersonID]bool // who sees something nobody else does
	hidden map[int]bool           // comments that a later message of the pass took out of sight
	built  [classes]*batch
	left   atomic.Int32 // who is not through with it
}

func (h *Hub) newPass(msgs []Message, stats []byte, offset uint64) *Pass {
	p := &Pass{hub: h, msgs: msgs, stats: stats, offset: offset, shared: true}
	for i := range msgs {
		m := &msgs[i]
		if m.Effect == Hides || m.Effect == Silences {
			p.hidden = hiddenIn(msgs)
		}
		if m.Audience == live.AudiencePerson {
			p.owes(m.Person)
		} else if m.special() {
			p.shared = false
		}
		if m.thinned && m.Author != "" {
			p.owes(m.Author)
		}
	}
	return p
}

// owes notes that a person sees something nobody else does.
func (p *Pass) owes(person live.PersonID) {
	if p.alone == nil {
		p.alone = map[live.PersonID]bool{}
	}
	p.alone[person] = true
}

// batch is what the class gets, encoded the first time somebody asks.
func (p *Pass) batch(c Class) *batch {
	if p.shared {
		c = ClassViewer
	}
	if p.built[c] == nil {
		p.built[c] = p.build(c, "", 0)
	}
	return p.built[c]
}

// build encodes what a member of the class sees of the messages after an offset.
func (p *Pass) build(c Class, person live.PersonID, after uint64) *batch {
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
		if m.Offset <= after || view == nil || p.hidden[i] {
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
func (p *Pass) covers(after uint64) (none, partly bool) {
	if len(p.msgs) == 0 || after < p.msgs[0].Offset {
		return false, false
	}
	none = after >= p.msgs[len(p.msgs)-1].Offset
	return none, !none
}

// Encode joins messages into frames that bring a member of the class, who is
// person or nobody in particular, up to offset, as a tick would have done.
func (h *Hub) Encode(c Class, person live.PersonID, msgs []Message, offset uint64) [][]byte {
	return h.Replay(c, msgs, offset).For(person)
}

// Replay is what members of a class missed, encoded once for all who missed the same.
type Replay struct {
	class  Class
	pass   *Pass
	frames [][]byte
}

// Replay joins messages into frames that bring members of the class up to offset.
func (h *Hub) Replay(c Class, msgs []Message, offset uint64) *Replay {
	p := h.newPass(msgs, nil, offset)
	return &Replay{class: c, pass: p, frames: p.build(c, "", 0).frames}
}

// For is the frames for a person, or for nobody in particular. They are shared:
// do not change them. It may be called by many at a time.
func (r *Replay) For(person live.PersonID) [][]byte {
	if person != "" && r.pass.alone[person] {
		return r.pass.build(r.class, person, 0).frames
	}
	return r.frames
}

// handOver gives the pass to the fans, with their class's frames built. A pass
// with nothing for any viewer wakes nobody.
func (p *Pass) handOver(fans []*Fan) {
	if len(fans) > 0 && p.Alike() && len(p.batch(ClassViewer).frames) == 0 {
		fans = nil
	}
	p.left.Store(int32(len(fans)) + 1) //nolint:gosec // a few fans for each core.
	for _, f := range fans {
		p.batch(f.class)
	}
	for _, f := range fans {
		f.sink.Pass(p)
	}
}

// Done tells that a fan is through with the pass: to how many seats it handed a
// frame, and how many were too slow for it. The last one ends the tick.
func (p *Pass) Done(delivered, skipped int) {
	p.hub.metrics.deliveries.Add(float64(delivered))
	p.hub.metrics.skipped.Add(float64(skipped))
	if p.left.Add(-1) == 0 {
		p.room.passed()
	}
}

// Offset is what a receiver is up to date with after the pass.
func (p *Pass) Offset() uint64 { return p.offset }

// Wire is what viewers get, as bytes for a socket, and how many events are in
// it. Nil is nothing. The first caller's function makes the bytes of all.
func (p *Pass) Wire(encode func(frames [][]byte) []byte) (wire []byte, events int) {
	b := p.batch(ClassViewer)
	b.once.Do(func() {
		if len(b.frames) > 0 {
			b.wire = encode(b.frames)
		}
	})
	return b.wire, b.events
}

// Packed is what viewers get in a second form, for those who take it, which is
// made only if somebody asks. The first caller's function makes the bytes of all.
func (p *Pass) Packed(encode func(frames [][]byte) []byte) []byte {
	b := p.batch(ClassViewer)
	b.again.Do(func() { b.packed = encode(b.frames) })
	return b.packed
}

// Alike reports whether all viewers get the same, who saw nothing of it before.
func (p *Pass) Alike() bool { return p.alone == nil }

// For is what one viewer gets, who is person or nobody in particular and has
// seen everything up to after; own is false if that is what all get.
func (p *Pass) For(person live.PersonID, after uint64) (frames [][]byte, events int, own bool) {
	none, partly := p.covers(after)
	switch {
	case none:
		return nil, 0, true
	case partly:
	case person != "" && p.alone[person]:
		after = 0
	default:
		return nil, 0, false
	}
	b := p.build(ClassViewer, person, after)
	return b.frames, b.events, true
}
