package crowd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// client is one socket of the crowd.
type client struct {
	fd    int32
	state uint8
	gap   bool
	deaf  bool   // joined and never reads again
	seen  uint64 // fold of the must events
	marks int64  // marked messages
	heard Chain  // of them
	rest  []byte // of a frame that is not all there
}

const (
	asking  = iota // the handshake is sent
	opening        // the websocket is open, the client not yet in the room
	watching
	gone
)

// known is a frame that was read before.
type known struct {
	frame   []byte
	content Content
	chain   Chain
}

// Crowd is many clients of one server. It belongs to one goroutine.
type Crowd struct {
	Speech Speech
	// Server is where the sockets go; Source, if valid, the address they come from.
	Server netip.AddrPort
	Source netip.Addr
	// Window is how many handshakes are under way at once.
	Window int
	// Deaf is how many of the clients stop to read once they have joined.
	Deaf int

	poll    int
	clients []client
	recent  [16]known
	turn    int
	buffer  []byte
	tally   Tally
	late    []int64
}

// Join opens n clients and waits until all are in the room.
func (c *Crowd) Join(ctx context.Context, n int) error {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	c.poll, c.clients, c.buffer, c.late = poll, make([]client, n), make([]byte, 1<<20), make([]int64, buckets)
	opened, joined := 0, 0
	for joined < n {
		for opened < n && opened-joined < c.Window {
			if err := c.dial(opened); err != nil {
				return fmt.Errorf("client %d: %w", opened, err)
			}
			opened++
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d of %d clients joined: %w", joined, n, err)
		}
		more, err := c.turnOnce(time.Second)
		if err != nil {
			return err
		}
		joined += more
		if c.tally.Closed > 0 {
			return fmt.Errorf("the server ended a connection while %d of %d clients had joined", joined, n)
		}
	}
	for i := range min(c.Deaf, n) {
		cl := &c.clients[i]
		cl.deaf = true
		if err := unix.EpollCtl(c.poll, unix.EPOLL_CTL_DEL, int(cl.fd), nil); err != nil {
			return fmt.Errorf("make client %d deaf: %w", i, err)
		}
	}
	return nil
}

func (c *Crowd) dial(i int) error {
	family, server := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(c.Server.Port()), Addr: c.Server.Addr().As4()})
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if i < c.Deaf {
		// Little room for what is not read, so that the server feels it soon.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096); err != nil {
			return errors.Join(fmt.Errorf("receive buffer: %w", err), unix.Close(fd))
		}
	}
	if c.Source.IsValid() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return errors.Join(fmt.Errorf("source address: %w", err), unix.Close(fd))
		}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: c.Source.As4()}); err != nil {
			return errors.Join(fmt.Errorf("source address: %w", err), unix.Close(fd))
		}
	}
	// On loopback a blocking connect returns as soon as the kernel has queued it.
	if err := unix.Connect(fd, server); err != nil {
		return errors.Join(fmt.Errorf("connect: %w", err), unix.Close(fd))
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	c.clients[i] = client{fd: int32(fd)}                                                                                        //nolint:gosec // a descriptor.
	if err := unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}); err != nil { //nolint:gosec // an index of the crowd.
		return errors.Join(fmt.Errorf("epoll: %w", err), unix.Close(fd))
	}
	return c.write(&c.clients[i], c.Speech.Request(i))
}

// write sends what is small enough to fit into the socket's buffer.
func (c *Crowd) write(cl *client, b []byte) error {
	if _, err := unix.Write(int(cl.fd), b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Watch reads until ctx ends.
func (c *Crowd) Watch(ctx context.Context) error {
	for ctx.Err() == nil {
		if _, err := c.turnOnce(100 * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// turnOnce waits for sockets that have something and reads them; it returns how
// many clients joined by that.
func (c *Crowd) turnOnce(wait time.Duration) (joined int, err error) {
	var events [512]unix.EpollEvent
	n, err := unix.EpollWait(c.poll, events[:], int(wait.Milliseconds()))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return 0, fmt.Errorf("epoll: %w", err)
	}
	now := time.Now().UnixNano()
	for i := range max(n, 0) {
		cl := &c.clients[events[i].Fd]
		before := cl.state
		if err := c.read(int(events[i].Fd), now); err != nil {
			return joined, err
		}
		if before < watching && cl.state == watching {
			joined++
		}
		if i%64 == 63 {
			now = time.Now().UnixNano()
		}
	}
	return joined, nil
}

// read takes what a socket has.
func (c *Crowd) read(i int, now int64) error {
	cl := &c.clients[i]
	n, err := unix.Read(int(cl.fd), c.buffer)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return nil
	case err != nil || n == 0:
		c.lose(cl)
		return nil
	}
	c.tally.Bytes += int64(n)
	b := c.buffer[:n]
	if len(cl.rest) > 0 {
		cl.rest = append(cl.rest, b...)
		b = cl.rest
	}
	if cl.state == asking {
		head, after, ok := bytes.Cut(b, []byte("\r\n\r\n"))
		if !ok {
			cl.rest = append(cl.rest[:0:0], b...)
			return nil
		}
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
			line, _, _ := bytes.Cut(head, []byte("\r\n"))
			return fmt.Errorf("the server refused a client: %s: %s", line, after)
		}
		cl.state = opening
		if hello := c.Speech.Hello(i); hello != nil {
			if err := c.write(cl, masked(opText, hello)); err != nil {
				return err
			}
		}
		b = after
	}
	for {
		op, payload, rest, err := cut(b)
		if err != nil {
			return err
		}
		if len(rest) == len(b) {
			break
		}
		b = rest
		if err := c.frame(cl, op, payload, now); err != nil {
			return err
		}
		if cl.state == gone {
			return nil
		}
	}
	if len(b) == 0 {
		cl.rest = nil
	} else {
		cl.rest = append(make([]byte, 0, len(b)+1024), b...)
	}
	return nil
}

func (c *Crowd) frame(cl *client, op byte, payload []byte, now int64) error {
	switch op {
	case opPing:
		return c.write(cl, masked(opPong, payload))
	case opClose:
		c.lose(cl)
		return nil
	case opText:
	default:
		return nil
	}
	if cl.state == opening {
		if c.Speech.Joined(payload) {
			cl.state = watching
		}
		return nil
	}
	content, chain := c.content(payload)
	if content.Gap {
		cl.gap = true
		c.tally.Gaps++
	}
	if len(content.Must) > 0 {
		cl.seen = fold(cl.seen, content.Must)
	}
	if len(content.Due) == 0 {
		return nil
	}
	cl.marks += int64(len(content.Due))
	cl.heard = cl.heard.Then(chain)
	c.tally.Frames++
	c.tally.Deliveries += int64(len(content.Due))
	for _, due := range content.Due {
		c.late[min(max(now-due, 0)/int64(step), int64(buckets-1))]++
	}
	return nil
}

// content reads a frame, or recognises it.
func (c *Crowd) content(payload []byte) (*Content, Chain) {
	for i := range c.recent {
		k := &c.recent[(c.turn-i+len(c.recent))%len(c.recent)]
		if len(k.frame) == len(payload) && bytes.Equal(k.frame, payload) {
			return &k.content, k.chain
		}
	}
	c.turn = (c.turn + 1) % len(c.recent)
	k := &c.recent[c.turn]
	k.frame, k.content = append(k.frame[:0], payload...), c.Speech.Read(payload)
	k.chain = ChainOf(k.content.Due)
	return &k.content, k.chain
}

func (c *Crowd) lose(cl *client) {
	if cl.state != gone {
		cl.state = gone
		c.tally.Closed++
		_ = unix.Close(int(cl.fd)) // The server has ended it.
	}
}

// Reset forgets what was counted, except who is there.
func (c *Crowd) Reset() {
	c.tally = Tally{Closed: c.tally.Closed}
	clear(c.late)
	for i := range c.clients {
		cl := &c.clients[i]
		cl.seen, cl.marks, cl.heard, cl.gap = 0, 0, Chain{}, false
	}
}

// Tally is what was counted since the last Reset.
func (c *Crowd) Tally() Tally {
	t := c.tally
	t.Must, t.Late, t.Marks, t.Heard = map[uint64]int{}, map[int]int64{}, map[int64]int{}, map[uint64]int{}
	for i := range c.clients {
		switch cl := &c.clients[i]; {
		case cl.state != watching || cl.deaf:
		default:
			t.Clients++
			if !cl.gap {
				t.Must[cl.seen]++
				t.Marks[cl.marks]++
				t.Heard[cl.heard.Sum()]++
			}
		}
	}
	for i, n := range c.late {
		if n > 0 {
			t.Late[i] = n
		}
	}
	return t
}

// Close ends all connections at once.
func (c *Crowd) Close() {
	for i := range c.clients {
		if cl := &c.clients[i]; cl.fd > 0 && cl.state != gone {
			_ = unix.Close(int(cl.fd)) // The measurement is over.
			cl.state = gone
		}
	}
	_ = unix.Close(c.poll)
}
