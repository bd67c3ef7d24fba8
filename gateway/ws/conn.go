package ws

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/contrib/websocket"

	"showrunner/live"
	"showrunner/live/hub"
)

// socket is what we use of the websocket under contrib's wrapper. The wrapper
// itself is handed to another client once the handler returns; this is not.
type socket interface {
	NextReader() (kind int, r io.Reader, err error)
	WriteMessage(kind int, data []byte) error
	WriteControl(kind int, data []byte, deadline time.Time) error
	SetWriteDeadline(t time.Time) error
	SetPongHandler(h func(string) error)
	NetConn() net.Conn
}

// outgoing bounds the acks that wait for the writer; then the reader waits, and
// with it only the client that does not read its acks.
const outgoing = 64

// conn is one connection. The goroutine of the handler is its reader.
type conn struct {
	*arrival
	srv    *Server
	sock   socket
	member *hub.Member
	limits limiter
	facts  factLine
	beat   time.Time // of the last heartbeat or the join; belongs to the reader

	out     chan []byte   // acks
	wake    chan struct{} // the hub has something
	ending  chan struct{} // closed when the connection is to end
	written chan struct{} // closed when the writer has returned
	closing atomic.Bool   // the closing handshake has begun
	hangs   sync.Once
	bye     *byeFrame // set before ending is closed; nil: the peer is gone
}

// serve is the life of a connection.
func (s *Server) serve(wrapper *websocket.Conn) {
	s.metrics.connections.Inc()
	defer s.metrics.connections.Dec()
	a, ok := wrapper.Locals(arrivalKey).(*arrival)
	if !ok {
		panic("BUG: a connection without arrival")
	}
	c := &conn{
		arrival: a, srv: s, sock: wrapper.Conn, beat: s.now(),
		out: make(chan []byte, outgoing), wake: make(chan struct{}, 1),
		ending: make(chan struct{}), written: make(chan struct{}),
	}
	c.facts.init(c)

	defer func() { // Last of all: hub.Shutdown waits for it.
		c.hangUp(nil)
		if c.member != nil {
			c.member.Leave()
		}
	}()
	first, err := c.join()
	if err != nil {
		close(c.written)
		c.refuseJoin(err)
		return
	}
	if c.counted() {
		data := json.RawMessage(`{"resumed":false}`)
		if c.returns {
			data = json.RawMessage(`{"resumed":true}`)
		}
		c.facts.push(fact{event: c.own(live.RoomEntered, data), door: live.FromSystem})
	}
	go c.write(first)
	defer c.end()
	c.read()
}

// end joins the writer and the fact line; only then may the handler return.
func (c *conn) end() {
	c.hangUp(nil)
	for writing := true; writing; {
		select {
		case <-c.written:
			writing = false
		case <-time.After(c.srv.deps.Timing.Close):
			c.cut() // The writer is stuck in a socket nobody reads.
		}
	}
	if c.counted() {
		reason := "left"
		if c.bye != nil {
			reason = c.bye.Reason
		}
		c.facts.push(fact{event: c.own(live.RoomLeft, encode(map[string]string{"reason": reason})), door: live.FromSystem})
	}
	c.facts.wait()
}

// counted reports whether the connection is a viewer's: staff are not viewers.
func (c *conn) counted() bool { return c.who.Role == live.RoleViewer }

// person is whom the connection's facts are about.
func (c *conn) person() live.PersonID { return live.PersonID(c.who.Subject) }

// join makes the hub member and the frames that open the conversation: the
// welcome, and what a returning client missed.
func (c *conn) join() ([][]byte, error) {
	o := hub.JoinOptions{Class: c.class, Wake: c.signal}
	if c.counted() {
		o.Person = c.person()
	}
	if c.returns && c.known {
		o.Since, o.HasSince = c.since, true
	}
	h := c.srv.deps.Hub
	m, j, err := h.Join(c.room.ID, o)
	if err != nil {
		return nil, err
	}
	c.member = m
	ctx, cancel := c.srv.deadline()
	defer cancel()
	if j.TooOld && c.srv.deps.History != nil {
		j.Messages, j.Recovered = c.srv.deps.History.Range(ctx, c.room.ID, c.since, j.Offset)
	}
	room, err := c.srv.states.get(ctx, c.room.ID)
	if err != nil {
		return nil, err
	}
	w := welcomeFrame{
		Type: "welcome", SessionID: c.srv.deps.NewID(), Role: c.who.Role,
		Epoch: h.Epoch(), Offset: j.Offset, Room: room, Recovered: j.Recovered,
	}
	var missed [][]byte
	if j.Recovered {
		// The client stands where it was until the frames that follow have moved it.
		if missed = h.Encode(c.class, o.Person, j.Messages, j.Offset); len(missed) > 0 {
			w.Offset = c.since
		}
	}
	return append([][]byte{encode(w)}, missed...), nil
}

// refuseJoin ends a connection that was upgraded but cannot join.
func (c *conn) refuseJoin(err error) {
	bye := c.goingAway()
	if !errors.Is(err, hub.ErrClosed) {
		e, known := refusal(err)
		if !known {
			c.srv.deps.Logger.Error("joining a room", "room_id", c.room.ID, "error", err)
		}
		bye = newBye(CloseCodeOf(e), e.Code)
	}
	c.sayBye(&bye)
	c.drain()
}

// goingAway is the bye of a shutdown, with the client's own wait.
func (c *conn) goingAway() byeFrame {
	bye := newBye(CloseGoingAway, "going_away")
	bye.RetryAfterMS = rand.Int64N(c.srv.deps.Timing.Spread.Milliseconds() + 1)
	return bye
}

// signal tells the writer that the hub has something. It never blocks. A
// shutdown does not wait for the writer, which may be stuck.
func (c *conn) signal() {
	if c.srv.deps.Hub.Closing() {
		bye := c.goingAway()
		c.hangUp(&bye)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// send hands a frame to the writer, or drops it if the writer is gone.
func (c *conn) send(frame []byte) {
	select {
	case c.out <- frame:
	case <-c.written:
	}
}

// hangUp makes the connection end, with a bye unless it is nil. The first call
// counts; the handler makes one before it returns, so that a later one never
// touches a socket that is another client's by then.
func (c *conn) hangUp(bye *byeFrame) {
	c.hangs.Do(func() {
		c.bye = bye
		c.closing.Store(true)
		close(c.ending)
		c.readFor(2 * c.srv.deps.Timing.Close) // Time for the writer to say bye, and for the peer to answer.
	})
}

// deadline is the context of one piece of domain work: fiber's own would never end.
func (s *Server) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.deps.Timing.Request)
}

func (s *Server) readState(ctx context.Context, id live.RoomID) (json.RawMessage, error) {
	st, err := s.deps.Store.RoomState(ctx, id)
	if err != nil {
		return nil, err
	}
	return encodeRoom(st, s.deps.Hub.Online(id)), nil
}
