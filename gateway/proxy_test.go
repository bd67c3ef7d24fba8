package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"showrunner/gateway"
)

// serve listens on loopback, with a page that says where the client is.
func serve(t *testing.T, rate float64, trusted ...string) (addr string) {
	t.Helper()
	e := newEnv(t, func(d *gateway.Deps) {
		d.API.Rate = rate
		d.Console = func(r fiber.Router) {
			r.Get("/who", func(c *fiber.Ctx) error { return c.SendString(c.IP()) })
		}
		for _, text := range trusted {
			p, err := gateway.ParseProxy(text)
			if err != nil {
				t.Fatal(err)
			}
			d.Proxies = append(d.Proxies, p)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- e.server.Listen(ln) }()
	t.Cleanup(func() {
		if err := e.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// proxyConn is one connection of a proxy, over which requests of many clients go.
type proxyConn struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialProxy(t *testing.T, addr string) *proxyConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // It has said what it had to.
	return &proxyConn{t, c, bufio.NewReader(c)}
}

func (p *proxyConn) ask(method, path string, forwarded ...string) (status int, body string) {
	p.t.Helper()
	req := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n", method, path)
	for _, f := range forwarded {
		req += "X-Forwarded-For: " + f + "\r\n"
	}
	if _, err := io.WriteString(p.conn, req+"\r\n"); err != nil {
		p.t.Fatal(err)
	}
	res, err := http.ReadResponse(p.in, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// TestClientBehindProxies: the client is the right-most address that is no
// proxy of ours, whatever the client wrote itself, and a header of somebody who
// is no proxy says nothing.
func TestClientBehindProxies(t *testing.T) {
	for name, tc := range map[string]struct {
		trusted []string
		headers []string
		want    string // address, or empty for 400
	}{
		"no proxy is trusted":                {nil, []string{"8.8.8.8"}, "127.0.0.1"},
		"another one is trusted":             {[]string{"10.0.0.0/8"}, []string{"8.8.8.8"}, "127.0.0.1"},
		"no header":                          {[]string{"127.0.0.0/8"}, nil, "127.0.0.1"},
		"one hop":                            {[]string{"127.0.0.0/8"}, []string{"8.8.8.8"}, "8.8.8.8"},
		"one address is trusted":             {[]string{"127.0.0.1"}, []string{"8.8.8.8"}, "8.8.8.8"},
		"spoofed by the client":              {[]string{"127.0.0.0/8"}, []string{"1.1.1.1, 8.8.8.8"}, "8.8.8.8"},
		"spoofed as a proxy of ours":         {[]string{"127.0.0.0/8"}, []string{"127.0.0.9, 8.8.8.8"}, "8.8.8.8"},
		"spoofed with what cannot be read":   {[]string{"127.0.0.0/8"}, []string{"' OR 1=1, 8.8.8.8"}, "8.8.8.8"},
		"spoofed in a header of its own":     {[]string{"127.0.0.0/8"}, []string{"1.1.1.1", "8.8.8.8"}, "8.8.8.8"},
		"a chain of our own":                 {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"1.1.1.1, 8.8.8.8, 10.1.2.3, 10.9.9.9"}, "8.8.8.8"},
		"a chain over two headers":           {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"1.1.1.1,8.8.8.8", "10.1.2.3"}, "8.8.8.8"},
		"all are proxies":                    {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"10.0.0.7, 10.1.2.3"}, "10.0.0.7"},
		"with a port":                        {[]string{"127.0.0.0/8"}, []string{"8.8.8.8:1234"}, "8.8.8.8"},
		"IPv6":                               {[]string{"127.0.0.0/8"}, []string{"2001:db8::1"}, "2001:db8::1"},
		"IPv6 in brackets":                   {[]string{"127.0.0.0/8"}, []string{"[2001:db8::1]"}, "2001:db8::1"},
		"IPv6 with a port":                   {[]string{"127.0.0.0/8"}, []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		"IPv4 in IPv6":                       {[]string{"127.0.0.0/8", "::ffff:10.0.0.0/104"}, []string{"8.8.8.8, ::ffff:10.0.0.1"}, "8.8.8.8"},
		"of a link":                          {[]string{"127.0.0.0/8"}, []string{"fe80::1%eth0"}, ""},
		"the proxy does not know":            {[]string{"127.0.0.0/8"}, []string{"8.8.8.8, unknown"}, ""},
		"half a bracket":                     {[]string{"127.0.0.0/8"}, []string{"[2001:db8::1"}, ""},
		"an empty header":                    {[]string{"127.0.0.0/8"}, []string{""}, ""},
		"an empty hop":                       {[]string{"127.0.0.0/8"}, []string{"8.8.8.8, "}, ""},
		"what cannot be read behind proxies": {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"x, 10.0.0.1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := dialProxy(t, serve(t, -1, tc.trusted...)).ask("GET", "/who", tc.headers...)
			if tc.want == "" {
				if status != 400 || !strings.Contains(body, `"invalid_forwarded_for"`) {
					t.Errorf("%d %s, want a refusal", status, body)
				}
			} else if status != 200 || body != tc.want {
				t.Errorf("%d %s, want %s", status, body, tc.want)
			}
		})
	}
}

// TestLimitBehindProxies: over one connection of a proxy each client has a
// bucket of their own, which no header of theirs refills; with nobody trusted a
// header moves nobody to another bucket.
func TestLimitBehindProxies(t *testing.T) {
	const hook = "/v1/webhooks/nobody/orders"
	until := func(p *proxyConn, header func(i int) string) int {
		for i := range 50 {
			if status, _ := p.ask("POST", hook, header(i)); status == 429 {
				return i
			}
		}
		return 50
	}
	always := func(s string) func(int) string { return func(int) string { return s } }
	changing := func(i int) string { return fmt.Sprintf("9.9.9.%d, 8.8.8.8", i) }

	p := dialProxy(t, serve(t, 2, "127.0.0.0/8"))
	if got := until(p, always("8.8.8.8")); got != 4 { // A burst is two seconds' worth; the clock stands.
		t.Fatalf("the first client is limited after %d requests", got)
	}
	if got := until(p, changing); got != 0 {
		t.Errorf("the first client got %d more requests by writing addresses itself", got)
	}
	if got := until(p, always("8.8.4.4")); got != 4 {
		t.Errorf("the second client of the same proxy is limited after %d requests", got)
	}
	if got := until(dialProxy(t, serve(t, 2)), changing); got != 4 {
		t.Errorf("whom nobody vouches for got %d requests by changing the header", got)
	}
}

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3": "10.1.2.3/32", "2001:db8::/32": "2001:db8::/32", "::1": "::1/128",
		"::ffff:10.0.0.0/104": "10.0.0.0/8", "::ffff:10.1.2.3": "10.1.2.3/32",
		"": "", "10.0.0.0/33": "", "10.0.0.1/8": "", "proxy.example": "", "0.0.0.0/0": "", "::/0": "", "::ffff:0.0.0.0/90": "", "fe80::1%eth0": "", "10.0.0.0/8 ": "",
	} {
		got, err := gateway.ParseProxy(text)
		if want == "" {
			if err == nil {
				t.Errorf("%q is taken as %v", text, got)
			}
			continue
		}
		if err != nil || got != netip.MustParsePrefix(want) {
			t.Errorf("%q = %v, %v; want %s", text, got, err, want)
		}
	}
}

// FuzzForwardedFor: whatever stands left of the hop that a proxy of ours saw,
// the client is that hop.
func FuzzForwardedFor(f *testing.F) {
	f.Add("1.1.1.1, 2.2.2.2")
	f.Add("[::1]:80,unknown")
	f.Add("127.0.0.1")
	trusted := netip.MustParsePrefix("127.0.0.0/8")
	seen := netip.MustParseAddr("8.8.8.8")
	f.Fuzz(func(t *testing.T, written string) {
		got, err := gateway.ClientOf([]netip.Prefix{trusted}, netip.MustParseAddr("127.0.0.1"), written+", "+seen.String())
		if err != nil || got != seen {
			t.Errorf("%q: %v, %v", written, got, err)
		}
		if at, err := gateway.ClientOf([]netip.Prefix{trusted}, netip.MustParseAddr("127.0.0.1"), written); err == nil && (!at.IsValid() || at.Zone() != "") {
			t.Errorf("%q alone is taken as %v", written, at)
		}
	})
}
