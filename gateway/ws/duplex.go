package ws

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/contrib/websocket"

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

// outgoing is how many acks may wait for the writer before the reader waits, and
// with it only the client that does not read its acks.
const outgoing = 64

// duplex carries a connection with two goroutines, one that reads and one that
// writes. It runs wherever Go does, and over TLS. The goroutine of the handler
// is its reader.
type duplex struct {
	conn
	sock   socket
	member *hub.Member

	mu    sync.Mutex
	acks  [][]byte
	moved sync.Cond // acks or closing changed

	news    chan struct{} // there are acks
	wake    chan struct{} // the hub has something
	ending  chan struct{} // closed when the connection is to end
	written chan struct{} // closed when the writer has returned
	closing atomic.Bool   // the closing handshake has begun
	hangs   sync.Once
	bye     *byeFrame // set before ending is closed; nil: the peer is gone
}

// serve is the life of a connection.
func (s *Server) serve(wrapper *websocket.Conn) {
	s.carries(pathPortable, 1)
	defer s.carries(pathPortable, -1)
	a, ok := wrapper.Locals(arrivalKey).(*arrival)
	if !ok {
		panic("BUG: a connection without arrival")
	}
	c := &duplex{
		sock: wrapper.Conn, news: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		ending: make(chan struct{}), written: make(chan struct{}),
	}
	c.moved.L = &c.mu
	c.init(s, a, s.nextLane(), c)

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
	c.entered()
	go c.write(first)
	defer c.end()
	c.read()
}

// end joins the writer and the fact line; only then may the handler return.
func (c *duplex) end() {
	c.hangUp(nil)
	for writing := true; writing; {
		select {
		case <-c.written:
			writing = false
		case <-time.After(c.srv.deps.Timing.Close):
			c.cut() // The writer is stuck in a socket nobody reads.
		}
	}
	reason := "left"
	if c.bye != nil {
		reason = c.bye.Reason
	}
	c.left(reason)
	c.facts.wait()
}

// join makes the hub member and the frames that open the conversation.
func (c *duplex) join() ([][]byte, error) {
	o := c.joinOptions()
	o.Wake = c.signal
	m, j, err := c.srv.deps.Hub.Join(c.room.ID, o)
	if err != nil {
		return nil, err
	}
	c.member = m
	w, missed, err := c.srv.opening(c.arrival, j)
	if err != nil {
		return nil, err
	}
	return append([][]byte{w.encode()}, missed...), nil
}

// refuseJoin ends a connection that was upgraded but cannot join.
func (c *duplex) refuseJoin(err error) {
	bye := c.srv.joinRefused(c.room.ID, err)
	c.sayBye(&bye)
	c.drain()
}

// signal tells the writer that the hub has something. It never blocks. A
// shutdown does not wait for the writer, which may be stuck.
func (c *duplex) signal() {
	if c.srv.deps.Hub.Closing() {
		bye := c.srv.goingAway()
		c.hangUp(&bye)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// send hands an ack to the writer, or drops it if the writer is gone.
func (c *duplex) send(frame []byte) {
	c.mu.Lock()
	c.acks = append(c.acks, frame)
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// takeAcks takes the acks that wait and lets the reader go on.
func (c *duplex) takeAcks() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	acks := c.acks
	c.acks = nil
	c.moved.Broadcast()
	return acks
}

// rest holds the reader up while too many acks wait for a client that does not
// read them.
func (c *duplex) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.acks) >= outgoing && !c.ended() {
		c.moved.Wait()
	}
}

// hangUp makes the connection end, with a bye unless it is nil. The first call
// counts; the handler makes one before it returns, so that a later one never
// touches a socket that is another client's by then.
func (c *duplex) hangUp(bye *byeFrame) {
	c.hangs.Do(func() {
		c.bye = bye
		c.closing.Store(true)
		close(c.ending)
		c.mu.Lock()
		c.moved.Broadcast()
		c.mu.Unlock()
		c.readFor(2 * c.srv.deps.Timing.Close) // Time for the writer to say bye, and for the peer to answer.
	})
}

func (c *duplex) ended() bool { return c.closing.Load() }
