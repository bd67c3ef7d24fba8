package delivery

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"showrunner/live"
)

// errAddress is that a name resolved to an address that is never called.
var errAddress = errors.New("the address is not allowed")

// reserved are ranges that are neither private by netip's word nor any
// business of a merchant's webhook: carriers' NAT, protocol assignments,
// documentation, benchmarks, the future, and the ways to write an IPv4
// address inside an IPv6 one.
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether an address is one that anybody on the internet could
// call too.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// near are the addresses that --insecure-webhooks opens. Link-local ones, where
// clouds keep their credentials, stay closed.
func near(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate()
}

// guarded is a dialer that looks at the address it is about to connect to,
// after the name was resolved: whatever a name said before, this is what counts.
func guarded(allowed func(netip.Addr) bool) *net.Dialer {
	return &net.Dialer{
		Timeout: 5 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !allowed(at.Addr()) {
				return errAddress
			}
			return nil
		},
	}
}

// newTransport makes connections only to allowed addresses, through no proxy.
func newTransport(allowed func(netip.Addr) bool) *http.Transport {
	return &http.Transport{
		DialContext: guarded(allowed).DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
		MaxResponseHeaderBytes: 16 << 10, MaxIdleConns: 256, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
	}
}

// byScheme picks the transport: plain HTTP goes to loopback or nowhere.
type byScheme struct{ secure, plain *http.Transport }

func newByScheme(insecure bool) *byScheme {
	b := &byScheme{
		secure: newTransport(public),
		plain:  newTransport(func(netip.Addr) bool { return false }),
	}
	if insecure {
		b.secure = newTransport(func(a netip.Addr) bool { return public(a) || near(a) })
		b.plain = newTransport(func(a netip.Addr) bool { return a.Unmap().IsLoopback() })
	}
	return b
}

// RoundTrip implements [http.RoundTripper].
func (b *byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return b.secure.RoundTrip(r)
	}
	return b.plain.RoundTrip(r)
}

func (b *byScheme) close() {
	b.secure.CloseIdleConnections()
	b.plain.CloseIdleConnections()
}

// CheckURL refuses a URL that webhooks are never sent to: anything but https
// without a user and a fragment, an address that is not public, and names that
// mean this machine. With insecure, http to loopback and https to private
// addresses are taken too. A name is looked up only when it is called.
func CheckURL(raw string, insecure bool) error {
	bad := func(format string, args ...any) error {
		return live.Invalid("invalid_field", "url", format, args...)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return bad("must be a URL such as https://shop.example/hooks")
	}
	if u.User != nil || u.Fragment != "" || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return bad("must have no user, no fragment and no spaces")
	}
	if port := u.Port(); port != "" {
		if _, err := netip.ParseAddrPort(fmt.Sprintf("127.0.0.1:%s", port)); err != nil || port == "0" {
			return bad("must have a port of 1 to 65535")
		}
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	addr, err := netip.ParseAddr(host)
	literal := err == nil
	here := host == "localhost" || strings.HasSuffix(host, ".localhost") || literal && addr.Unmap().IsLoopback()
	switch u.Scheme {
	case "https":
		if insecure && (here || literal && near(addr)) {
			return nil
		}
	case "http":
		if insecure && here {
			return nil
		}
		return bad("must be https")
	default:
		return bad("must be https")
	}
	if here || literal && !public(addr) || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local") {
		return bad("must be a public address")
	}
	return nil
}
