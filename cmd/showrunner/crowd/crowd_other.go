//go:build !linux

package crowd

import (
	"context"
	"errors"
	"net/netip"
)

// Crowd needs epoll.
type Crowd struct {
	Speech       Speech
	Server       netip.AddrPort
	Source       netip.Addr
	Window, Deaf int
}

var errLinux = errors.New("a crowd of clients needs Linux")

// Join refuses.
func (c *Crowd) Join(context.Context, int) error { return errLinux }

// Watch refuses.
func (c *Crowd) Watch(context.Context) error { return errLinux }

// Reset does nothing.
func (c *Crowd) Reset() {}

// Tally is empty.
func (c *Crowd) Tally() Tally { return Tally{} }

// Close does nothing.
func (c *Crowd) Close() {}
