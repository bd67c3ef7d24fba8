package ws

import (
	"strconv"
	"time"
)

// scanEvery is how often all sockets are looked at. That is reading numbers: ten
// thousand sockets take less than a millisecond.
func (s *shard) scanEvery() time.Duration {
	t := &s.srv.deps.Timing
	return min(max(min(t.Ping, t.Idle, t.Write)/16, 10*time.Millisecond), time.Second)
}

// sweepEvery is how often those that are being closed are looked at.
func (s *shard) sweepEvery() time.Duration {
	return min(max(s.srv.deps.Timing.Close/8, 10*time.Millisecond), s.scanEvery())
}

// timers ends what took too long, and pings who heard nothing for a while.
func (s *shard) timers() {
	if len(s.closing) > 0 && s.now-s.swept >= int64(s.sweepEvery()) {
		s.swept = s.now
		for slot := range s.closing {
			if s.now > s.at(slot).until {
				s.finish(slot, s.reason(slot))
			}
		}
	}
	if s.now-s.scanned < int64(s.scanEvery()) {
		return
	}
	s.scanned = s.now
	clock := s.srv.deps.Now().UnixMilli()
	for slot := range s.size() {
		if v := s.at(slot); v.is(flagUsed) && !v.is(flagClosing) {
			s.inspect(slot, v, clock)
		}
	}
}

// inspect looks at one socket.
func (s *shard) inspect(slot uint32, v *viewer, clock int64) {
	t := &s.srv.deps.Timing
	switch {
	case v.expires != 0 && clock >= v.expires:
		bye := newBye(CloseUnauthenticated, "token_expired")
		s.end(slot, &bye)
	case v.is(flagLagging):
		// One who takes nothing is beyond a bye.
		if b := s.lags[slot]; !b.held && s.now-b.moved > int64(t.Write) {
			s.finish(slot, "left")
		}
	case v.asked != 0 && s.now-v.asked > int64(max(t.Idle-t.Ping, 0)):
		bye := newBye(CloseIdle, "idle")
		s.end(slot, &bye)
	case s.now-v.sent >= int64(t.Ping):
		// Whoever takes frames is there: the kernel cuts one whose frames are not
		// acknowledged, and one who does not read them lags.
		if v.asked == 0 {
			v.asked = s.now
		}
		s.reply(slot, pingFrame)
	}
}

var pingFrame = appendFrame(nil, opPing, nil)

// end says bye and closes.
func (s *shard) end(slot uint32, bye *byeFrame) {
	if s.at(slot).is(flagClosing) {
		return
	}
	s.srv.metrics.byes.WithLabelValues(strconv.Itoa(int(bye.Code))).Inc()
	s.part(slot, bye.Reason, append(wireText(encode(bye)), wireClose(int(bye.Code), bye.Reason)...))
}

// part begins the closing handshake: the acks that are ready, the last words,
// then some time for the peer to answer. Closing at once would reset the
// connection and could take the bye with it.
func (s *shard) part(slot uint32, reason string, last []byte) {
	v := s.at(slot)
	if v.is(flagClosing) {
		return
	}
	v.flags |= flagClosing
	v.until = s.now + 2*int64(s.srv.deps.Timing.Close)
	s.closing[slot] = struct{}{}
	if g := s.guests[slot]; g != nil {
		g.mute()
	}
	b := s.lag(slot)
	var kept []unsent
	if b.answer != nil { // The bye is a websocket frame.
		kept, b.answer = append(kept, unsent{bytes: b.answer}), nil
	}
	for _, u := range b.queue {
		if u.begun || !u.tick {
			kept = append(kept, u)
		}
	}
	b.queue, b.held, b.skips, b.reason = append(kept, unsent{bytes: last}), false, false, reason
	gen := v.gen
	if s.drain(slot); v.gen == gen {
		s.watch(slot)
	}
}
