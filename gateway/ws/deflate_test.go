package ws_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/gateway/ws"
	"showrunner/live/hub"
)

// gauged is a connection that counts what it reads.
type gauged struct {
	net.Conn
	read *atomic.Int64
}

func (c gauged) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// dialGauged opens a socket that offers compression, or does not, and tells what
// was agreed.
func (r *rig) dialGauged(t *testing.T, token string, deflate bool) (p *peer, read *atomic.Int64, agreed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	read = &atomic.Int64{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return gauged{c, read}, err
	}}
	o := &client.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}, HTTPClient: &http.Client{Transport: transport}, CompressionThreshold: 1,
	}
	if deflate {
		o.CompressionMode = client.CompressionNoContextTakeover
	}
	c, resp, err := client.Dial(ctx, r.url+"/v1/rooms/r1/ws", o)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	c.SetReadLimit(1 << 24)
	t.Cleanup(func() { _ = c.CloseNow() })
	p = &peer{t: t, conn: c, ctx: ctx}
	if w := p.read(); w.Type != "welcome" {
		t.Fatalf("first frame is %q", w.Type)
	}
	return p, read, resp.Header.Get("Sec-WebSocket-Extensions")
}

// TestCompression: viewers who take compressed frames and viewers who do not see the
// same, and the former read less; what they send compressed is understood.
func TestCompression(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, h *hub.Config) {
		anybody(d, h)
		h.Tick = hub.Tick{Least: 100 * time.Millisecond, Most: 100 * time.Millisecond}
	})
	plain, plainRead, agreed := r.dialGauged(t, "fan-1", false)
	if agreed != "" {
		t.Errorf("who offers nothing is told %q", agreed)
	}
	packed, packedRead, agreed := r.dialGauged(t, "fan-2", true)
	want := "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	if path == ws.PathPortable {
		want = ""
	}
	if agreed != want {
		t.Fatalf("agreed to %q, want %q", agreed, want)
	}
	plainRead.Store(0)
	packedRead.Store(0)
	const comments = 300
	for i := range comments {
		r.log.state(comment(fmt.Sprint("the same words again and again, number ", i)))
	}
	for name, p := range map[string]*peer{"plain": plain, "packed": packed} {
		for seen := 0; seen < comments; {
			for _, e := range p.until(func(f frame) bool { return f.Type == "events" }).Events {
				if e.Data["text"] != fmt.Sprint("the same words again and again, number ", seen) {
					t.Fatalf("%s: event %d is %v", name, seen, e.Data)
				}
				seen++
			}
		}
	}
	if p, c := plainRead.Load(), packedRead.Load(); want != "" && c > p/4 {
		t.Errorf("%d bytes compressed, %d plain", c, p)
	}
	for _, p := range []*peer{packed, plain} {
		if a := p.ask("c", `"type":"liked","data":{"count":1}`); !a.OK {
			t.Errorf("ack %+v", a.Error)
		}
	}
}

// TestNoCompressionIfOff: a server that is told so agrees to nothing.
func TestNoCompressionIfOff(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) { d.Plain = true })
	if _, _, agreed := r.dialGauged(t, "viewer", true); agreed != "" {
		t.Errorf("agreed to %q", agreed)
	}
}

// TestBomb: what is small on the wire and huge behind it ends the connection, and
// no others.
func TestBomb(t *testing.T) {
	if path == ws.PathPortable {
		t.Skip("this path agrees to no compression")
	}
	r := newRig(t, anybody)
	p, _, _ := r.dialGauged(t, "fan-1", true)
	other, _, _ := r.dialGauged(t, "fan-2", true)
	p.send(`{"id":"c","type":"comment_sent","data":{"text":"` + strings.Repeat("x", 10<<20) + `"}}`)
	if bye, code := p.ended(); code != client.StatusMessageTooBig || bye.Type != "" {
		t.Errorf("ended with %d after %+v, want %d", code, bye, client.StatusMessageTooBig)
	}
	if a := other.ask("c", `"type":"liked","data":{"count":1}`); !a.OK {
		t.Errorf("another client is told %+v", a.Error)
	}
}
