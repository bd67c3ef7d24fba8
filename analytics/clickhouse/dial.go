package clickhouse

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// dialer connects over the native protocol such that a connection never is reset
// from this side. The engine as a library does not survive a reset: the exception of
// the connection that reads it is caught by nobody, and the process aborts (26.7). A
// question that is given up, or refused while others of the same show are under way,
// would cost every merchant the engine for the seconds until it runs again.
type dialer struct {
	net.Dialer
}

// DialContext connects.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect to clickhouse: %w", err)
	}
	if plain, ok := c.(*net.TCPConn); ok {
		return &parting{TCPConn: plain}, nil
	}
	return c, nil
}

// dial is the [dialer]'s function for the client of questions, and nil, the client's
// own way, for what is encrypted: no library listens there.
func dial(patience time.Duration, secure *tls.Config) func(context.Context, string) (net.Conn, error) {
	if secure != nil {
		return nil
	}
	d := dialer{net.Dialer{Timeout: patience}}
	return func(ctx context.Context, address string) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) }
}

// drainPatience is how long a closed connection waits for the other side to close
// too. It is longer than any question may take that was not told to end.
const drainPatience = 2 * readSeconds * time.Second

// parting is a connection that says that it will send no more when it is closed, and
// goes on taking what is still sent, which is thrown away, until the other side
// closes as well: closing at once would answer what is on its way with a reset.
type parting struct {
	*net.TCPConn

	reading sync.Mutex // held by whoever reads

	mu     sync.Mutex // guards closed and the deadlines
	closed bool
}

// Read reads, and fails once the connection was closed.
func (c *parting) Read(p []byte) (int, error) {
	if c.isClosed() { // What is drained is nobody's.
		return 0, net.ErrClosed
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.isClosed() {
		return 0, net.ErrClosed
	}
	n, err := c.TCPConn.Read(p)
	if err != nil && c.isClosed() {
		err = net.ErrClosed
	}
	return n, err //nolint:wrapcheck // io.EOF has to stay what it is.
}

func (c *parting) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Close ends reads and writes under way and parts from the other side, which takes
// place later if that still sends.
func (c *parting) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	past := time.Unix(1, 0)
	if c.TCPConn.SetDeadline(past) != nil || c.CloseWrite() != nil {
		return c.TCPConn.Close() //nolint:wrapcheck // as if it had been called
	}
	go c.drain()
	return nil
}

// drain takes what is still on its way.
func (c *parting) drain() {
	c.reading.Lock() // Whoever was reading when the connection was closed has gone.
	defer c.reading.Unlock()
	defer func() { _ = c.TCPConn.Close() }()
	defer time.AfterFunc(drainPatience, func() { _ = c.TCPConn.Close() }).Stop()
	if c.TCPConn.SetReadDeadline(time.Time{}) == nil {
		_, _ = io.Copy(io.Discard, c.TCPConn) // Nobody waits for it any more.
	}
}

// SetDeadline sets the deadline of reads and writes, unless the connection was closed.
func (c *parting) SetDeadline(t time.Time) error { return c.unlessClosed(c.TCPConn.SetDeadline, t) }

// SetReadDeadline sets the deadline of reads, unless the connection was closed.
func (c *parting) SetReadDeadline(t time.Time) error {
	return c.unlessClosed(c.TCPConn.SetReadDeadline, t)
}

// SetWriteDeadline sets the deadline of writes, unless the connection was closed.
func (c *parting) SetWriteDeadline(t time.Time) error {
	return c.unlessClosed(c.TCPConn.SetWriteDeadline, t)
}

func (c *parting) unlessClosed(set func(time.Time) error, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return set(t)
}
