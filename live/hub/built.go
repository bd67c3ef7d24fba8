package hub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"showrunner/live"
)

// Built is one tick of a room as the process that built it hands it to others,
// which then need not encode anything.
type Built struct {
	// Prev and Offset bound the tick: Messages are all there are in the room
	// with Prev < offset <= Offset.
	Prev, Offset uint64
	// Interval is how long after this one the next tick comes at most, while
	// there are messages.
	Interval time.Duration
	Messages []Message
	// Frame is what viewers get, if it is the same for all of them and one frame.
	Frame []byte
}

// forOthers is what others are handed of a pass.
func (p *Pass) forOthers(prev uint64, interval time.Duration) Built {
	b := Built{Prev: prev, Offset: p.offset, Interval: interval, Messages: p.msgs}
	q := p
	if p.stats != nil { // Totals are each process's own.
		q = p.hub.newPass(p.msgs, nil, p.offset)
	}
	if all := q.batch(ClassViewer); len(all.frames) == 1 && !p.lonely() {
		b.Frame = all.frames[0]
	}
	return b
}

// lonely reports whether a message is a frame of its own.
func (p *Pass) lonely() bool {
	for i := range p.msgs {
		if p.msgs[i].Alone {
			return true
		}
	}
	return false
}

// Take hands members and memory a tick that another process built. Its messages
// follow those that the room had before. Which comments viewers are spared was
// decided where it was built, for all.
func (h *Hub) Take(id live.RoomID, b Built) {
	if len(b.Messages) == 0 {
		return
	}
	h.raise(b.Offset)
	h.metrics.messages.Add(float64(len(b.Messages)))
	r := h.locked(id)
	defer r.mu.Unlock()
	alone := len(r.pending) == 0
	r.publish(b.Messages, h.cfg.Now(), true)
	if alone && b.Frame != nil { // Else the tick sends more than this.
		r.ready = &b
	}
}

// use takes a frame that came with the messages, if the pass has just these.
func (p *Pass) use(b *Built) {
	if b == nil || p.stats != nil || len(p.msgs) != len(b.Messages) || p.offset != b.Offset {
		return
	}
	all := &batch{frames: [][]byte{b.Frame}}
	for i := range p.msgs {
		if p.msgs[i].view(ClassViewer, "") != nil && !p.hidden[i] {
			all.events++
		}
	}
	p.built[ClassViewer] = all
}

// The head of an encoded Built: magic bytes and the version.
const builtHead = "SRT\x01"

// Flags of an encoded message.
const (
	withMoney = 1 << iota
	withJSON
	inFrame // its JSON stands in the frame, behind that of the one before
	isAlone
	isDroppable
	isThinned
)

// Encode is the tick as bytes. Events that stand in the frame are not repeated.
func (b *Built) Encode() []byte {
	size := len(builtHead) + 64 + len(b.Frame)
	for i := range b.Messages {
		size += b.Messages[i].size() + 64
	}
	out := append(make([]byte, 0, size), builtHead...)
	out = binary.AppendUvarint(out, b.Prev)
	out = binary.AppendUvarint(out, b.Offset)
	out = binary.AppendUvarint(out, uint64(max(b.Interval, 0)))
	out = appendBytes(out, b.Frame)
	out = binary.AppendUvarint(out, uint64(len(b.Messages)))
	at := 0 // in the frame
	for i := range b.Messages {
		m := &b.Messages[i]
		var flags byte
		skip := -1
		if m.JSON != nil {
			flags |= withJSON
			if m.Audience == live.AudienceRoom && !m.Alone && len(b.Frame) > 0 {
				skip = bytes.Index(b.Frame[at:], m.JSON)
			}
			if skip >= 0 {
				flags |= inFrame
			}
		}
		if m.Money != nil {
			flags |= withMoney
		}
		if m.Alone {
			flags |= isAlone
		}
		if m.Droppable {
			flags |= isDroppable
		}
		if m.thinned {
			flags |= isThinned
		}
		out = append(out, flags, byte(m.Effect), byte(m.Audience))
		out = binary.AppendUvarint(out, m.Offset)
		out = appendBytes(out, []byte(m.Person))
		out = appendBytes(out, []byte(m.Comment))
		out = appendBytes(out, []byte(m.Author))
		switch {
		case skip >= 0:
			out = binary.AppendUvarint(out, uint64(skip))
			out = binary.AppendUvarint(out, uint64(len(m.JSON)))
			at += skip + len(m.JSON)
		case m.JSON != nil:
			out = appendBytes(out, m.JSON)
		}
		if m.Money != nil {
			out = appendBytes(out, m.Money)
		}
	}
	return out
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// errBuilt says that bytes are no tick.
var errBuilt = errors.New("hub: these bytes are no tick of a room")

// DecodeBuilt reads what Encode wrote. The tick points into raw.
func DecodeBuilt(raw []byte) (Built, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(builtHead))
	if !ok {
		return Built{}, errBuilt
	}
	d := decoder{rest: rest}
	b := Built{Prev: d.number(), Offset: d.number(), Interval: time.Duration(d.number())} //nolint:gosec // checked below.
	b.Frame = d.bytes()
	n := d.number()
	if d.bad || b.Interval < 0 || b.Prev > b.Offset || n > uint64(len(d.rest)) {
		return Built{}, errBuilt
	}
	at := uint64(0)
	last := b.Prev
	for range n {
		head := d.take(3)
		if d.bad {
			return Built{}, errBuilt
		}
		m := Message{
			Alone: head[0]&isAlone != 0, Droppable: head[0]&isDroppable != 0, thinned: head[0]&isThinned != 0,
			Effect: Effect(head[1]), Audience: live.Audience(head[2]),
		}
		m.Offset = d.number()
		m.Person = live.PersonID(d.bytes())
		m.Comment = string(d.bytes())
		m.Author = live.PersonID(d.bytes())
		switch {
		case head[0]&inFrame != 0:
			skip, length := d.number(), d.number()
			left := uint64(len(b.Frame)) - at
			if d.bad || skip > left || length > left-skip {
				return Built{}, errBuilt
			}
			at += skip + length
			m.JSON = b.Frame[at-length : at : at]
		case head[0]&withJSON != 0:
			m.JSON = d.bytes()
		}
		if head[0]&withMoney != 0 {
			m.Money = d.bytes()
		}
		if d.bad || m.Offset <= last || m.Offset > b.Offset || m.Effect > Silences {
			return Built{}, errBuilt
		}
		last = m.Offset
		b.Messages = append(b.Messages, m)
	}
	if len(d.rest) > 0 {
		return Built{}, errBuilt
	}
	if len(b.Frame) == 0 {
		b.Frame = nil
	}
	return b, nil
}

// decoder reads pieces; bad is set for good when one is missing.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	out := d.rest[:n:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) bytes() []byte { return d.take(d.number()) }
