package ws

import (
	"errors"
	"io"
	"net"

	"github.com/gofiber/contrib/websocket"

	"showrunner/live"
)

// read carries out what the client sends until the connection ends.
func (c *duplex) read() {
	c.sock.SetPongHandler(func(string) error {
		c.extend()
		return nil
	})
	c.extend()
	for {
		c.rest()
		kind, r, err := c.sock.NextReader()
		var raw []byte
		if err == nil {
			// Never more than the limit is kept, however large the message says
			// it is. The library's own limit would close the socket with 1009
			// before we could say bye.
			raw, err = io.ReadAll(io.LimitReader(r, MaxFrame+1))
		}
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				bye := newBye(CloseIdle, "idle")
				c.hangUp(&bye)
			}
			return
		}
		c.extend()
		switch {
		case c.closing.Load():
		case len(raw) > MaxFrame:
			c.hangUp(byeFor(live.TooLarge("frame_too_large", "", "a frame has at most %d bytes", MaxFrame)))
		case kind != websocket.TextMessage:
			c.hangUp(byeFor(live.Invalid("binary_frame", "", "frames are JSON text")))
		default:
			c.handle(raw)
		}
	}
}

// drain reads the peer's last words until it closes or its time is over.
func (c *duplex) drain() {
	for {
		if _, _, err := c.sock.NextReader(); err != nil {
			return
		}
	}
}

// extend gives the client until the next sign of life. Once the connection is
// closing the shorter deadline holds, whoever of reader and writer comes last.
func (c *duplex) extend() {
	c.readFor(c.srv.deps.Timing.Idle)
	if c.closing.Load() {
		c.readFor(c.srv.deps.Timing.Close)
	}
}
