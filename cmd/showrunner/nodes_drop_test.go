package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// TestNodeOf holds whose reader a name is: the names must never change.
func TestNodeOf(t *testing.T) {
	for reader, want := range map[string]struct {
		node   string
		shared bool
	}{
		"clickhouse": {"", true}, "delivery": {"", true}, "something-else": {"", true},
		"ingest": {"", false}, "realtime": {"", false}, "followers": {"", true},
		"ingest-b": {"b", false}, "realtime-eu-1": {"eu-1", false}, "followers-ingest-c": {"ingest-c", false},
	} {
		if node, shared := nodeOf(reader); node != want.node || shared != want.shared {
			t.Errorf("%s: of %q, shared %v", reader, node, shared)
		}
	}
}

// TestDroppable: neither who was heard nor who was there a moment ago is dropped.
func TestDroppable(t *testing.T) {
	now := clock()
	reader := func(node, state string, age time.Duration) nodeReader {
		return nodeReader{Node: node, State: state, Reader: "ingest-" + node, Used: now.Add(-age)}
	}
	all := []nodeReader{
		{State: nodeShared, Reader: "clickhouse", Used: now.Add(-time.Hour)},
		{Node: "bare", State: nodeAlive},
		reader("a", nodeAlive, time.Hour), reader("b", nodeGone, time.Hour), reader("b", nodeGone, 20*time.Minute),
		reader("c", nodeGone, time.Hour), reader("c", nodeGone, time.Second),
		reader("fast", nodeGone, -time.Minute), // The clocks differ.
	}
	for node, want := range map[string]int{"a": 0, "bare": 0, "b": 2, "c": 0, "fast": 0, "nobody": 0} {
		c := &NodesDropCmd{Node: node, Quiet: 30 * time.Second}
		got, err := c.droppable(all, now)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%s: %v, %v", node, got, err)
		}
	}
}

// TestNodesDrop: of two servers one is killed and never comes back. Its readers
// are dropped once they are quiet and somebody has said so by name; that is on
// record. Those of a server that lives are not, and one that was dropped may
// come back as a new one.
func TestNodesDrop(t *testing.T) {
	e := startEngines(t, "")
	first, second := e.node("a"), e.node("b")
	s := newStage(t, first.url, filepath.Dir(e.keys), "m-drop", "r-drop", "UTC", good{"p1", "sku-1", 100, 10})
	ctx := deadline(t, 2*time.Minute)

	list := func() map[string]string { // state by reader
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(ctx, []string{"nodes", "list", "--nats", e.nats, "--format", "json"}, &out, &errs); code != 0 {
			t.Fatalf("list: %d %s", code, &errs)
		}
		var rows []struct{ Reader, State string }
		if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, r := range rows {
			states[r.Reader] = r.State
		}
		return states
	}
	drop := func(node, answer string, quiet time.Duration) error {
		c := &NodesDropCmd{nodesTarget: nodesTarget{e.nats}, Node: node, Database: e.database, By: "olga", Quiet: quiet, in: strings.NewReader(answer)}
		return c.Execute(ctx, t.Output(), t.Output())
	}
	refused := func(err error, why string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("error = %v, want one that says %q", err, why)
		}
	}
	states := list()
	for reader, want := range map[string]string{"ingest-a": nodeAlive, "realtime-b": nodeAlive, "followers": nodeShared, "clickhouse": nodeShared} {
		if states[reader] != want {
			t.Errorf("%s is %q, want %q: %v", reader, states[reader], want, states)
		}
	}
	refused(drop("b", "b\n", time.Minute), "b lives")
	refused(drop("clickhouse", "clickhouse\n", time.Minute), "no reader of a server clickhouse")

	second.kill()
	killed := time.Now()
	refused(drop("b", "b\n", time.Hour), "b may live")
	const quiet = 6 * time.Second
	time.Sleep(time.Until(killed.Add(quiet + time.Second)))
	if states := list(); states["ingest-b"] != nodeGone || states["ingest-a"] != nodeAlive {
		t.Errorf("after the kill: %v", states)
	}
	refused(drop("b", "yes\n", quiet), "nothing was dropped")
	refused(drop("b", "", quiet), "nothing was dropped")
	if states := list(); states["ingest-b"] != nodeGone {
		t.Errorf("after refusals: %v", states)
	}
	if err := drop("b", "b\n", quiet); err != nil {
		t.Fatal(err)
	}
	states = list()
	for _, reader := range []string{"ingest-b", "realtime-b"} {
		if _, there := states[reader]; there {
			t.Errorf("%s was dropped and is there", reader)
		}
	}
	if states["ingest-a"] != nodeAlive || states["clickhouse"] != nodeShared {
		t.Errorf("others were dropped: %v", states)
	}
	refused(drop("b", "b\n", quiet), "no reader of a server b")
	var record struct {
		Items []struct {
			Action, Code string
			Actor        struct{ ID string }
			Detail       struct {
				Node    string
				Readers []struct{ Reader string }
			}
		}
	}
	must(t, "GET", first.url+"/v1/audit", s.tokens.sign(live.RoleAdmin, "root", ""), nil, &record)
	found := 0
	for _, r := range record.Items {
		if r.Action == auditDrop {
			found++
			if r.Actor.ID != "olga" || r.Code != "" || r.Detail.Node != "b" || len(r.Detail.Readers) != 2 {
				t.Errorf("the record says %+v", r)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d drops are on record, want the one that was done", found)
	}

	// The same name again is a new server.
	again := e.node("b")
	v := s.at(again).viewer("v", "")
	defer v.close()
	if ack, err := v.do(ctx, object{"type": "comment_sent", "data": object{"text": "hello"}}); err != nil || ack["ok"] != true {
		t.Errorf("on the server that came back: %v %v", ack, err)
	}
	if states := list(); states["ingest-b"] != nodeAlive {
		t.Errorf("after it came back: %v", states)
	}
	again.stop(15 * time.Second)
	first.stop(15 * time.Second)
}

// TestNodesListMakesNothing: looking into a NATS that has no log leaves none.
func TestNodesListMakesNothing(t *testing.T) {
	ns := startNATS(t, &natsserver.Options{Port: natsserver.RANDOM_PORT})
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"nodes", "list", "--nats", ns.ClientURL()}, &out, &errs); code != 1 || !strings.Contains(errs.String(), "stream not found") {
		t.Errorf("exit code %d: %s", code, &errs)
	}
	nc, err := nats.Connect(ns.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	names := js.StreamNames(context.WithoutCancel(t.Context()))
	for name := range names.Name() {
		t.Errorf("there is a stream %s", name)
	}
}
