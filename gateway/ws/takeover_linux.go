package ws

import (
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sys/unix"

	"showrunner/live/hub"
)

// sendBuffer bounds what the kernel keeps for a viewer who does not read, in
// bytes; it grows to megabytes on its own. The kernel doubles it for its own
// needs. A frame of a busy room has some ten thousand bytes.
const sendBuffer = 64 << 10

// takeover takes viewers' sockets out of fasthttp, which would hold two
// goroutines and some twenty kilobytes for each, onto shards.
type takeover struct {
	srv    *Server
	shards []*shard
	next   atomic.Uint32
}

func newTakeover(s *Server) taker {
	t := &takeover{srv: s}
	c := newCrews()
	for range runtime.GOMAXPROCS(0) {
		t.shards = append(t.shards, newShard(s, c))
	}
	return t
}

// take takes the socket over with the answer to its handshake, which goes out in
// one send with the welcome. It reports false if this is none for a shard: a
// panel's, or not plain TCP.
func (t *takeover) take(c *fiber.Ctx, a *arrival) (taken bool, err error) {
	socket, plain := c.Context().Conn().(*net.TCPConn)
	if !plain || a.class != hub.ClassViewer {
		return false, nil
	}
	deflates := !t.srv.deps.Plain && offersDeflate(c.Get("Sec-WebSocket-Extensions"))
	answer, err := shakeHands(c, deflates)
	if err != nil {
		return true, err
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(hijacked net.Conn) {
		// When this returns fasthttp closes its descriptor. Ours is another one of
		// the same socket, which stays open.
		early := buffered(hijacked)
		fd, err := descriptor(socket, t.srv.deps.Timing.Write)
		if err != nil {
			t.srv.deps.Logger.Error("taking a socket over", "error", err)
			return
		}
		s := t.shards[t.next.Add(1)%uint32(len(t.shards))] //nolint:gosec // a few.
		s.do(func() { s.admit(newcomer{arrival: a, fd: fd, answer: answer, early: early, deflates: deflates}) })
	})
	return true, nil
}

// buffered is what fasthttp read from the client beyond the handshake. Nothing
// may be read through its connection later: its reader goes to another client.
func buffered(hijacked net.Conn) (early []byte) {
	// With a deadline in the past only the buffer is read.
	if err := hijacked.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil // The peer is gone; the shard will find out.
	}
	var part [512]byte // On the heap: mostly there is nothing to read.
	for {
		n, err := hijacked.Read(part[:])
		early = append(early, part[:n]...)
		if err != nil {
			return early
		}
	}
}

// descriptor is a descriptor of the socket that is ours alone.
func descriptor(c *net.TCPConn, unacknowledged time.Duration) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fault error
	err = raw.Control(func(theirs uintptr) {
		fd, fault = unix.FcntlInt(theirs, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = fault
	}
	if err != nil {
		return 0, err
	}
	for _, o := range []struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer},
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledged.Milliseconds())},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			_ = unix.Close(fd) // It was never used.
			return 0, err
		}
	}
	return fd, nil
}
