//go:build linux

package crowd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// room is a server that greets each client and sends everybody the same frames.
type room struct {
	mu      sync.Mutex
	clients []*websocket.Conn
}

func (r *room) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	ws, err := websocket.Accept(w, q, &websocket.AcceptOptions{Subprotocols: []string{"showrunner.v1"}, InsecureSkipVerify: true})
	if err != nil {
		return
	}
	r.mu.Lock() // Who was greeted is told everything.
	err = ws.Write(q.Context(), websocket.MessageText, []byte(`{"type":"welcome"}`))
	r.clients = append(r.clients, ws)
	r.mu.Unlock()
	if err != nil {
		return
	}
	<-ws.CloseRead(context.WithoutCancel(q.Context())).Done()
}

func (r *room) say(t *testing.T, frame string, to func(i int) bool) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, ws := range r.clients {
		if to(i) {
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func events(texts ...string) string {
	return `{"type":"events","events":[` + strings.Join(texts, ",") + `]}`
}

func pin(id string) string { return `{"type":"product_pinned","event_id":"` + id + `"}` }

func TestCrowd(t *testing.T) {
	r := &room{}
	srv := httptest.NewServer(r)
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	const n = 40
	c := &Crowd{
		Speech: &Showrunner{Host: u.Host, Room: "r", Tokens: make([]string, n), Query: "x=1"},
		Server: netip.MustParseAddrPort(u.Host), Source: netip.MustParseAddr("127.0.0.2"), Window: 8,
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Join(ctx, n); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all := func(int) bool { return true }
	due := time.Now().Add(-time.Second).UnixNano()
	r.say(t, events(Text(due, 0), Text(due, 0), pin("a")), all)
	r.say(t, events(pin("b")), all)
	r.say(t, events(strings.Repeat("x", 70_000)+Text(due, 0)), all) // with a length of eight bytes, in several reads
	r.say(t, events(pin("c")), func(i int) bool { return i != 7 })
	r.say(t, `{"type":"gap","missed":1}`, func(i int) bool { return i == 9 })
	want := Tally{Clients: n, Frames: 2 * n, Deliveries: 3 * n, Gaps: 1}
	got := c.until(t, func(t Tally) bool { return t.Deliveries == want.Deliveries && t.Gaps == 1 })
	if got.Clients != want.Clients || got.Frames != want.Frames || got.Closed != 0 {
		t.Errorf("tally = %+v, want %+v", got, want)
	}
	if q := got.Quantile(0.5); q < time.Second || q > 3*time.Second {
		t.Errorf("median lateness = %s, want about one second", q)
	}
	if len(got.Must) != 2 { // all but the one who was left out, and who was told of a gap
		t.Errorf("sequences of pins = %v, want two", got.Must)
	}
	c.Reset()
	if got := c.Tally(); got.Deliveries != 0 || len(got.Late) != 0 || got.Clients != n {
		t.Errorf("after a reset: %+v", got)
	}
	if err := r.clients[0].CloseNow(); err != nil {
		t.Fatal(err)
	}
	if got := c.until(t, func(t Tally) bool { return t.Closed == 1 }); got.Clients != n-1 {
		t.Errorf("clients = %d after one was closed", got.Clients)
	}
}

// until watches until the tally is as asked for.
func (c *Crowd) until(t *testing.T, ok func(Tally) bool) Tally {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := c.Watch(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Tally(); ok(got) {
			return got
		}
	}
	t.Fatalf("the tally stays %+v", c.Tally())
	return Tally{}
}

func TestCrowdIsRefused(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	c := &Crowd{Speech: &Centrifuge{Host: host, Channel: "r"}, Server: netip.MustParseAddrPort(host), Window: 1}
	if err := c.Join(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("err = %v, want the refusal", err)
	}
}

func FuzzCut(f *testing.F) {
	f.Add(masked(opText, []byte("hello")))
	f.Add([]byte{0x81, 2, 'h', 'i', 0x89, 0})
	f.Add(fmt.Append([]byte{0x81, 126, 0, 130}, strings.Repeat("a", 130)))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, payload, rest, err := cut(b)
		if err != nil {
			return
		}
		if used := len(b) - len(rest); used != 0 && (used < 2 || len(payload) > used-2) {
			t.Errorf("cut %d of %d bytes for a payload of %d", used, len(b), len(payload))
		}
	})
}
