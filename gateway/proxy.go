package gateway

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"showrunner/gateway/api"
)

// proxies are the networks of reverse proxies whose word is taken on where a
// client is. Each proxy on the way appends the address it was called from to
// X-Forwarded-For, so what stands right of the last proxy of ours was seen by
// one of ours, and what stands left of it is whatever the client wrote.
type proxies struct{ trusted []netip.Prefix }

// ParseProxy reads a network of trusted proxies: a CIDR, or a single address.
// A network of all addresses is refused: then every client could write its own.
func ParseProxy(text string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(text); err == nil && at.Zone() == "" {
		at = at.Unmap()
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network such as 10.0.0.0/8", text)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%q mixes networks of IPv4 and IPv6", text)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("%q is every address: then each client could say that it is somebody else", text)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits beyond its mask; %s is meant, or one address", text, p.Masked())
	}
	return p, nil
}

func (p proxies) has(at netip.Addr) bool {
	return slices.ContainsFunc(p.trusted, func(n netip.Prefix) bool { return n.Contains(at) })
}

// middleware makes c.IP() the address of the client and not of the proxy, for
// limits and the log. Without trusted proxies the header is not even read.
func (p proxies) middleware(c *fiber.Ctx) error {
	if len(p.trusted) == 0 {
		return c.Next()
	}
	// The connection's own address, and not RemoteAddr of the request: a proxy
	// sends the requests of many clients over one connection.
	peer, ok := addressOf(c.Context().Conn().RemoteAddr())
	if !ok {
		return c.Next()
	}
	client := peer
	if p.has(peer) {
		var err error
		if client, err = p.client(peer, c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)); err != nil {
			return err
		}
	}
	c.Context().SetRemoteAddr(&net.TCPAddr{IP: client.AsSlice()})
	return c.Next()
}

// client is the right-most address that is no proxy of ours, or the left-most
// one where all are. What stands left of it is not read: the client wrote it.
// A hop that has to be read and cannot be is an error of a proxy of ours, and
// no reason to guess.
func (p proxies) client(peer netip.Addr, headers [][]byte) (netip.Addr, error) {
	client := peer
	for _, header := range slices.Backward(headers) {
		for _, hop := range slices.Backward(strings.Split(string(header), ",")) {
			at, err := parseHop(strings.TrimSpace(hop))
			if err != nil {
				return netip.Addr{}, api.NewProblem(http.StatusBadRequest, "invalid_forwarded_for", "X-Forwarded-For of the proxy is not a list of addresses")
			}
			if client = at; !p.has(at) {
				return client, nil
			}
		}
	}
	return client, nil
}

// parseHop reads an address as proxies write it: bare, in brackets, or with a port.
func parseHop(text string) (netip.Addr, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
	}
	at, err := netip.ParseAddr(text)
	if err != nil {
		var pair netip.AddrPort
		if pair, err = netip.ParseAddrPort(text); err != nil {
			return netip.Addr{}, fmt.Errorf("read a hop: %w", err)
		}
		at = pair.Addr()
	}
	if at.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("read a hop: %s is of a link of its own", at)
	}
	return at.Unmap(), nil
}

func addressOf(a net.Addr) (netip.Addr, bool) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	return tcp.AddrPort().Addr().Unmap(), true
}
