package ws

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/gofiber/contrib/websocket"

	"showrunner/live"
)

// write is the only goroutine that writes data frames. It returns when the
// connection ends or the socket breaks.
func (c *duplex) write(first [][]byte) {
	defer close(c.written)
	for _, f := range first {
		if !c.put(f) {
			return
		}
	}
	// The first ping comes at a random moment of the interval, so that those
	// who joined together are not all pinged together.
	interval := c.srv.deps.Timing.Ping
	ping := time.NewTimer(rand.N(interval) + 1)
	defer ping.Stop()
	var expired <-chan time.Time
	if !c.who.Expires.IsZero() {
		t := time.NewTimer(c.who.Expires.Sub(c.srv.deps.Now()))
		defer t.Stop()
		expired = t.C
	}
	ok := true
	for ok {
		select {
		case <-c.news:
			ok = c.flush()
		case <-c.wake:
			ok = c.deliver()
		case <-ping.C:
			ok = c.control(websocket.PingMessage, nil)
			ping.Reset(interval)
		case <-expired:
			bye := newBye(CloseUnauthenticated, "token_expired")
			c.hangUp(&bye)
			expired = nil
		case <-c.ending:
			c.flush()
			if c.bye != nil {
				c.sayBye(c.bye)
			}
			return
		}
	}
}

// deliver sends one thing the hub has, and asks to be woken for the next, so
// that acks get their turn however much there is to deliver.
func (c *duplex) deliver() bool {
	d, ok := c.member.Next()
	if !ok {
		return true
	}
	c.signal()
	switch {
	case d.Bye:
		bye := c.srv.goingAway()
		c.hangUp(&bye)
	case d.Expelled != "":
		bye := newBye(byeCodes[d.Expelled], d.Expelled)
		c.hangUp(&bye)
	case d.Gap != nil:
		f, err := c.srv.gap(c.room, *d.Gap)
		if err != nil {
			c.hangUp(c.srv.stateAway(c.room.ID, err))
			return true
		}
		return c.put(f)
	default:
		for _, f := range d.Frames {
			if !c.put(f) {
				return false
			}
		}
	}
	return true
}

// put writes one frame. If the socket does not take it in time, the connection
// is broken and the reader is ended with it.
func (c *duplex) put(frame []byte) bool {
	limit := c.srv.deps.Timing.Write
	select {
	case <-c.ending:
		limit = c.srv.deps.Timing.Close
	default:
	}
	err := c.sock.SetWriteDeadline(time.Now().Add(limit)) //nolint:forbidigo // a socket deadline is real time.
	if err == nil {
		err = c.sock.WriteMessage(websocket.TextMessage, frame)
	}
	return c.alive(err)
}

func (c *duplex) control(kind int, payload []byte) bool {
	deadline := time.Now().Add(c.srv.deps.Timing.Write) //nolint:forbidigo // a socket deadline is real time.
	return c.alive(c.sock.WriteControl(kind, payload, deadline))
}

// alive reports whether the socket still takes frames; a write error is a
// client that went away, which is no fault of ours and not logged.
func (c *duplex) alive(err error) bool {
	if err != nil {
		c.hangUp(nil)
		c.cut()
	}
	return err == nil
}

// cut ends whatever the socket is waiting for. Its deadline is in the past from
// now on; closing it is the server's business after the handler has returned,
// and fasthttp makes it a no-op before.
func (c *duplex) cut() {
	_ = c.sock.NetConn().SetDeadline(time.Unix(1, 0)) // It fails on a closed socket only.
}

// flush writes the acks that are ready.
func (c *duplex) flush() bool {
	for _, f := range c.takeAcks() {
		if !c.put(f) {
			return false
		}
	}
	return true
}

// sayBye writes the bye and the close frame and gives the peer a moment to
// answer: closing at once would reset the connection and could take the bye
// with it.
func (c *duplex) sayBye(bye *byeFrame) {
	c.srv.metrics.byes.WithLabelValues(strconv.Itoa(int(bye.Code))).Inc()
	if c.put(encode(bye)) {
		c.control(websocket.CloseMessage, websocket.FormatCloseMessage(int(bye.Code), bye.Reason))
	}
	c.readFor(c.srv.deps.Timing.Close)
}

// readFor bounds how long the reader waits for the next frame.
func (c *duplex) readFor(d time.Duration) {
	_ = c.sock.NetConn().SetReadDeadline(time.Now().Add(d)) //nolint:forbidigo // a socket deadline is real time; it fails on a closed socket only.
}

// byeFor is the bye that a refusal ends a connection with.
func byeFor(e *live.Error) *byeFrame {
	bye := newBye(CloseCodeOf(e), e.Code)
	bye.RetryAfterMS = milliseconds(e.RetryAfter)
	return &bye
}

// stateAway is the bye of a client whose gap cannot be filled.
func (s *Server) stateAway(room live.RoomID, err error) *byeFrame {
	s.deps.Logger.Error("reading the state of a room for a gap", "room_id", room, "error", err)
	bye := newBye(CloseUnavailable, "state_unavailable")
	return &bye
}
