package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// asNATS makes the test binary a NATS server of a cluster, so that it can be
// killed like one. It holds the options as JSON.
const asNATS = "SHOWRUNNER_TEST_AS_NATS"

// natsMember is one server of a cluster of three.
type natsMember struct {
	Name   string
	Dir    string
	Port   int // of clients
	Route  int // of the other servers
	Routes []string

	process *exec.Cmd
}

func (m *natsMember) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", m.Port) }

// runNATS is the process of a member: JetStream as production has it, syncing
// to disk before it answers. It ends with its parent's end of the pipe.
func runNATS(raw string) {
	var m natsMember
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		panic(err)
	}
	o := &natsserver.Options{
		ServerName: m.Name, Host: "127.0.0.1", Port: m.Port, JetStream: true, StoreDir: m.Dir, SyncAlways: true,
		MaxPayload: 4 << 20, NoSigs: true, NoLog: true,
		Cluster: natsserver.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: m.Route},
	}
	for _, r := range m.Routes {
		at, err := url.Parse(r)
		if err != nil {
			panic(err)
		}
		o.Routes = append(o.Routes, at)
	}
	ns, err := natsserver.NewServer(o)
	if err != nil {
		panic(err)
	}
	ns.Start()
	_, _ = io.Copy(io.Discard, os.Stdin) // Until the test is gone.
	ns.Shutdown()
}

// start runs the member until the test ends or it is killed.
func (m *natsMember) start(t *testing.T) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	options, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	m.process = exec.Command(exe)
	m.process.Env = append(os.Environ(), asNATS+"="+string(options))
	m.process.Stderr = t.Output()
	if _, err := m.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.kill)
}

func (m *natsMember) kill() {
	if m.process != nil {
		_ = m.process.Process.Kill() // Already gone is as good.
		_ = m.process.Wait()         // It was killed: that is its error.
		m.process = nil
	}
}

// startNATSCluster starts three servers that keep streams together, as three
// machines would, and waits until they have a leader.
func startNATSCluster(t *testing.T) []*natsMember {
	t.Helper()
	members := make([]*natsMember, 3)
	var routes []string
	for i := range members {
		members[i] = &natsMember{Name: fmt.Sprintf("n%d", i), Dir: t.TempDir(), Port: freePort(t), Route: freePort(t)}
		routes = append(routes, fmt.Sprintf("nats-route://127.0.0.1:%d", members[i].Route))
	}
	for _, m := range members {
		m.Routes = routes
		m.start(t)
	}
	eventually(t, 60*time.Second, "the cluster makes a stream of three copies", func() bool {
		nc, err := nats.Connect(members[0].url())
		if err != nil {
			return false
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: "probe", Subjects: []string{"probe"}, Replicas: 3})
		return err == nil && js.DeleteStream(ctx, "probe") == nil
	})
	return members
}

func freePort(t *testing.T) int {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNATSCluster plays a room on two servers and a cluster of three NATS with
// three copies of the log, and kills the NATS that leads it in the middle: after
// an election the room goes on, nothing that was acknowledged is lost or
// doubled, and every socket was shown the log.
func TestNATSCluster(t *testing.T) {
	servers := startNATSCluster(t)
	e := startEngines(t, servers[0].url())
	e.flags = []string{"--replicas", "3", "--sink-age", "200ms"}
	first := e.node("a")
	e.nats = servers[1].url()
	second := e.node("b")
	goods := []good{{"p1", "sku-1", 9900, 40}, {"p2", "sku-2", 12345, 30}, {"p3", "sku-3", 100, 100000}}
	s := newStage(t, first.url, filepath.Dir(e.keys), "m-ha", "r-ha", "UTC", goods...)
	other := s.at(second)

	nc, err := nats.Connect(strings.Join([]string{servers[0].url(), servers[1].url(), servers[2].url()}, ","))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	leader := func() (int, int) {
		for range 200 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			stream, err := js.Stream(ctx, "showrunner")
			cancel()
			if err == nil && stream.CachedInfo().Cluster != nil {
				c := stream.CachedInfo().Cluster
				for i, s := range servers {
					if s.Name == c.Leader {
						return i, len(c.Replicas) + 1
					}
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("the log has no leader")
		return 0, 0
	}
	lead, copies := leader()
	if copies != 3 {
		t.Fatalf("the log has %d copies", copies)
	}

	ctx, cancel := context.WithCancel(deadline(t, 2*time.Minute))
	defer cancel()
	looking, stopLooking := context.WithCancel(ctx)
	var watching, clients sync.WaitGroup
	defer watching.Wait()
	defer stopLooking()
	var watchers []*watcher
	for i := range 6 {
		at := []*stage{s, other}[i%2]
		watchers = append(watchers, watch(looking, &watching, fmt.Sprintf("watcher %d", i), newSocket(at.url, s.room, s.tokens.sign(live.RoleViewer, fmt.Sprintf("w-%d", i), s.merchant), "channel=group")))
	}
	tally := &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}}
	var over atomic.Bool
	for i := range 6 {
		v := []*stage{s, other}[i%2].viewer(fmt.Sprintf("v-%d", i), "channel=search")
		clients.Go(func() {
			defer v.close()
			if err := roamer(ctx, s, v, i, goods, tally, &over, []string{first.url, second.url}); err != nil && ctx.Err() == nil {
				t.Errorf("viewer %d: %v", i, err)
				cancel()
			}
		})
	}
	taken := func() int {
		tally.mu.Lock()
		defer tally.mu.Unlock()
		return len(tally.acked)
	}
	sleep(ctx, 2*time.Second)
	before := taken()
	servers[lead].kill()
	cut := time.Now()
	eventually(t, 30*time.Second, "facts are taken again", func() bool { return taken() > before+24 })
	t.Logf("%d facts before the cut, taken again %s after it", before, time.Since(cut).Round(time.Millisecond))
	sleep(ctx, 2*time.Second)
	over.Store(true)
	clients.Wait()
	if ctx.Err() != nil {
		t.Fatal("the clients did not finish")
	}
	other.command("end_show", object{})
	if now, _ := leader(); now == lead {
		t.Error("the log is led by the server that was cut")
	}
	e.nats = servers[(lead+1)%3].url()
	for _, on := range []*stage{s, other} {
		on.reconciled(30 * time.Second)
		if got := on.count("gmv_paid_minor"); got != tally.paid {
			t.Errorf("%s says %d paid, the clients were told %d", on.url, got, tally.paid)
		}
	}
	log := e.readLog(s.room)
	for _, w := range watchers {
		var want uint64
		for _, l := range log {
			if !l.panels {
				want = l.offset
			}
		}
		eventually(t, 30*time.Second, w.name+" was shown everything", func() bool {
			_, at := w.seen()
			return at >= want || w.fault != nil
		})
		w.hold(t, log, false)
	}
	audit(t, e.clickhouse)
	storedOnce(t, storedFacts(t, e.clickhouse, s.merchant), e.entries(), s.merchant, tally.acked)
	servers[lead].start(t)
	eventually(t, 30*time.Second, "the server that was killed has all of the log again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stream, err := js.Stream(ctx, "showrunner")
		if err != nil {
			return false
		}
		current := 0
		for _, r := range stream.CachedInfo().Cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
		return current == 2
	})
	stopLooking()
	watching.Wait()
	for _, p := range []*program{first, second} {
		p.stop(15 * time.Second)
		if said := p.stderr.String(); strings.Contains(said, "panic") {
			t.Error(said)
		}
	}
}
