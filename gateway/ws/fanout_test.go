package ws_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

func comment(text string) live.Event {
	data, _ := json.Marshal(map[string]string{"comment_id": "c", "text": text})
	return live.Event{
		Kind: live.CommentSent, Room: "r1", Merchant: "m1", Source: "test",
		Actor: live.Actor{ID: "v9", Role: live.RoleViewer}, OccurredAt: time.Unix(0, 0), Data: data,
	}
}

func TestCoalescing(t *testing.T) {
	r := newRig(t, func(_ *ws.Deps, h *hub.Config) {
		h.Tick = hub.Tick{Least: 200 * time.Millisecond, Most: 200 * time.Millisecond}
	})
	p, _ := r.enter(t, "viewer2", "")
	var last uint64
	for i := range 100 {
		last = r.log.state(comment(fmt.Sprint(i)))
	}
	seen, frames := 0, 0
	for seen < 100 {
		f := p.until(func(f frame) bool { return f.Type == "events" })
		frames++
		for _, e := range f.Events {
			if e.Data["text"] != fmt.Sprint(seen) {
				t.Fatalf("event %d is %v", seen, e.Data)
			}
			seen++
		}
		if seen == 100 && f.Offset != last {
			t.Errorf("offset %d, want %d", f.Offset, last)
		}
	}
	if frames > 50 {
		t.Errorf("%d frames for 100 events at once", frames)
	}
}

// TestRecoveryIsExact has clients drop their connections in the middle of
// things and come back: each sees every comment once and in order.
func TestRecoveryIsExact(t *testing.T) {
	r := newRig(t, func(_ *ws.Deps, h *hub.Config) {
		h.Tick.Least = time.Millisecond
		h.Queue = 1 << 20
		h.Ring = hub.Ring{Messages: 400} // Often too short: then the log helps out.
	})
	const last, clients, joinsWanted = 3000, 6, 100
	var joins atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; i <= last; i++ {
			r.log.state(comment(fmt.Sprint(i)))
			for joins.Load() < int64(i*joinsWanted/last) {
				time.Sleep(100 * time.Microsecond)
			}
		}
	})
	for i := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 7))
			at, since := 0, uint64(0)
			for at < last && !t.Failed() {
				p := r.dial(t, "operator", fmt.Sprintf("since=e:1:%d", since))
				joins.Add(1)
				for n := 1 + rnd.IntN(4); n > 0 && at < last; n-- {
					f := p.read()
					if f.Type == "welcome" {
						if !f.Recovered {
							t.Errorf("client %d: not recovered from %d", i, since)
						}
					}
					for _, e := range f.Events {
						at++
						if e.Data["text"] != fmt.Sprint(at) {
							t.Errorf("client %d: got %v, want %d", i, e.Data["text"], at)
						}
					}
					since = f.Offset
					if f.Type == "events" && joins.Load() < joinsWanted {
						break
					}
				}
				_ = p.conn.CloseNow()
			}
		})
	}
	wg.Wait()
}

func TestNotRecovered(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, h *hub.Config) {
		d.History = nil
		h.Ring = hub.Ring{Messages: 2}
	})
	var offsets []uint64
	for i := range 5 {
		offsets = append(offsets, r.log.state(comment(fmt.Sprint(i))))
	}
	for since, want := range map[string]bool{
		fmt.Sprintf("e:1:%d", offsets[2]):     true,
		fmt.Sprintf("e:1:%d", offsets[1]):     false, // Older than the ring.
		fmt.Sprintf("other:%d", offsets[2]):   false, // Another log.
		fmt.Sprintf("e:1:%d", offsets[4]<<10): false, // Nobody can have seen it.
	} {
		if _, w := r.enter(t, "viewer", "since="+since); w.Recovered != want || w.Room == nil {
			t.Errorf("since %s: recovered %t, want %t", since, w.Recovered, want)
		}
	}
}

// A client whose server died has seen what the next one has not read so far: it
// waits for that, and is shown what comes after it, once.
func TestReturnsAheadOfTheServer(t *testing.T) {
	r := newRig(t, nil)
	seen := r.log.state(comment("one"))
	ahead := seen + 1<<10
	late := time.AfterFunc(150*time.Millisecond, func() {
		r.hub.Publish("r1", []hub.Message{{Offset: ahead, Audience: live.AudienceRoom, JSON: []byte(`{"type":"comment_sent","event_id":"seen"}`)}})
	})
	defer late.Stop()
	_, w := r.enter(t, "viewer", fmt.Sprintf("since=e:1:%d", ahead))
	if !w.Recovered || w.Offset != ahead {
		t.Errorf("recovered %t at %d, want %d", w.Recovered, w.Offset, ahead)
	}
}

func TestPanelsAndViewers(t *testing.T) {
	r := newRig(t, nil)
	viewer, _ := r.enter(t, "viewer", "")
	moderator, _ := r.enter(t, "moderator", "panel=1")
	operator, _ := r.enter(t, "operator", "panel=1")
	plain, _ := r.enter(t, "operator", "")

	r.hub.Panel("r1", hub.ClassPanel, []byte(`{"type":"snapshot","metrics":{"online_now":1}}`))
	r.hub.Panel("r1", hub.ClassMoney, []byte(`{"type":"snapshot","metrics":{"gmv_paid_minor":5}}`))
	snap := func(f frame) bool { return f.Type == "snapshot" }
	if f := moderator.until(snap); f.Metrics["gmv_paid_minor"] != nil {
		t.Error("a moderator's snapshot has money")
	}
	if f := operator.until(snap); f.Metrics["gmv_paid_minor"] != 5.0 {
		t.Errorf("snapshot: %+v", f.Metrics)
	}

	r.log.state(live.Event{
		Kind: live.PromptSent, Room: "r1", Merchant: "m1", Actor: live.Actor{ID: "op", Role: live.RoleOperator},
		Data: json.RawMessage(`{"text":"smile"}`),
	})
	r.log.state(live.Event{
		Kind: live.OrderPaid, Room: "r1", Merchant: "m1", Actor: live.Actor{ID: "shop", Role: live.RoleIntegration},
		Data: json.RawMessage(`{"order_id":"o1","fact_id":"pay","order_state":"paid","ver":2,"currency":"CNY","person_id":"v1","total_minor":100,"paid_minor":100,
			"lines":[{"goods_minor":100}],"deltas":[{"paid_minor":100}]}`),
	})
	end := r.log.state(comment("last"))
	last := func(f frame) bool { return f.Type == "events" && f.Offset == end }
	// collect gathers order events and prompts up to the last comment.
	collect := func(p *peer) (orders []map[string]any, prompts []frame) {
		for {
			f := p.read()
			if f.Type == "prompt" {
				prompts = append(prompts, f)
			}
			for _, e := range f.Events {
				if e.Type == "order_paid" {
					orders = append(orders, e.Data)
				}
			}
			if last(f) {
				return orders, prompts
			}
		}
	}
	for _, p := range []*peer{viewer, plain} {
		if orders, prompts := collect(p); orders != nil || prompts != nil {
			t.Errorf("not a panel, but got %v and %v", orders, prompts)
		}
	}
	orders, prompts := collect(moderator)
	if len(orders) != 1 || fmt.Sprint(orders[0]) != "map[order_id:o1 order_state:paid person_id:v1]" {
		t.Errorf("a moderator's order: %v", orders)
	}
	if len(prompts) != 1 || prompts[0].From != "operator" || prompts[0].Text != "smile" {
		t.Errorf("prompts: %+v", prompts)
	}
	orders, _ = collect(operator)
	if len(orders) != 1 || orders[0]["paid_minor"] != 100.0 || orders[0]["deltas"] != nil || orders[0]["lines"] != nil {
		t.Errorf("an operator's order: %v", orders)
	}

	totals := ws.Stats{Online: 1, Likes: 30}
	totals.Progress(live.BenefitProgress{Coupon: &live.CouponProgress{Batch: "b", Claimed: 2, Total: 9}, Draw: &live.DrawProgress{Draw: "d", Entries: 4}})
	r.hub.Stats("r1", ws.EncodeStats(totals))
	f := viewer.until(func(f frame) bool { return f.Type == "events" && f.Events[0].Type == "room_stats" })
	coupon, _ := f.Events[0].Data["coupon"].(map[string]any)
	draw, _ := f.Events[0].Data["draw"].(map[string]any)
	if coupon["claimed"] != 2.0 || draw["entries"] != 4.0 || f.Events[0].Data["red_packet"] != nil {
		t.Errorf("progress: %v", f.Events[0].Data)
	}
	if f.Events[0].Data["likes"] != 30.0 || f.Offset != end {
		t.Errorf("totals: %+v", f)
	}
}

func TestSlowClientGetsAGapAndOthersAreNotDelayed(t *testing.T) {
	r := newRig(t, func(_ *ws.Deps, h *hub.Config) {
		h.Tick = hub.Tick{Least: time.Millisecond, Most: time.Millisecond}
		h.Queue = 4
		h.Ring = hub.Ring{Messages: 10}
	})
	slow, _ := r.enter(t, "viewer", "")
	quick, _ := r.enter(t, "viewer2", "")
	pad := strings.Repeat("x", 50_000)
	big := func(i int) live.Event {
		data, _ := json.Marshal(map[string]string{"text": fmt.Sprint(i), "pad": pad})
		return live.Event{Kind: live.AnnouncementPublished, Room: "r1", Merchant: "m1", Data: data}
	}
	// The quick one reads each before the next is sent: it is never behind,
	// and the slow one, who reads nothing, must not hold it up. The sockets
	// hold some hundred kilobytes; this is far more.
	const n = 100
	for i := range n {
		r.log.state(big(i))
		f := quick.until(func(f frame) bool { return f.Type == "events" || f.Type == "gap" })
		if f.Type != "events" || f.Events[0].Data["text"] != fmt.Sprint(i) {
			t.Fatalf("message %d at the quick client: %s %d", i, f.Type, len(f.Events))
		}
	}
	seen, missed := 0, uint64(0)
	for seen+int(missed) < n {
		switch f := slow.read(); f.Type {
		case "events":
			for _, e := range f.Events {
				if e.Data["text"] != fmt.Sprint(seen+int(missed)) {
					t.Fatalf("after %d seen and %d missed came %v", seen, missed, e.Data["text"])
				}
				seen++
			}
		case "gap":
			missed += f.Missed
			if f.Room == nil || f.Room.RoomID != "r1" || f.Offset == 0 || f.Epoch != "e:1" {
				t.Errorf("gap without the state: %+v", f)
			}
		}
	}
	if missed == 0 {
		t.Error("the slow client missed nothing: the test did not test")
	}
	end := r.log.state(comment("after"))
	if f := slow.until(func(f frame) bool { return f.Type == "events" }); f.Offset != end || len(f.Events) != 1 {
		t.Errorf("after the gap: %+v", f)
	}
}

func TestShutdownSaysBye(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, h *hub.Config) { h.Queue = 2 })
	p, _ := r.enter(t, "viewer", "")
	// One who never reads and whose writer is stuck must not hold it up.
	stuck, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	if _, err = fmt.Fprint(stuck, "GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer viewer2\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two are in", func() bool { return r.hub.Members() == 2 })
	pad, _ := json.Marshal(map[string]string{"text": strings.Repeat("x", 200_000)})
	for range 14 {
		r.log.state(live.Event{Kind: live.AnnouncementPublished, Room: "r1", Merchant: "m1", Data: pad})
		p.until(func(f frame) bool { return f.Type == "events" })
	}
	done := make(chan error, 1)
	go func() { done <- r.hub.Shutdown(p.ctx) }()
	bye, code := p.ended()
	if code != 4001 || bye.Code != 4001 || !bye.Reconnect || bye.Reason != "going_away" || bye.RetryAfterMS > 5000 {
		t.Errorf("close code %d, bye %+v", code, bye)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left := r.log.all(live.RoomLeft); len(left) != 2 {
		t.Errorf("%d room_left, want 2", len(left))
	}
	// A newcomer is told the same.
	late := r.dial(t, "viewer", "")
	if bye, code = late.ended(); code != 4001 || !bye.Reconnect {
		t.Errorf("newcomer: close code %d, bye %+v", code, bye)
	}
}

func TestTokenThatEnds(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
		d.Authenticate = func(string) (live.Principal, error) {
			p := tokens["viewer"]
			p.Expires = time.Now().Add(100 * time.Millisecond)
			return p, nil
		}
	})
	p, _ := r.enter(t, "viewer", "")
	if bye, code := p.ended(); code != 4401 || bye.Reason != "token_expired" || !bye.Reconnect {
		t.Errorf("close code %d, bye %+v", code, bye)
	}
}

func TestSilentPeerIsEnded(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
		d.Timing.Ping, d.Timing.Idle = 50*time.Millisecond, 2*time.Second
	})
	// One who reads answers pings and stays; the library answers in Read.
	alive, _ := r.enter(t, "viewer", "")
	go func() { _, _ = alive.next() }()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err = fmt.Fprint(c, "GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer viewer2\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the silent one came", func() bool { return len(r.log.all(live.RoomEntered)) == 2 })
	eventually(t, "the silent one is gone", func() bool { return len(r.log.all(live.RoomLeft)) == 1 })
	if left := r.log.all(live.RoomLeft)[0]; left.Person != "v2" || string(left.Data) != `{"reason":"idle"}` {
		t.Errorf("left: %+v", left)
	}
	eventually(t, "one is left", func() bool { return r.hub.Members() == 1 })
	if n := len(r.log.all(live.RoomLeft)); n != 1 {
		t.Errorf("%d have left, want the silent one only", n)
	}
}

func TestStateAway(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range []struct {
		err       error
		code      int
		reconnect bool
	}{
		{errors.New("database is locked"), 4002, true},
		{live.Unavailable("store_unavailable", time.Second, "away"), 4003, true},
		{live.NotFound("room_not_found", "gone"), 4504, false},
	} {
		r.store.mu.Lock()
		r.store.down = c.err
		r.store.mu.Unlock()
		p := r.dial(t, "viewer", "")
		if bye, code := p.ended(); int(code) != c.code || bye.Reconnect != c.reconnect {
			t.Errorf("%v: close code %d, bye %+v", c.err, code, bye)
		}
	}
	eventually(t, "nobody is in", func() bool { return r.hub.Members() == 0 })
}

func TestPanicEndsOneConnectionOnly(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
		id := d.NewID
		d.NewID = func() string {
			if id == nil {
				id = func() string { return "session" }
				panic("on purpose")
			}
			return id()
		}
	})
	p := r.dial(t, "viewer", "")
	if f, err := p.next(); err == nil {
		t.Errorf("the client got %+v", f)
	}
	if _, w := r.enter(t, "viewer", ""); w.SessionID != "session" {
		t.Errorf("the next connection: %+v", w)
	}
	eventually(t, "the broken one has left", func() bool { return r.hub.Members() == 1 })
}

func TestReconnectStorm(t *testing.T) {
	r := newRig(t, nil)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			c, _, err := client.Dial(t.Context(), r.url+"/v1/rooms/r1/ws", &client.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer viewer"}}})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.CloseNow()
			if _, raw, err := c.Read(t.Context()); err != nil || !strings.Contains(string(raw), `"room_id":"r1"`) {
				t.Errorf("welcome %s: %v", raw, err)
			}
		})
	}
	wg.Wait()
	eventually(t, "all have left", func() bool { return r.hub.Members() == 0 })
}

// TestReturnWithinATick: who comes back so soon that the tick of what it has
// seen last is not over sees none of it again, and all that follows.
func TestReturnWithinATick(t *testing.T) {
	r := newRig(t, func(_ *ws.Deps, h *hub.Config) {
		h.Tick = hub.Tick{Least: 400 * time.Millisecond, Most: 400 * time.Millisecond}
	})
	first, _ := r.enter(t, "viewer2", "")
	r.log.state(comment("shown at once"))
	first.until(func(f frame) bool { return f.Type == "events" })
	// The next one waits for its tick; another server has shown it already.
	seen := r.log.state(comment("seen elsewhere"))
	p, w := r.enter(t, "viewer", fmt.Sprintf("since=e:1:%d", seen))
	if !w.Recovered {
		t.Fatalf("welcome: %+v", w)
	}
	r.log.state(comment("new"))
	var got []any
	for len(got) == 0 || got[len(got)-1] != "new" {
		for _, e := range p.until(func(f frame) bool { return f.Type == "events" }).Events {
			got = append(got, e.Data["text"])
		}
	}
	if len(got) != 1 {
		t.Errorf("after the return: %v, want only the new one", got)
	}
}
