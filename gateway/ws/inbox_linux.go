package ws

import (
	"bytes"
	"errors"
	"syscall"

	"showrunner/live"
)

// partial is the bytes of a client that are no whole message yet.
type partial struct {
	in    inbound
	bytes []byte // of a frame
}

func (s *shard) partial(slot uint32) *partial {
	return &partial{in: inbound{deflate: s.at(slot).is(flagDeflates)}}
}

// readable reads what a socket has, a turn's worth at most, and carries it out.
// The socket is watched for edges: it is read until it is empty, now or later.
func (s *shard) readable(slot uint32) {
	v := s.at(slot)
	v.flags |= flagUnread
	p := s.partly[slot]
	have := 0
	if p != nil {
		have = copy(s.buf, p.bytes)
	}
	for total := 0; ; {
		switch {
		case s.full(slot):
			s.keep(slot, p, have)
			return // Whoever makes room goes on.
		case total >= readTurn:
			s.keep(slot, p, have)
			s.unread = append(s.unread, slot)
			return
		}
		n, err := syscall.Read(int(v.fd), s.buf[have:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			v.flags &^= flagUnread
			s.keep(slot, p, have)
			return
		case err != nil || n == 0:
			s.finish(slot, s.reason(slot))
			return
		}
		total += n
		v.heard, v.asked = s.now, 0
		if p == nil {
			p = s.partial(slot)
		}
		used, open := s.parse(slot, p, s.buf[:have+n])
		if !open {
			return
		}
		have = copy(s.buf, s.buf[used:have+n])
	}
}

// keep puts the rest of a turn aside.
func (s *shard) keep(slot uint32, p *partial, have int) {
	switch {
	case p == nil:
	case have == 0 && p.in.between():
		delete(s.partly, slot)
	default:
		p.bytes = append(p.bytes[:0], s.buf[:have]...)
		s.partly[slot] = p
	}
}

// consume carries out bytes that were read before the shard had the socket.
func (s *shard) consume(slot uint32, early []byte) {
	p := s.partial(slot)
	if used, open := s.parse(slot, p, early); open {
		have := copy(s.buf, early[used:])
		s.keep(slot, p, have)
	}
}

// parse carries out what is whole, and says how many bytes that was. It reports
// false if the slot is another's now.
func (s *shard) parse(slot uint32, p *partial, b []byte) (used int, open bool) {
	v := s.at(slot)
	for gen := v.gen; v.gen == gen; {
		m, n, err := p.in.next(b[used:], MaxFrame)
		if err == nil && m.packed && !v.is(flagClosing) {
			m.data, err = inflate(m.data, MaxFrame)
		}
		if err != nil {
			code := closeProtocol
			if errors.Is(err, errBomb) {
				code = closeTooBig
			}
			s.part(slot, "left", wireClose(code, err.Error()))
			if v.gen != gen {
				return used, false
			}
			// What follows cannot be understood: only that it ends matters.
			p.in = inbound{skip: 1 << 62}
			return len(b), true
		}
		if n == 0 {
			return used, true
		}
		used += n
		switch {
		case m.kind == opClose:
			if !v.is(flagClosing) {
				_, _ = s.write(v.fd, wireClose(closeCodeIn(m.data), "")) // The peer ends the connection, answered or not.
			}
			s.finish(slot, s.reason(slot))
		case m.kind == 0, m.kind == opPong, v.is(flagClosing):
		case m.kind == opPing:
			s.reply(slot, appendFrame(nil, opPong, m.data))
		case m.over:
			s.end(slot, byeFor(live.TooLarge("frame_too_large", "", "a frame has at most %d bytes", MaxFrame)))
		case m.kind == opBinary:
			s.end(slot, byeFor(live.Invalid("binary_frame", "", "frames are JSON text")))
		default:
			s.guest(slot).take(bytes.Clone(m.data))
		}
	}
	return used, false
}

// full reports whether nothing more is read from a client for now: one who does
// not read their acks, or whose frames wait for each other.
func (s *shard) full(slot uint32) bool {
	if s.at(slot).is(flagClosing) {
		return false
	}
	if b := s.lags[slot]; b != nil && b.own > ownLimit && !b.held {
		return true
	}
	g := s.guests[slot]
	return g != nil && g.stalls()
}

// reason is why a socket that is being closed is.
func (s *shard) reason(slot uint32) string {
	if b := s.lags[slot]; b != nil && s.at(slot).is(flagClosing) {
		return b.leaveReason()
	}
	return "left"
}
