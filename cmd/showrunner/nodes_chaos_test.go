package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// commotion is a room on two servers, each with people who look on and people
// who write, buy and pay through that server alone while it lives.
type commotion struct {
	e        *engines
	nodes    []*program
	on       []*stage // the room through each
	tallies  []*tallyOfKills
	watchers []*watcher

	ctx      context.Context
	cancel   context.CancelFunc
	over     atomic.Bool
	clients  sync.WaitGroup
	watching sync.WaitGroup
	looking  context.CancelFunc
}

// begin opens the room and lets the people in. With refuge they go to the other
// server when theirs does not answer.
func (e *engines) begin(name string, nodes []*program, refuge bool) *commotion {
	e.t.Helper()
	goods := []good{{"p1", "sku-1", 9900, 60}, {"p2", "sku-2", 12345, 100000}, {"p3", "sku-3", 100, 100000}}
	c := &commotion{e: e, nodes: nodes}
	c.ctx, c.cancel = context.WithCancel(deadline(e.t, 4*time.Minute))
	var looking context.Context
	looking, c.looking = context.WithCancel(c.ctx)
	s := newStage(e.t, nodes[0].url, filepath.Dir(e.keys), "m-"+name, "r-"+name, "UTC", goods...)
	for _, p := range nodes {
		c.on = append(c.on, s.at(p))
		c.tallies = append(c.tallies, &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}})
	}
	e.t.Cleanup(func() {
		c.cancel()
		c.watching.Wait()
		c.clients.Wait()
	})
	for i := range nodes {
		home, away := c.on[i], c.on[(i+1)%len(nodes)]
		urls := []string{home.url}
		if refuge {
			urls = append(urls, away.url)
		}
		for n := range 3 {
			w := newSocket(home.url, s.room, s.tokens.sign(live.RoleViewer, fmt.Sprintf("w-%d-%d", i, n), s.merchant), "channel=group")
			v := home.viewer(fmt.Sprintf("v-%d-%d", i, n), "channel=search")
			if refuge {
				w.spare = newSocket(away.url, s.room, w.token, "channel=group").url
				v.spare = newSocket(away.url, s.room, v.token, "channel=search").url
			}
			c.watchers = append(c.watchers, watch(looking, &c.watching, fmt.Sprintf("watcher %d of %d", n, i), w))
			c.clients.Go(func() {
				defer v.close()
				if err := roamer(c.ctx, s, v, 10*i+n, goods, c.tallies[i], &c.over, urls); err != nil && c.ctx.Err() == nil {
					e.t.Errorf("viewer %d of %d: %v", n, i, err)
					c.cancel()
				}
			})
		}
	}
	return c
}

// done is how many facts and orders were acknowledged through a server.
func (c *commotion) done(i int) (facts, orders int) {
	t := c.tallies[i]
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.acked), len(t.orders)
}

// goesOn waits until people write and buy through a server.
func (c *commotion) goesOn(i int, within time.Duration, about string) {
	c.e.t.Helper()
	facts, orders := c.done(i)
	began := time.Now()
	eventually(c.e.t, within, about+": facts and orders are taken", func() bool {
		f, o := c.done(i)
		return f >= facts+12 && o >= orders+3 || c.ctx.Err() != nil
	})
	c.e.t.Logf("%s: taken by server %d after %s", about, i, time.Since(began).Round(10*time.Millisecond))
}

// seen waits until everybody who looks on was shown what is pinned now through a
// server.
func (c *commotion) seen(i int, within time.Duration, about string) {
	c.e.t.Helper()
	var did struct {
		Event string `json:"event_id"`
	}
	must(c.e.t, "POST", c.on[i].path("/commands"), c.on[i].operator, object{
		"command_id": fmt.Sprintf("pin-%d", time.Now().UnixNano()), "command": "announce", "data": object{"text": about},
	}, &did)
	if did.Event == "" {
		c.e.t.Fatal("a command without an event")
	}
	for _, w := range c.watchers {
		eventually(c.e.t, within, about+": "+w.name+" sees what is said", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return slices.Contains(w.events, did.Event) || w.fault != nil
		})
	}
}

// end ends the show and holds everything against everything: figures of every
// server that lives, what the clients were told, the log, ClickHouse.
func (c *commotion) end(alive ...int) {
	t := c.e.t
	t.Helper()
	c.over.Store(true)
	c.clients.Wait()
	if c.ctx.Err() != nil {
		t.Fatal("the clients did not finish")
	}
	var paid int64
	orders, acked, units := 0, map[string]bool{}, map[string]int64{}
	for _, tally := range c.tallies {
		paid += tally.paid
		orders += len(tally.orders)
		for id := range tally.acked {
			acked[id] = true
		}
		for sku, n := range tally.units {
			units[sku] += n
		}
	}
	if units["sku-1"] > 60 {
		t.Errorf("%d units of 60 were sold", units["sku-1"])
	}
	c.on[alive[0]].command("end_show", object{})
	for _, i := range alive {
		c.on[i].reconciled(60 * time.Second)
		if got := c.on[i].count("gmv_paid_minor"); got != paid {
			t.Errorf("server %d says %d paid, the clients were told %d", i, got, paid)
		}
		if got := c.on[i].count("orders"); got != int64(orders) {
			t.Errorf("server %d says %d orders, the clients were told %d", i, got, orders)
		}
	}
	log := c.e.readLog(c.on[0].room)
	var want uint64
	for _, l := range log {
		if !l.panels {
			want = l.offset
		}
	}
	for _, w := range c.watchers {
		eventually(t, 30*time.Second, w.name+" was shown everything", func() bool {
			_, at := w.seen()
			return at >= want || w.fault != nil
		})
		w.hold(t, log, false)
	}
	audit(t, c.e.clickhouse)
	storedOnce(t, storedFacts(t, c.e.clickhouse, c.on[0].merchant), c.e.entries(), c.on[0].merchant, acked)
	t.Logf("%d facts and %d orders acknowledged, %d minor units paid, log of %d events", len(acked), orders, paid, len(log))
	c.looking()
	c.watching.Wait()
	for _, i := range alive {
		c.nodes[i].stop(15 * time.Second)
		if said := c.nodes[i].stderr.String(); strings.Contains(said, "panic") {
			t.Error(said)
		}
	}
}

// freeze stops a process as it is: its sockets stay open and nobody answers.
func freeze(t *testing.T, pid int) (thaw func()) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thaw = sync.OnceFunc(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // Gone is as good.
	t.Cleanup(thaw)
	return thaw
}

// liveFigures are those of a server.
type liveFigures struct {
	Lag         float64 `json:"lag_ms"`
	Provisional bool    `json:"provisional"`
	Metrics     map[string]json.RawMessage
}

func (s *stage) liveFigures() (f liveFigures) {
	s.t.Helper()
	must(s.t, "GET", s.path("/snapshot"), s.operator, nil, &f)
	return f
}

// TestClickHouseHangsOnTwoNodes freezes the ClickHouse of two servers, so that
// it neither answers nor hangs up, and then kills the server that was writing to
// it. The room and its orders go on throughout and the live figures with them,
// saying how far what is stored lags; when ClickHouse is back the other server
// has taken over, sends what the first one may or may not have sent, and every
// fact stands there once.
func TestClickHouseHangsOnTwoNodes(t *testing.T) {
	e := startEngines(t, "")
	e.flags = []string{"--sink-age", "200ms"}
	nodes := []*program{e.node("a"), e.node("b")}
	c := e.begin("hang", nodes, true)
	c.goesOn(0, 30*time.Second, "before")
	c.goesOn(1, 30*time.Second, "before")
	eventually(t, 30*time.Second, "one of them writes", func() bool {
		return nodes[0].metric("showrunner_node_duty", `{duty="sink"}`)+nodes[1].metric("showrunner_node_duty", `{duty="sink"}`) == 1
	})
	writer, other := 0, 1
	if nodes[1].metric("showrunner_node_duty", `{duty="sink"}`) == 1 {
		writer, other = 1, 0
	}

	pid := engineChildOf(t, os.Getpid())
	if pid == 0 {
		t.Fatal("no engine to freeze")
	}
	thaw := freeze(t, pid)
	frozen := time.Now()
	for _, p := range nodes {
		p.ready(503, 20*time.Second)
	}
	for i := range nodes {
		c.goesOn(i, 20*time.Second, "while ClickHouse hangs")
		c.seen(i, 10*time.Second, "while ClickHouse hangs")
		_, orders := c.done(i)
		eventually(t, 30*time.Second, "live figures count orders, and say how far the store lags", func() bool {
			f := c.on[i].liveFigures()
			var n int
			return json.Unmarshal(f.Metrics["orders"], &n) == nil && n >= orders && f.Lag > 2000 && f.Provisional
		})
	}

	nodes[writer].kill()
	c.goesOn(writer, 20*time.Second, "with one server left") // Its people are at the other one now.
	c.goesOn(other, 20*time.Second, "with one server left")
	c.seen(other, 10*time.Second, "with one server left")
	eventually(t, 20*time.Second, "the other one takes the writing over", func() bool {
		return nodes[other].metric("showrunner_node_duty", `{duty="sink"}`) == 1
	})
	t.Logf("ClickHouse hung for %s", time.Since(frozen).Round(time.Millisecond))
	thaw()
	nodes[other].ready(200, time.Minute)
	eventually(t, time.Minute, "what is stored has caught up", func() bool { return c.on[other].liveFigures().Lag < 2000 })
	c.end(other)
}

// TestNATSServerHangs freezes one of three NATS servers: the one that leads the
// log, and to which one of our two servers is connected. It does not hang up, so
// that only silence tells. The others elect a leader, our server finds that
// nobody answers and goes to another, and facts and orders go on through both.
// What was said before, meanwhile and after is there once.
func TestNATSServerHangs(t *testing.T) {
	servers := startNATSCluster(t)
	e := startEngines(t, servers[0].url())
	e.flags = []string{"--replicas", "3", "--sink-age", "200ms"}
	nodes := []*program{e.node("a")}
	nc, err := nats.Connect(servers[0].url() + "," + servers[1].url() + "," + servers[2].url())
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "showrunner")
	if err != nil {
		t.Fatal(err)
	}
	lead := -1
	for i, s := range servers {
		if s.Name == stream.CachedInfo().Cluster.Leader {
			lead = i
		}
	}
	nc.Close()
	if lead < 0 {
		t.Fatalf("the log has no leader: %+v", stream.CachedInfo().Cluster)
	}
	// The first may be anywhere; the second is where the leader is.
	e.nats = servers[lead].url()
	nodes = append(nodes, e.node("b"))
	c := e.begin("silence", nodes, false)
	c.goesOn(0, 30*time.Second, "before")
	c.goesOn(1, 30*time.Second, "before")

	thaw := freeze(t, servers[lead].process.Process.Pid)
	frozen := time.Now()
	for i := range nodes {
		c.goesOn(i, time.Minute, "while a NATS server hangs")
		c.seen(i, 20*time.Second, "while a NATS server hangs")
	}
	t.Logf("both servers went on %s after the leader of the log fell silent", time.Since(frozen).Round(time.Millisecond))
	thaw()
	c.goesOn(0, time.Minute, "after it came back")
	c.goesOn(1, time.Minute, "after it came back")
	e.nats = servers[(lead+1)%3].url()
	c.end(0, 1)
}
