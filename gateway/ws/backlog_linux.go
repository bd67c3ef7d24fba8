package ws

import (
	"syscall"

	"showrunner/live/hub"
)

// backlog is what a socket has not taken yet. Only those who lag have one. The
// frames of ticks are shared by all who wait for them, so a thousand who lag
// hold the ticks of their rooms and not a copy each.
type backlog struct {
	answer []byte // to the handshake, as long as nothing is sent
	queue  []unsent
	ticks  int  // of the queue that are ticks
	own    int  // bytes of the queue that are the client's own
	held   bool // a welcome or a gap is being made that goes first

	gap    hub.Gap // what was skipped, while skipping
	skips  bool
	moved  int64  // when the socket took something last
	reason string // why the connection is being closed
}

// unsent is bytes that are not sent, or not to the end.
type unsent struct {
	bytes []byte
	tick  bool
	begun bool // some of the frame is sent: the rest has to follow
}

// ownLimit is how many bytes of acks may wait for a client before nothing more
// is read from it.
const ownLimit = 16 << 10

// lag is the backlog of a slot, made if it had none.
func (s *shard) lag(slot uint32) *backlog {
	v := s.at(slot)
	if b := s.lags[slot]; b != nil {
		return b
	}
	b := &backlog{moved: s.now}
	s.lags[slot] = b
	v.flags |= flagLagging
	return b
}

// offer queues a tick, or skips it if too many wait already. What was skipped is
// told in a gap once the others are sent. Totals are only skipped: the next ones
// say it all.
func (b *backlog) offer(wire []byte, events int, offset uint64, most int) (queued bool) {
	switch {
	case b.skips:
		b.gap.Missed += uint64(events) //nolint:gosec // a count.
		b.gap.Offset = offset
	case b.ticks < most:
		b.queue = append(b.queue, unsent{bytes: wire, tick: true})
		b.ticks++
		return true
	case events > 0:
		b.skips = true
		b.gap = hub.Gap{Missed: uint64(events), Offset: offset} //nolint:gosec // a count.
	}
	return false
}

// add queues bytes of the client's own: acks, pongs, the bye.
func (b *backlog) add(wire []byte) {
	b.queue = append(b.queue, unsent{bytes: wire})
	b.own += len(wire)
}

// write sends as much as the socket takes. An error means that the peer is gone.
func (s *shard) write(fd int32, wire []byte) (n int, err error) {
	for n < len(wire) {
		// Not unix.Write: to the race detector a client in the same process, in
		// tests, sees what was done before only if both go by package syscall.
		m, err := syscall.Write(int(fd), wire[n:])
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return n, nil
		case err != nil:
			return n, err
		default:
			n += m
			if n < len(wire) {
				return n, nil // Its buffer is full: the next write would say so.
			}
		}
	}
	return n, nil
}

// send sends a tick to a socket that took everything before it.
func (s *shard) send(slot uint32, wire []byte) {
	v := s.at(slot)
	n, err := s.write(v.fd, wire)
	if err != nil {
		s.finish(slot, "left")
		return
	}
	if n > 0 {
		v.sent = s.now
	}
	if n < len(wire) {
		b := s.lag(slot)
		b.queue, b.ticks = append(b.queue, unsent{bytes: wire[n:], tick: true, begun: n > 0}), 1
	}
}

// reply sends bytes of the client's own, behind what waits already.
func (s *shard) reply(slot uint32, wire []byte) {
	v := s.at(slot)
	if v.is(flagLagging) {
		s.lags[slot].add(wire)
		return
	}
	n, err := s.write(v.fd, wire)
	if err != nil {
		s.finish(slot, "left")
		return
	}
	v.sent = s.now
	if n < len(wire) {
		b := s.lag(slot)
		b.add(wire[n:])
		b.queue[0].begun = n > 0
	}
}

// release sends the frame that a backlog was held for, and what came meanwhile.
func (s *shard) release(slot uint32, first []byte) {
	b := s.lags[slot]
	b.held = false
	b.queue = append([]unsent{{bytes: first}}, b.queue...)
	b.own += len(first)
	s.drain(slot)
}

// drain sends what waits for a socket that takes something again. Then, if ticks
// were skipped, the gap is made.
func (s *shard) drain(slot uint32) {
	v, b := s.at(slot), s.lags[slot]
	if b.held {
		return
	}
	for len(b.queue) > 0 {
		u := &b.queue[0]
		n, err := s.write(v.fd, u.bytes)
		if err != nil {
			s.finish(slot, b.leaveReason())
			return
		}
		if n > 0 {
			v.sent, b.moved = s.now, s.now
		}
		if !u.tick {
			b.own -= n
		}
		if n < len(u.bytes) {
			u.bytes, u.begun = u.bytes[n:], u.begun || n > 0
			s.listen(slot)
			return
		}
		if u.tick {
			b.ticks--
		}
		*u = unsent{}
		b.queue = b.queue[1:]
	}
	switch {
	case v.is(flagClosing):
	case b.skips:
		s.fill(slot, b)
	default:
		delete(s.lags, slot)
		v.flags &^= flagLagging
	}
	s.listen(slot)
}

// listen goes on reading from a client, if that was put off and there may be room
// for acks again.
func (s *shard) listen(slot uint32) {
	if s.at(slot).is(flagUnread) {
		s.unread = append(s.unread, slot)
	}
}

// fill has the state of the room made for one who skipped ticks. Those that come
// meanwhile wait behind it.
func (s *shard) fill(slot uint32, b *backlog) {
	v := s.at(slot)
	g, gen, room := b.gap, v.gen, s.fans[v.fan].room
	b.held, b.skips, b.gap = true, false, hub.Gap{}
	s.srv.deps.Hub.Gapped()
	s.crews.openings.add(func() {
		var (
			frame []byte
			err   error
		)
		defer func() {
			broke := s.srv.caught(recover())
			s.do(func() {
				switch v := s.at(slot); {
				case v.gen != gen || v.is(flagClosing):
				case broke:
					s.finish(slot, "left")
				case err != nil:
					s.end(slot, s.srv.stateAway(room.ID, err))
				default:
					s.release(slot, wireText(frame))
				}
			})
		}()
		frame, err = s.srv.gap(room, g)
	})
}

// leaveReason is why somebody with a backlog left.
func (b *backlog) leaveReason() string {
	if b.reason != "" {
		return b.reason
	}
	return "left"
}
