package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/hub"
)

// roomNode is what of a server makes frames, with the log left to the test.
type roomNode struct {
	*follow
	t      *testing.T
	hub    *hub.Hub
	bus    *bus.Bus
	reg    *prometheus.Registry
	member *hub.Member
	shown  []string // texts of the comments a viewer got
}

func newRoomNode(t *testing.T, url, name string) *roomNode {
	t.Helper()
	n := &roomNode{t: t, reg: prometheus.NewRegistry()}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	n.follow = newFollow(live.Position{Seq: 1}, clock, log, n.reg)
	n.hub = hub.New(hub.Config{Epoch: "e", Framer: ws.Framer{}, Now: clock, Logger: log, Forward: n.forward, Largest: n.largest})
	var err error
	n.bus, err = bus.Open(bus.Config{
		URL: url, Node: name, Every: 250 * time.Millisecond, Frames: n.heard, Now: clock, Logger: log,
		Crowds: func() []bus.Crowd {
			var out []bus.Crowd
			for _, c := range n.hub.Crowds(bus.FewPersons) {
				out = append(out, crowdOf(c))
			}
			return out
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.join(n.hub, n.bus)
	ctx, cancel := context.WithCancel(context.Background())
	beating, looking := make(chan error, 1), make(chan error, 1)
	go func() { beating <- n.bus.Run(ctx) }()
	go func() { looking <- n.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-beating, <-looking); err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n *roomNode) watch(room live.RoomID) {
	n.t.Helper()
	var err error
	if n.member, _, err = n.hub.Join(room, hub.JoinOptions{Person: "ann", Wake: func() {}}); err != nil {
		n.t.Fatal(err)
	}
}

// see is everything the viewer was shown so far, in order.
func (n *roomNode) see() string {
	for d, ok := n.member.Next(); ok; d, ok = n.member.Next() {
		if d.Gap != nil {
			n.t.Fatalf("a gap: %+v", d.Gap)
		}
		for _, raw := range d.Frames {
			var frame struct {
				Events []struct {
					Data struct {
						Text string `json:"text"`
					} `json:"data"`
				} `json:"events"`
			}
			if err := json.Unmarshal(raw, &frame); err != nil {
				n.t.Fatal(err)
			}
			for _, e := range frame.Events {
				n.shown = append(n.shown, e.Data.Text)
			}
		}
	}
	return strings.Join(n.shown, " ")
}

func (n *roomNode) count(name string) float64 {
	return gauges(n.t, n.reg, "showrunner_rooms_"+name)[""]
}

// said is one comment of the log, its text the number of its message.
func said(room live.RoomID, seq uint64) live.Entry {
	return live.Entry{Position: live.Position{Seq: seq}, Event: live.Event{
		ID: live.EventID(fmt.Sprintf("e%d", seq)), Kind: live.CommentSent, Source: "ws", Merchant: "m", Room: room, Person: "bob",
		OccurredAt: clock(), ReceivedAt: clock(), Actor: live.Actor{ID: "bob", Role: live.RoleViewer},
		Data: fmt.Appendf(nil, `{"comment_id":"c%d","text":"%d"}`, seq, seq),
	}}
}

// read is the log as a node reads it: the messages from up to and with until.
func (n *roomNode) readLog(room live.RoomID, from, until uint64) {
	var entries []live.Entry
	for seq := from; seq <= until; seq++ {
		entries = append(entries, said(room, seq))
	}
	n.show(entries, live.Position{Seq: until + 1})
}

// tick is what the owner of a room would send of the messages from up to and with until.
func tick(room live.RoomID, prev, from, until uint64) []byte {
	b := hub.Built{Prev: live.Position{Seq: prev}.Offset(), Offset: live.Position{Seq: until}.Offset(), Interval: 20 * time.Millisecond}
	for seq := from; seq <= until; seq++ {
		if m, ok := ws.MessageOf(said(room, seq)); ok {
			b.Messages = append(b.Messages, m)
		}
	}
	return b.Encode()
}

// TestRoomOwner: a room's ticks are built once and sent on; whatever the bus
// loses, doubles or delays, viewers of the other server see the log: every
// comment, once, in order.
func TestRoomOwner(t *testing.T) {
	ns := startNATS(t, &natsserver.Options{Port: natsserver.RANDOM_PORT})
	setup := func(t *testing.T) (owner, other *roomNode, room live.RoomID) {
		t.Helper()
		owner, other = newRoomNode(t, ns.ClientURL(), "a"), newRoomNode(t, ns.ClientURL(), "b")
		eventually(t, 30*time.Second, "they know each other", func() bool { return len(owner.bus.Nodes()) == 2 && len(other.bus.Nodes()) == 2 })
		for i := 0; room == "" || !owner.bus.Owns(room); i++ {
			room = live.RoomID(fmt.Sprintf("room.%d", i))
		}
		other.watch(room)
		eventually(t, 30*time.Second, "the other one listens", func() bool { return other.count("heard") == 1 && owner.bus.Elsewhere(room) == 1 })
		return owner, other, room
	}
	sees := func(t *testing.T, n *roomNode, want string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); n.see() != want && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // Nothing comes after it.
		if got := n.see(); got != want {
			t.Errorf("saw %s, want %s", got, want)
		}
	}

	t.Run("sent on", func(t *testing.T) {
		owner, other, room := setup(t)
		owner.readLog(room, 1, 3) // the other one has read nothing
		sees(t, other, "1 2 3")
		other.readLog(room, 1, 3)
		owner.readLog(room, 4, 5)
		other.readLog(room, 4, 5)
		sees(t, other, "1 2 3 4 5")
		if got := other.count("ticks_taken_total"); got < 2 {
			t.Errorf("%v ticks were taken", got)
		}
		if got := other.count("repairs_total"); got != 0 {
			t.Errorf("%v repairs", got)
		}
	})
	t.Run("silent owner", func(t *testing.T) {
		owner, other, room := setup(t)
		owner.readLog(room, 1, 1)
		other.readLog(room, 1, 1)
		sees(t, other, "1")
		other.readLog(room, 2, 3) // the owner's own log stands still
		sees(t, other, "1 2 3")
		if got := other.count("repairs_total"); got != 1 {
			t.Errorf("%v repairs, want 1", got)
		}
		owner.readLog(room, 2, 4) // it wakes up: 2 and 3 come twice
		sees(t, other, "1 2 3 4")
	})
	t.Run("lost and doubled", func(t *testing.T) {
		_, other, room := setup(t)
		other.heard(room, tick(room, 0, 1, 2))
		other.heard(room, tick(room, 0, 1, 2))
		other.heard(room, tick(room, 0, 1, 3)) // of a second owner, a little further
		sees(t, other, "1 2 3")
		if got := other.count("ticks_dropped_total"); got != 1 {
			t.Errorf("%v dropped, want 1", got)
		}
		other.readLog(room, 1, 5)
		other.heard(room, tick(room, 5, 6, 7)) // the one with 4 and 5 was lost
		sees(t, other, "1 2 3 4 5 6 7")
		other.heard(room, tick(room, 9, 10, 10)) // 8 and 9 were lost and are not read
		sees(t, other, "1 2 3 4 5 6 7")
		other.readLog(room, 6, 10)
		sees(t, other, "1 2 3 4 5 6 7 8 9 10")
		if got := other.count("tick_gaps_total"); got != 2 {
			t.Errorf("%v gaps, want 2", got)
		}
		other.heard(room, []byte("SRT\x01?"))
		if got := other.count("ticks_unreadable_total"); got != 1 {
			t.Errorf("%v unreadable", got)
		}
	})
	t.Run("owner gone", func(t *testing.T) {
		owner, other, room := setup(t)
		owner.readLog(room, 1, 2)
		sees(t, other, "1 2")
		other.readLog(room, 1, 2)
		other.heard(room, tick(room, 2, 3, 4)) // its last words: the log has not come so far
		sees(t, other, "1 2 3 4")
		var third *roomNode
		for i := 0; third == nil; i++ { // another owner, that knows nothing of it
			n := newRoomNode(t, ns.ClientURL(), fmt.Sprintf("c%d", i))
			eventually(t, 30*time.Second, "it knows the others", func() bool { return len(n.bus.Nodes()) == 3+i })
			if n.bus.Owns(room) {
				third = n
			}
			if i == 20 {
				t.Fatal("no name makes an owner")
			}
		}
		eventually(t, 30*time.Second, "the third owns the room", func() bool {
			return third.bus.Owns(room) && !owner.bus.Owns(room) && third.bus.Elsewhere(room) == 1
		})
		third.readLog(room, 1, 6)
		other.readLog(room, 3, 6)
		sees(t, other, "1 2 3 4 5 6")
		owner.heard(room, tick(room, 0, 1, 6))
	})
	t.Run("larger than a message", func(t *testing.T) {
		owner, other, room := setup(t)
		const n = 40
		b := hub.Built{Offset: live.Position{Seq: n}.Offset()}
		var want []string
		for seq := uint64(1); seq <= n; seq++ {
			e := said(room, seq)
			e.Event.Data = fmt.Appendf(nil, `{"comment_id":"c%d","text":"%d","reply_to":"%s"}`, seq, seq, strings.Repeat("x", 200<<10))
			m, _ := ws.MessageOf(e)
			b.Messages = append(b.Messages, m)
			want = append(want, fmt.Sprint(seq))
		}
		owner.send(owner.bus, room, b)
		sees(t, other, strings.Join(want, " "))
		if got := other.count("ticks_taken_total"); got < 2 {
			t.Errorf("8 MB came in %v messages", got)
		}
		if got := other.count("tick_gaps_total"); got != 0 {
			t.Errorf("%v gaps", got)
		}
	})
}
