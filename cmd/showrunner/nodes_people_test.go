package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"showrunner/live"
)

// TestPeopleOnTwoNodes: who is online is the same number on every node, a
// person on two of them counts once, and a node that is killed takes its part
// with it. A ticket of one node opens one socket, on any. Whom one node mutes or
// kicks is muted and kicked on the other.
func TestPeopleOnTwoNodes(t *testing.T) {
	e := startEngines(t, "")
	first, second := e.node("a"), e.node("b")
	s := newStage(t, first.url, filepath.Dir(e.keys), "m-people", "r-people", "UTC", good{"p1", "sku-1", 100, 10})
	other := s.at(second)
	ctx, cancel := context.WithCancel(deadline(t, time.Minute))
	defer cancel()

	// online is what a node says to somebody of the staff who looks in.
	online := func(on *stage) float64 {
		t.Helper()
		sock := newSocket(on.url, on.room, on.operator, "")
		defer sock.close()
		if err := sock.connect(ctx); err != nil {
			t.Fatal(err)
		}
		for {
			frame, err := sock.read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if frame["type"] == "welcome" {
				return frame["room"].(object)["online"].(float64)
			}
		}
	}
	looking, stopLooking := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stopLooking()
	here, stopHere := context.WithCancel(looking) // on the second node
	defer stopHere()
	var watchers []*watcher
	for i, at := range []*stage{s, s, s, other, other, s, other} {
		who, until := fmt.Sprintf("w-%d", i), looking
		if i >= 5 {
			who = "both"
		}
		if at == other {
			until = here
		}
		watchers = append(watchers, watch(until, &watching, who, newSocket(at.url, s.room, s.tokens.sign(live.RoleViewer, who, s.merchant), "channel=x")))
	}
	for _, on := range []*stage{s, other} {
		eventually(t, 30*time.Second, on.url+" says that six are online", func() bool { return online(on) == 6 })
	}
	eventually(t, 30*time.Second, "everybody is told that six are online", func() bool {
		for _, w := range watchers {
			w.mu.Lock()
			n := w.online
			w.mu.Unlock()
			if n != 6 {
				return false
			}
		}
		return true
	})
	if got := first.metric("showrunner_bus_nodes", ""); got != 2 {
		t.Errorf("the first node knows %v nodes", got)
	}

	// A ticket is good once, wherever it is shown first.
	ticket := func(on *stage) string {
		t.Helper()
		var got struct {
			Ticket string `json:"ticket"`
		}
		must(t, "POST", on.url+"/v1/tickets", s.tokens.sign(live.RoleViewer, "guest", s.merchant), nil, &got)
		return got.Ticket
	}
	open := func(on *stage, ticket string) int {
		t.Helper()
		conn, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(on.url, "http")+"/v1/rooms/"+string(s.room)+"/ws?ticket="+ticket,
			&websocket.DialOptions{Subprotocols: []string{"showrunner.v1"}})
		if err == nil {
			_ = conn.CloseNow() // It was open: that is all.
			return http.StatusSwitchingProtocols
		}
		if res == nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	for _, c := range []struct{ made, first, then *stage }{{s, other, s}, {s, s, other}, {other, s, other}, {s, other, other}} {
		text := ticket(c.made)
		if got := open(c.first, text); got != http.StatusSwitchingProtocols {
			t.Errorf("a ticket of %s is refused by %s with %d", c.made.url, c.first.url, got)
		}
		if got := open(c.then, text); got != http.StatusUnauthorized {
			t.Errorf("a used ticket of %s at %s: %d", c.made.url, c.then.url, got)
		}
	}

	// A mute and a kick of one node hold on the other.
	talker := other.viewer("talker", "")
	defer talker.close()
	say := func() object {
		t.Helper()
		ack, err := talker.do(ctx, object{"type": "comment_sent", "data": object{"text": "hello"}})
		if err != nil {
			t.Fatal(err)
		}
		return ack
	}
	if ack := say(); ack["ok"] != true {
		t.Fatalf("refused before the mute: %v", ack)
	}
	s.command("mute_viewer", object{"viewer_id": "talker", "duration_s": 60})
	eventually(t, 30*time.Second, "the other node refuses the muted viewer", func() bool { return say()["ok"] != true })
	s.command("kick_viewer", object{"viewer_id": "talker"})
	for talker.conn != nil {
		frame, err := talker.read(ctx)
		if ctx.Err() != nil {
			t.Fatal("the other node did not send the kicked viewer out")
		}
		if err == nil && frame["type"] == "bye" && frame["reason"] != "kicked" {
			t.Errorf("sent out with %v", frame)
		}
	}

	killed := time.Now()
	lost := ticket(s)
	first.kill()
	eventually(t, 30*time.Second, "the killed node's persons are gone", func() bool { return online(other) == 3 })
	t.Logf("the count of a killed node was gone after %s", time.Since(killed).Round(100*time.Millisecond))
	if got := open(other, lost); got != http.StatusUnauthorized {
		t.Errorf("a ticket that died with its node: %d", got)
	}
	stopHere()
	eventually(t, 30*time.Second, "nobody is left", func() bool { return online(other) == 0 })
	stopLooking()
	watching.Wait()
	second.stop(15 * time.Second)
}
