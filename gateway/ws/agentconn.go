package ws

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gofiber/contrib/websocket"

	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// agentConn is one connection of an agent. The goroutine of the handler reads and
// carries out; another writes acks and, whenever the desk has news, the turns that
// concern the agent, read from the desk's own list: what was not written to this
// socket is asked for by the next with since.
type agentConn struct {
	*agentArrival
	srv    *Server
	sock   socket
	limits limiter
	acks   chan []byte
	ending chan struct{} // closed by the reader
	done   chan struct{} // closed by the writer
	bye    chan byeFrame // what the reader has to say at the end
}

// agentTurns is how many turns are read at a time.
const agentTurns = 200

// serveAgent is the life of a connection.
func (s *Server) serveAgent(wrapper *websocket.Conn) {
	a, ok := wrapper.Locals(agentKey).(*agentArrival)
	if !ok {
		panic("BUG: a connection without an agent")
	}
	c := &agentConn{
		agentArrival: a, srv: s, sock: wrapper.Conn, acks: make(chan []byte, outgoing), ending: make(chan struct{}), done: make(chan struct{}), bye: make(chan byeFrame, 1),
	}
	name := agentName{a.reader.Merchant, a.reader.By.Subject}
	if !s.agents.enter(name) {
		c.sayBye(s.goingAway())
		return
	}
	defer s.agents.running.Done()
	s.carries(pathAgent, 1)
	defer s.carries(pathAgent, -1)
	defer c.depart(name)
	news, stop := s.deps.Desk.Watch(a.reader.Merchant)
	defer stop()
	ctx, cancel := s.deadline()
	me, err := s.deps.Desk.Arrive(ctx, a.reader.Merchant, a.reader.By, a.state)
	cancel()
	if err != nil {
		c.sayBye(s.agentBye(err))
		return
	}
	go c.write(me, news)
	c.read()
	close(c.ending)
	for writing := true; writing; {
		select {
		case <-c.done:
			writing = false
		case <-time.After(s.deps.Timing.Close):
			c.cut() // The writer is stuck in a socket nobody reads.
		}
	}
}

// depart tells the desk that the agent is gone, unless they have another tab here.
func (c *agentConn) depart(name agentName) {
	if !c.srv.agents.leave(name) {
		return
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	if err := c.srv.deps.Desk.Depart(ctx, name.merchant, c.reader.By); err != nil {
		c.srv.deps.Logger.Warn("an agent who left is still taken to be there for a moment", "error", err)
	}
}

// agentBye is the bye of a connection that the desk refuses.
func (s *Server) agentBye(err error) byeFrame {
	e, known := refusal(err)
	if !known {
		s.deps.Logger.Error("serving an agent", "error", err)
	}
	return newBye(CloseCodeOf(e), e.Code)
}

// read carries out what the agent sends until the connection ends.
func (c *agentConn) read() {
	c.sock.SetPongHandler(func(string) error {
		c.extend()
		return nil
	})
	c.extend()
	for {
		kind, r, err := c.sock.NextReader()
		var raw []byte
		if err == nil {
			raw, err = io.ReadAll(io.LimitReader(r, MaxFrame+1))
		}
		if err != nil {
			if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
				c.end(newBye(CloseIdle, "idle"))
			}
			return
		}
		c.extend()
		switch {
		case len(raw) > MaxFrame:
			c.end(*byeFor(live.TooLarge("frame_too_large", "", "a frame has at most %d bytes", MaxFrame)))
			return
		case kind != websocket.TextMessage:
			c.end(*byeFor(live.Invalid("binary_frame", "", "frames are JSON text")))
			return
		}
		if !c.handle(raw) {
			return
		}
	}
}

// handle carries out one frame and answers it. It reports false for one that ended
// the connection.
func (c *agentConn) handle(raw []byte) bool {
	now := c.srv.now()
	if ok, wait := c.limits.take(c.srv.paces, classFlood, now); !ok {
		c.end(*byeFor(live.RateLimited(wait, "far too many frames")))
		return false
	}
	within, wait := c.limits.take(c.srv.paces, classAll, now)
	q, bad := decode(raw)
	var answer any
	var err error
	switch {
	case !within:
		err = live.RateLimited(wait, "too many frames")
	case bad != nil:
		err = bad
	default:
		answer, err = c.command(q)
	}
	if err == nil {
		c.srv.metrics.requests.WithLabelValues("agent_"+q.Type, "ok").Inc()
		return c.ack(ackOK(q.ID, answer))
	}
	e, known := refusal(err)
	if !known {
		c.srv.deps.Logger.Error("serving an agent's frame", "error", err)
	}
	c.srv.metrics.requests.WithLabelValues("agent", e.Code).Inc()
	return c.ack(ackRefused(q.ID, e))
}

// ack hands an answer to the writer; who does not read their answers is not read.
func (c *agentConn) ack(frame []byte) bool {
	select {
	case c.acks <- frame:
		return true
	case <-c.done:
		return false
	}
}

// end leaves a bye for the writer; the first counts.
func (c *agentConn) end(bye byeFrame) {
	select {
	case c.bye <- bye:
	default:
	}
}

// write is the only goroutine that writes data frames.
func (c *agentConn) write(me desk.Agent, news <-chan struct{}) {
	defer close(c.done)
	defer c.cutReader()
	ping, look, heard := time.NewTicker(c.srv.deps.Timing.Ping), time.NewTicker(agentPoll), time.NewTicker(desk.HeardEvery)
	defer ping.Stop()
	defer look.Stop()
	defer heard.Stop()
	var expired <-chan time.Time
	if at := c.reader.By.Expires; !at.IsZero() {
		t := time.NewTimer(at.Sub(c.srv.deps.Now()))
		defer t.Stop()
		expired = t.C
	}
	after, err := c.open(me)
	for err == nil {
		select {
		case frame := <-c.acks:
			err = c.put(frame)
		case <-news:
			err = c.turns(&after)
		case <-look.C:
			err = c.turns(&after)
		case <-heard.C:
			err = c.stay()
		case <-ping.C:
			err = c.sock.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.srv.deps.Timing.Write)) //nolint:forbidigo // a socket deadline is real time.
		case <-expired:
			err = &endAgent{newBye(CloseUnauthenticated, "token_expired")}
		case <-c.srv.agents.closing:
			err = &endAgent{c.srv.goingAway()}
		case <-c.ending:
			for len(c.acks) > 0 && err == nil {
				err = c.put(<-c.acks)
			}
			select {
			case bye := <-c.bye:
				c.sayBye(bye)
			default:
			}
			return
		}
	}
	if end, ok := errors.AsType[*endAgent](err); ok {
		c.sayBye(end.bye)
	}
}

// endAgent ends the writer with a bye; every other error is a socket that is gone.
type endAgent struct{ bye byeFrame }

func (e *endAgent) Error() string { return e.bye.Reason }

// open says welcome, and how things stand unless what was missed can be told.
func (c *agentConn) open(me desk.Agent) (after int64, err error) {
	if c.returns {
		ctx, cancel := c.srv.deadline()
		_, _, complete, err := c.srv.deps.Desk.Turns(ctx, c.reader, c.since, 1)
		cancel()
		if err != nil {
			return 0, c.broken(err)
		}
		if complete {
			if err := c.put(encode(agentWelcome{Type: "welcome", Agent: agentOf(me), N: c.since, Recovered: true})); err != nil {
				return 0, err
			}
			after = c.since
			return after, c.turns(&after)
		}
	}
	return c.whole(me)
}

// whole sends the welcome with all there is.
func (c *agentConn) whole(me desk.Agent) (int64, error) {
	ctx, cancel := c.srv.deadline()
	defer cancel()
	mine, offered, head, err := c.srv.deps.Desk.Mine(ctx, c.reader)
	if err != nil {
		return 0, c.broken(err)
	}
	w := agentWelcome{Type: "welcome", Agent: agentOf(me), N: head, Sessions: []any{}, Queue: []any{}}
	for _, s := range mine {
		w.Sessions = append(w.Sessions, c.srv.deps.ServiceWire.Session(s))
	}
	for _, s := range offered {
		w.Queue = append(w.Queue, c.srv.deps.ServiceWire.Session(s))
	}
	return head, c.put(encode(w))
}

// turns writes what happened since.
func (c *agentConn) turns(after *int64) error {
	for {
		ctx, cancel := c.srv.deadline()
		list, next, complete, err := c.srv.deps.Desk.Turns(ctx, c.reader, *after, agentTurns)
		cancel()
		if err != nil {
			return c.broken(err)
		}
		if !complete {
			ctx, cancel := c.srv.deadline()
			me, err := c.srv.deps.Desk.Arrive(ctx, c.reader.Merchant, c.reader.By, "")
			cancel()
			if err == nil {
				*after, err = c.whole(me)
			}
			return err
		}
		for i := range list {
			if err := c.put(c.frame(&list[i])); err != nil {
				return err
			}
		}
		if next == *after {
			return nil
		}
		*after = next
	}
}

// stay tells the desk that the agent is still there.
func (c *agentConn) stay() error {
	ctx, cancel := c.srv.deadline()
	defer cancel()
	_, err := c.srv.deps.Desk.Arrive(ctx, c.reader.Merchant, c.reader.By, "")
	if e, known := refusal(err); err != nil && known {
		return &endAgent{newBye(CloseCodeOf(e), e.Code)}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		c.srv.deps.Logger.Warn("the desk was not told that an agent is there", "error", err)
	}
	return nil
}

// broken ends a connection whose turns cannot be read: they are there for the next.
func (c *agentConn) broken(err error) error {
	c.srv.deps.Logger.Error("reading the turns of an agent", "error", err)
	return &endAgent{newBye(CloseUnavailable, "state_unavailable")}
}
