package ws_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// mute opens a socket and never reads from it.
func (r *rig) mute(t *testing.T, token string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err = fmt.Fprintf(c, "GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", token); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheSlowHoldNobodyUp: of twenty viewers one never reads. The others get
// everything, once and in order, little is kept for the one, who is cut once they
// have taken nothing for long enough.
func TestTheSlowHoldNobodyUp(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, h *hub.Config) {
		h.Tick = hub.Tick{Least: 2 * time.Millisecond, Most: 2 * time.Millisecond}
		d.Timing.Write = 3 * time.Second
	})
	const viewers, slow, last = 19, 1, 200
	for range slow {
		r.mute(t, "viewer2")
	}
	peers := make([]*peer, viewers)
	for i := range peers {
		peers[i], _ = r.enter(t, "viewer", "")
	}
	eventually(t, "everybody is in", func() bool { return r.hub.Members() == viewers+slow })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)

	// The next message is said when everybody who reads has the one before: a
	// slow machine makes the test longer and nobody else slow.
	pad := strings.Repeat("x", 16<<10)
	for i := range last {
		r.log.state(comment(fmt.Sprint(i, " ", pad)))
		for n, p := range peers {
			f := p.until(func(f frame) bool { return f.Type != "ack" })
			if f.Type != "events" || len(f.Events) != 1 || !strings.HasPrefix(f.Events[0].Data["text"].(string), fmt.Sprint(i, " ")) {
				t.Fatalf("viewer %d got %s %+v instead of message %d", n, f.Type, f.Events, i)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	// The log of the test itself keeps each message, as an event and in the ring.
	if grown, kept := int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4*last*(16<<10)); grown > kept {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	eventually(t, "those who take nothing are cut", func() bool { return r.hub.Members() == viewers })
}

// TestHerdComesBack has everybody return at once, each with what they missed.
func TestHerdComesBack(t *testing.T) {
	r := newRig(t, nil)
	since := r.log.state(comment("before"))
	const missed, viewers = 100, 150
	for i := range missed {
		r.log.state(comment(fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for range viewers {
		wg.Go(func() {
			p := r.dial(t, "viewer", fmt.Sprintf("since=e:1:%d", since))
			w := p.read()
			if w.Type != "welcome" || !w.Recovered || w.Offset != since {
				t.Errorf("welcome: %+v", w)
				return
			}
			for at := 0; at < missed; {
				f := p.read()
				for _, e := range f.Events {
					if e.Type != "comment_sent" {
						continue
					}
					if e.Data["text"] != fmt.Sprint(at) {
						t.Errorf("got %v, want %d", e.Data["text"], at)
						return
					}
					at++
				}
			}
		})
	}
	wg.Wait()
	if n := r.hub.Online("r1"); n != 1 {
		t.Errorf("%d persons online, want the one", n)
	}
}

// TestDescriptorsAreGivenBack ends connections in every way there is, some in the
// middle of a message, and looks what is left of them.
func TestDescriptorsAreGivenBack(t *testing.T) {
	open := func() int {
		d, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc: ", err)
		}
		return len(d)
	}
	r := newRig(t, wide)
	first, _ := r.enter(t, "operator", "") // What is opened once is open now.
	before := open()
	var wg sync.WaitGroup
	for i := range 120 {
		wg.Go(func() {
			p := r.dial(t, "viewer", "")
			if i%7 == 0 {
				_ = p.conn.CloseNow() // Before the welcome.
				return
			}
			p.read()
			p.send(`{"id":"x","type":"followed"}`)
			switch i % 5 {
			case 0:
				_ = p.conn.CloseNow()
			case 1:
				_ = p.conn.Close(client.StatusNormalClosure, "bye")
			case 2:
				_ = p.conn.Write(p.ctx, client.MessageBinary, []byte("x"))
				p.ended()
			case 3:
				w, err := p.conn.Writer(p.ctx, client.MessageText)
				if err == nil {
					_, _ = w.Write([]byte(`{"id":`))
				}
				time.Sleep(rand.N(3 * time.Millisecond))
				_ = p.conn.CloseNow()
			case 4:
				for range 50 {
					_ = p.conn.Write(p.ctx, client.MessageText, []byte(`{"type":"liked","data":{"count":1}}`))
				}
				_ = p.conn.CloseNow()
			}
		})
	}
	wg.Wait()
	eventually(t, "only one is in", func() bool { return r.hub.Members() == 1 })
	if a := first.ask("y", `"type":"followed"`); !a.OK {
		t.Errorf("the one who stayed: %+v", a)
	}
	eventually(t, "every descriptor is closed", func() bool { return open() <= before })
	entered, left := len(r.log.all(live.RoomEntered)), len(r.log.all(live.RoomLeft))
	if entered != left || entered > 120 || entered < 100 {
		t.Errorf("%d entered and %d left", entered, left)
	}
}

// TestEarlyFrames: what a client sends right behind its handshake, in one segment
// with it, is not lost when the socket changes hands.
func TestEarlyFrames(t *testing.T) {
	r := newRig(t, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	frames := ""
	for i := range 3 {
		body := fmt.Sprintf(`{"id":"%d","type":"followed"}`, i)
		frames += string([]byte{0x81, byte(0x80 | len(body)), 0, 0, 0, 0}) + body // A mask of zeros changes nothing.
	}
	half := len(frames) - 9
	if _, err = c.Write([]byte("GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer viewer\r\n\r\n" + frames[:half])); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the whole ones are logged", func() bool { return len(r.log.all(live.Followed)) == 2 })
	if _, err = c.Write([]byte(frames[half:])); err != nil {
		t.Fatal(err)
	}
	eventually(t, "so is the one that came in two parts", func() bool { return len(r.log.all(live.Followed)) == 3 })
}
