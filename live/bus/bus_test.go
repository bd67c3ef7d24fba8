package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// external starts a NATS server of its own.
func external(t *testing.T) string {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	return srv.ClientURL()
}

// node is a bus with crowds that a test sets.
type node struct {
	*Bus
	mu     sync.Mutex
	crowds []Crowd
	reg    *prometheus.Registry
	heard  chan string
	stop   func()
}

func (n *node) set(crowds ...Crowd) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.crowds = crowds
}

func join(t *testing.T, url, name string) *node {
	t.Helper()
	n := &node{heard: make(chan string, 100), reg: prometheus.NewRegistry()}
	var err error
	n.Bus, err = Open(Config{
		URL: url, Node: name, Every: 200 * time.Millisecond, Now: time.Now, Registerer: n.reg, Logger: slog.New(slog.DiscardHandler),
		Crowds: func() []Crowd {
			n.mu.Lock()
			defer n.mu.Unlock()
			return slices.Clone(n.crowds)
		},
		Frames: func(room live.RoomID, data []byte) { n.heard <- string(room) + "=" + string(data) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(n.stop)
	return n
}

func eventually(t *testing.T, about string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", about)
		}
	}
}

func crowd(room string, persons ...string) Crowd {
	c := Crowd{Room: live.RoomID(room), Sockets: len(persons), Persons: len(persons)}
	for _, p := range persons {
		c.Hashes = append(c.Hashes, HashOf(live.PersonID(p)))
	}
	return c
}

// TestOnline: persons on two servers count once while they are few, and a
// server that ends, or falls silent, counts no more.
func TestOnline(t *testing.T) {
	url := external(t)
	a, b, c := join(t, url, "a"), join(t, url, "b"), join(t, url, "c")
	a.set(crowd("r1", "ann", "bob"), crowd("r2", "ann"))
	b.set(crowd("r1", "bob", "cat"))
	c.set(Crowd{Room: "r1", Sockets: 900, Persons: 700}) // too many to be named
	eventually(t, "all count all", func() bool {
		return a.Online(crowd("r1", "ann", "bob")) == 703 && b.Online(crowd("r1", "bob", "cat")) == 703 && c.Online(Crowd{Room: "r1", Persons: 700}) == 703
	})
	if got := b.Online(crowd("r2")); got != 1 {
		t.Errorf("%d in r2, want 1", got)
	}
	if got := a.Elsewhere("r1"); got != 900 {
		t.Errorf("%d sockets elsewhere, want 900", got)
	}
	if got := a.Nodes(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("nodes %v", got)
	}
	b.set() // everybody left
	eventually(t, "an empty room", func() bool { return a.Online(crowd("r1", "ann")) == 701 })
	c.stop()
	eventually(t, "an ended server", func() bool { return a.Online(crowd("r1", "ann")) == 1 })
	b.set(crowd("r1", "cat"))
	eventually(t, "cat is back", func() bool { return a.Online(crowd("r1", "ann")) == 2 })
	b.conn.Close() // killed: it says nothing more
	eventually(t, "a silent server", func() bool { return a.Online(crowd("r1", "ann")) == 1 && len(a.Nodes()) == 1 })
}

// TestLargest: servers that share a machine are counted together.
func TestLargest(t *testing.T) {
	heard := time.Unix(1000, 0)
	b := &Bus{cfg: Config{Machine: "m1"}, peers: peers{
		now: func() time.Time { return heard }, life: time.Second, nodes: map[string]*peer{},
	}}
	if got := b.Largest("r1", 7); got != 7 {
		t.Errorf("alone: %d, want 7", got)
	}
	for _, s := range []struct {
		node, machine string
		sockets       int
		want          int
	}{
		{"b", "m1", 5, 12},
		{"c", "m2", 8, 12},
		{"d", "m2", 6, 14},
		{"e", "", 13, 14}, // Older servers say nothing of where they run.
		{"f", "", 15, 15},
		{"g", "m1", 9, 21},
	} {
		b.peers.take(beat{Node: s.node, Instance: s.node, Seq: 1, Machine: s.machine, Rooms: []Crowd{{Room: "r1", Sockets: s.sockets}}})
		if got := b.Largest("r1", 7); got != s.want {
			t.Errorf("with %s on %q: %d, want %d", s.node, s.machine, got, s.want)
		}
	}
	if got := b.Largest("r2", 3); got != 3 {
		t.Errorf("another room: %d, want 3", got)
	}
}

// TestOwner: all agree on one owner of each room, rooms are spread, and those
// of a server that is gone move, and no others.
func TestOwner(t *testing.T) {
	url := external(t)
	nodes := []*node{join(t, url, "a"), join(t, url, "b"), join(t, url, "c")}
	eventually(t, "all know all", func() bool {
		return len(nodes[0].Nodes()) == 3 && len(nodes[1].Nodes()) == 3 && len(nodes[2].Nodes()) == 3
	})
	before := map[live.RoomID]string{}
	owned := map[string]int{}
	for i := range 300 {
		room := live.RoomID(fmt.Sprintf("room-%d", i))
		before[room] = nodes[0].Owner(room)
		owned[before[room]]++
		owners := 0
		for _, n := range nodes {
			if n.Owner(room) != before[room] {
				t.Fatalf("%s says %s owns %s, a says %s", n.cfg.Node, n.Owner(room), room, before[room])
			}
			if n.Owns(room) {
				owners++
			}
		}
		if owners != 1 {
			t.Fatalf("%d own %s", owners, room)
		}
	}
	for name, n := range owned {
		if n < 60 {
			t.Errorf("%s owns %d of 300 rooms", name, n)
		}
	}
	nodes[2].stop()
	eventually(t, "c is gone", func() bool { return len(nodes[0].Nodes()) == 2 })
	for room, was := range before {
		if now := nodes[0].Owner(room); now == "c" || was != "c" && now != was {
			t.Errorf("%s moved from %s to %s", room, was, now)
		}
	}
}

// TestFrames: only those who listen to a room hear it, and nobody hears themselves.
func TestFrames(t *testing.T) {
	url := external(t)
	a, b := join(t, url, "a"), join(t, url, "b")
	for _, n := range []*node{a, b} {
		if err := n.Listen([]live.RoomID{"r.1", "r2"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Listen([]live.RoomID{"r.1"}); err != nil {
		t.Fatal(err)
	}
	if err := b.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	a.Send("r2", []byte("x"))
	a.Send("r.1", []byte("y"))
	select {
	case got := <-b.heard:
		if got != "r.1=y" {
			t.Errorf("heard %s", got)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("heard nothing")
	}
	select {
	case got := <-a.heard:
		t.Errorf("heard its own %s", got)
	default:
	}
}

func TestAsk(t *testing.T) {
	url := external(t)
	a, b := join(t, url, "a"), join(t, url, "b")
	if err := b.Answer("time", func(q []byte) []byte { return append([]byte("it is "), q...) }); err != nil {
		t.Fatal(err)
	}
	if err := b.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	got, err := a.Ask(t.Context(), "b", "time", []byte("late"))
	if err != nil || string(got) != "it is late" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, name := range []string{"nobody", "b.>", ""} {
		if _, err := a.Ask(t.Context(), name, "time", nil); !errors.Is(err, ErrGone) {
			t.Errorf("asking %q: %v, want ErrGone", name, err)
		}
	}
}

// Two servers of one name would hide each other: each says so.
func TestTwins(t *testing.T) {
	url := external(t)
	a, _ := join(t, url, "a"), join(t, url, "a")
	eventually(t, "the twin is counted", func() bool { return counted(t, a.reg, "twins_total") > 0 })
	if got := a.Nodes(); len(got) != 1 {
		t.Errorf("nodes %v", got)
	}
}

// Many rooms go in several messages, and all of them arrive.
func TestManyRooms(t *testing.T) {
	url := external(t)
	a, b := join(t, url, "a"), join(t, url, "b")
	var names []string
	for i := range FewPersons {
		names = append(names, fmt.Sprint(i))
	}
	var crowds []Crowd
	for i := range 300 {
		crowds = append(crowds, crowd(fmt.Sprintf("r%d", i), names...))
	}
	a.set(crowds...)
	eventually(t, "the last room arrives", func() bool { return b.Online(crowd("r299")) == FewPersons })
	if got := b.Online(crowd("r0")); got != FewPersons {
		t.Errorf("%d in the first room", got)
	}
}

func counted(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "showrunner_bus_"+name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func FuzzBeat(f *testing.F) {
	p := beat{Node: "a", Instance: "i", Seq: 7, Rooms: []Crowd{crowd("r1", "ann"), {Room: "r2", Sockets: 3, Persons: 2}}}
	f.Add(p.encode())
	f.Add([]byte(`{"node":"a","instance":"i","rooms":[{"r":"r","n":1,"h":"AA=="}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := decodeBeat(raw)
		if err != nil {
			return
		}
		again, err := decodeBeat(p.encode())
		if err != nil {
			t.Fatalf("%s: %v", p.encode(), err)
		}
		// A list that is there and empty says as much as none.
		if diff := cmp.Diff(string(p.encode()), string(again.encode())); diff != "" {
			t.Error(diff)
		}
	})
}
