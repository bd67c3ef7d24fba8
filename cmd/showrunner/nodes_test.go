package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"showrunner/analytics/engine"
	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// engines are the servers that the nodes of a test share.
type engines struct {
	t          *testing.T
	nats       string // URLs
	database   string
	clickhouse string
	keys       string   // folder
	flags      []string // of every node, beside those that name the engines
}

// startEngines starts one PostgreSQL and one ClickHouse, and one NATS unless
// there is one at the URL. All of them end with the test.
func startEngines(t *testing.T, nats string) *engines {
	t.Helper()
	e := &engines{t: t, nats: nats, database: postgres(t)(), keys: filepath.Join(t.TempDir(), "keys")}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lib, err := engine.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	dir, watched := t.TempDir(), &tail{}
	ch, err := engine.Start(t.Context(), engine.Config{
		Dir: dir, LibraryPath: lib, Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.NewTextHandler(watched, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	supervised := make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(supervised)
		_ = ch.Run(ctx) // Its end is the test's.
	}()
	t.Cleanup(func() {
		stop()
		<-supervised
		if said, err := os.ReadFile(filepath.Join(dir, "engine.log")); t.Failed() && err == nil {
			t.Logf("ClickHouse said:\n%s\nand who watches over it:\n%s", said[max(0, len(said)-4000):], watched)
		}
		closing, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := ch.Close(closing); err != nil {
			t.Error(err)
		}
	})
	e.clickhouse = ch.URL()
	if e.nats == "" {
		ns := startNATS(t, &natsserver.Options{Port: natsserver.RANDOM_PORT})
		e.nats = ns.ClientURL()
	}
	return e
}

// startNATS starts a server with JetStream as production has it.
func startNATS(t *testing.T, o *natsserver.Options) *natsserver.Server {
	t.Helper()
	o.Host, o.JetStream, o.StoreDir, o.SyncAlways = "127.0.0.1", true, t.TempDir(), true
	o.MaxPayload, o.NoSigs, o.NoLog = 4<<20, true, true
	ns, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
	if !ns.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	return ns
}

// node starts a server on the engines. Its own folder holds nothing that
// another one could miss.
func (e *engines) node(name string) *program {
	e.t.Helper()
	flags := []string{"--node", name, "--nats", e.nats, "--database", e.database, "--clickhouse", e.clickhouse, "--keys", e.keys}
	p := startProgram(e.t, e.t.TempDir(), "127.0.0.1:0", append(flags, e.flags...)...)
	e.t.Cleanup(func() {
		if e.t.Failed() {
			e.t.Logf("node %s said:\n%s", name, p.stderr)
		}
	})
	return p
}

// at is the stage as seen through another node.
func (s *stage) at(p *program) *stage {
	other := *s
	other.url = p.url
	return &other
}

// metric reads one number off /metrics; labels as they are printed, or empty.
func (p *program) metric(name, labels string) float64 {
	p.t.Helper()
	res, err := http.Get(p.url + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+labels+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// eventually waits until ok, and fails the test with what it was about.
func eventually(t *testing.T, within time.Duration, about string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, about)
		}
	}
}

// logged is one event of the log that a room sees.
type logged struct {
	id     string
	offset uint64
	panels bool // it is for panels only
}

// readLog reads what a room saw from the log itself: what every socket is held
// against.
func (e *engines) readLog(room live.RoomID) []logged {
	e.t.Helper()
	var out []logged
	for _, entry := range e.entries() {
		if m, ok := ws.MessageOf(entry); ok && entry.Event.Room == room && m.Audience != live.AudiencePerson {
			out = append(out, logged{string(entry.Event.ID), entry.Position.Offset(), m.Audience == live.AudiencePanel})
		}
	}
	return out
}

// entries are all facts of the log.
func (e *engines) entries() []live.Entry {
	e.t.Helper()
	return entriesOf(e.t, eventlog.Config{URL: e.nats, Now: clock})
}

// figuresOf are the metrics of the live snapshot.
func (s *stage) figuresOf() map[string]json.RawMessage {
	s.t.Helper()
	var got struct {
		Metrics map[string]json.RawMessage `json:"metrics"`
	}
	must(s.t, "GET", s.path("/snapshot"), s.operator, nil, &got)
	return got.Metrics
}

// hookAt posts signed order facts to whichever of the nodes takes them.
func (s *stage) hookAt(urls []string, id string, facts ...object) error {
	body, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	var last string
	for n := range 600 {
		status, got, err := call(s.t.Context(), "POST", urls[n%len(urls)]+"/v1/webhooks/"+s.source+"/orders", "", body, signWebhook(s.secret, id, s.now(), body)...)
		if err == nil && status/100 == 2 {
			return nil
		}
		last = fmt.Sprintf("%d %s %v", status, got, err)
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("no node took %s: %s", id, last)
}
