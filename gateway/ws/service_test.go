package ws_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/conversion/care/desk"
	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
	"showrunner/live/store"
)

func init() {
	for _, name := range []string{"li", "wang"} {
		tokens[name] = live.Principal{Subject: name, Name: strings.ToUpper(name[:1]) + name[1:], Role: live.RoleAgent, Merchant: "m1"}
	}
	tokens["m2 agent"] = live.Principal{Subject: "spy", Role: live.RoleAgent, Merchant: "m2"}
}

// counter is a rig with a real desk on a real store behind it.
type counter struct {
	*rig

	t     *testing.T
	desk  *desk.Desk
	store *store.Store
	told  int64 // the last of the outbox that the room was told
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t}
	var err error
	if c.store, err = store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.store.Close(); err != nil {
			t.Error(err)
		}
	})
	c.desk = desk.New(desk.Config{Store: c.store, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	c.rig = newRig(t, func(d *ws.Deps, hc *hub.Config) {
		wide(d, hc)
		d.Desk = c.desk
		d.ServiceWire = ws.ServiceWire{
			Session: func(s desk.Session) any {
				return map[string]any{"session_id": s.ID, "state": s.State, "agent_id": s.Agent}
			},
			Message: func(m desk.Message) any { return map[string]any{"text": m.Text, "by": m.By, "n": m.N} },
		}
	})
	return c
}

// tell shows the room what the desk has stated, as the feed of the log does.
func (c *counter) tell() {
	c.t.Helper()
	rows, err := c.store.Outbox(context.Background(), c.told, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range rows {
		if r.ID > c.told {
			c.told = r.ID
			c.log.state(r.Event)
		}
	}
}

// agentFrame is any frame to an agent.
type agentFrame struct {
	Type      string           `json:"type"`
	N         int64            `json:"n"`
	Recovered bool             `json:"recovered"`
	SessionID string           `json:"session_id"`
	Session   map[string]any   `json:"session"`
	Message   map[string]any   `json:"message"`
	Sessions  []map[string]any `json:"sessions"`
	Queue     []map[string]any `json:"queue"`
	Gone      bool             `json:"gone"`
	ID        string           `json:"id"`
	OK        bool             `json:"ok"`
	Data      map[string]any   `json:"data"`
	Code      int              `json:"code"`
	Reason    string           `json:"reason"`
	Error     *struct {
		Code  string `json:"code"`
		Field string `json:"field"`
	} `json:"error"`
}

// clerk is an agent's socket.
type clerk struct {
	t    *testing.T
	conn *client.Conn
	ctx  context.Context
}

func (c *counter) clerk(token, query string) *clerk {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	c.t.Cleanup(cancel)
	conn, resp, err := client.Dial(ctx, c.url+"/v1/service/ws?"+query, &client.DialOptions{Subprotocols: []string{ws.Subprotocol, "bearer." + token}})
	if err != nil {
		c.t.Fatalf("dial as %s: %v (%v)", token, err, resp)
	}
	c.t.Cleanup(func() { _ = conn.CloseNow() })
	return &clerk{c.t, conn, ctx}
}

func (k *clerk) read() (f agentFrame) {
	k.t.Helper()
	_, raw, err := k.conn.Read(k.ctx)
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return f
}

func (k *clerk) until(fits func(agentFrame) bool) agentFrame {
	k.t.Helper()
	for {
		if f := k.read(); fits(f) {
			return f
		}
	}
}

func (k *clerk) ask(id, rest string) agentFrame {
	k.t.Helper()
	if err := k.conn.Write(k.ctx, client.MessageText, []byte(`{"id":"`+id+`",`+rest+`}`)); err != nil {
		k.t.Fatal(err)
	}
	return k.until(func(f agentFrame) bool { return f.Type == "ack" && f.ID == id })
}

// TestServiceInTheRoom: a viewer opens a session without leaving the room, an agent
// answers, the viewer alone sees it and rates it.
func TestServiceInTheRoom(t *testing.T) {
	c := newCounter(t)
	ann, _ := c.enter(t, "viewer", "")
	bob, _ := c.enter(t, "viewer2", "")
	staff, _ := c.enter(t, "operator", "panel=1")
	li := c.clerk("li", "")
	if w := li.read(); w.Type != "welcome" || w.Recovered || len(w.Sessions) != 0 {
		t.Fatalf("welcome %+v", w)
	}
	opened := ann.ask("1", `"type":"service_open","event_id":"a1","data":{"text":"转人工 please"}`)
	if !opened.OK || opened.Data["state"] != "assigned" {
		t.Fatalf("opened: %+v %+v", opened.Data, opened.Error)
	}
	session, _ := opened.Data["session_id"].(string)
	got := li.until(func(f agentFrame) bool { return f.Type == "message" })
	if got.Message["text"] != "转人工 please" || got.SessionID != session {
		t.Errorf("the agent reads %+v", got)
	}
	if a := li.ask("1", `"type":"send","data":{"session_id":"`+session+`","text":"here I am","kind":"qa","message_id":"l1"}`); !a.OK {
		t.Errorf("send: %+v", a.Error)
	}
	if a := li.ask("2", `"type":"close","data":{"session_id":"`+session+`","resolution":"resolved"}`); !a.OK {
		t.Errorf("close: %+v", a.Error)
	}
	if a := ann.ask("2", `"type":"service_rate","data":{"session_id":"`+session+`","score":5}`); !a.OK {
		t.Errorf("rate: %+v", a.Error)
	}
	if a := bob.ask("1", `"type":"service_say","data":{"session_id":"`+session+`","text":"me too"}`); a.OK || a.Error.Code != "session_not_found" {
		t.Errorf("somebody else speaks: %+v", a.Error)
	}
	for body, want := range map[string][2]string{
		`"type":"service_say","data":{"session_id":"` + session + `","text":""}`:                 {"invalid_field", "data.text"},
		`"type":"service_say","data":{"text":"x"}`:                                               {"invalid_field", "data.session_id"},
		`"type":"service_rate","data":{"session_id":"` + session + `","score":"5"}`:              {"invalid_field", "data.score"},
		`"type":"service_open","data":{"entry_id":"nowhere","text":"x"}`:                         {"entry_not_found", ""},
		`"type":"service_open","data":{"text":"` + strings.Repeat("a", 2001) + `"}`:              {"invalid_field", "data.text"},
		`"type":"service_say","data":{"session_id":"` + session + `","text":"x","colour":"red"}`: {"invalid_field", "data"},
	} {
		if a := ann.ask("3", body); a.OK || a.Error.Code != want[0] || a.Error.Field != want[1] {
			t.Errorf("%.60s: %+v", body, a.Error)
		}
	}
	if a := staff.ask("1", `"type":"service_open","data":{"text":"x"}`); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("staff asks for service in the room: %+v", a.Error)
	}
	c.tell()
	end := c.log.state(comment("last"))
	for name, p := range map[string]*peer{"ann": ann, "bob": bob, "panel": staff} {
		var seen []string
		p.until(func(f frame) bool {
			for _, e := range f.Events {
				if !strings.HasPrefix(e.Type, "service_") {
					continue
				}
				text, _ := e.Data["text"].(string)
				seen = append(seen, strings.TrimSpace(e.Type+" "+text))
				for _, hidden := range []string{"wall_ms", "tags", "initiated_by"} {
					if e.Data[hidden] != nil {
						t.Errorf("%s tells %s", e.Type, hidden)
					}
				}
			}
			return f.Type == "events" && f.Offset == end
		})
		want := ""
		if name == "ann" {
			want = "service_message_sent 转人工 please, service_handed_over, service_session_assigned, service_message_sent here I am, service_session_closed"
		}
		if got := strings.Join(seen, ", "); got != want {
			t.Errorf("%s sees %q, want %q", name, got, want)
		}
	}
}

// TestAgentComesBack: an agent whose connection broke misses nothing that was said
// meanwhile, is told nothing twice, and nothing of others.
func TestAgentComesBack(t *testing.T) {
	c := newCounter(t)
	ann, _ := c.enter(t, "viewer", "")
	bob, _ := c.enter(t, "viewer2", "")
	li := c.clerk("li", "")
	li.read()
	mine := ann.ask("1", `"type":"service_open","data":{"text":"human 1"}`).Data["session_id"].(string)
	last := li.until(func(f agentFrame) bool { return f.Type == "message" })
	wang := c.clerk("wang", "")
	wang.read()
	if a := li.ask("1", `"type":"away","data":{"away":true}`); !a.OK || a.Data["state"] != "away" {
		t.Errorf("away: %+v %+v", a.Data, a.Error)
	}
	_ = li.conn.CloseNow()
	others := bob.ask("1", `"type":"service_open","data":{"text":"human 2"}`)
	if others.Data["state"] != "assigned" {
		t.Errorf("the other agent is there, the session is %+v", others.Data)
	}
	for _, text := range []string{"one", "two", "three"} {
		if a := ann.ask("2", `"type":"service_say","data":{"session_id":"`+mine+`","text":"`+text+`"}`); !a.OK {
			t.Fatal(a.Error)
		}
	}
	li = c.clerk("li", "since="+itoa(last.N))
	if w := li.read(); w.Type != "welcome" || !w.Recovered || w.N != last.N {
		t.Errorf("welcome back %+v", w)
	}
	var texts []string
	n := last.N
	for len(texts) < 3 {
		f := li.read()
		if f.N <= n {
			t.Errorf("turn %d after %d", f.N, n)
		}
		n = f.N
		if f.SessionID != mine && !f.Gone {
			t.Errorf("told of somebody else's session: %+v", f)
		}
		if f.Type == "message" {
			texts = append(texts, f.Message["text"].(string))
		}
	}
	if got := strings.Join(texts, " "); got != "one two three" {
		t.Errorf("missed %q", got)
	}
	if a := li.ask("9", `"type":"send","data":{"session_id":"`+others.Data["session_id"].(string)+`","text":"x"}`); a.OK || a.Error.Code != "session_not_found" {
		t.Errorf("speaks in somebody else's: %+v", a.Error)
	}
	if a := li.ask("10", `"type":"dance"`); a.OK || a.Error.Code != "unknown_type" {
		t.Errorf("dances: %+v", a.Error)
	}
	fresh := c.clerk("li", "since=999999")
	if w := fresh.read(); w.Recovered || len(w.Sessions) != 1 {
		t.Errorf("since the future: %+v", w)
	}
	spy := c.clerk("m2 agent", "")
	if w := spy.read(); len(w.Sessions)+len(w.Queue) != 0 {
		t.Errorf("another merchant's agent sees %+v", w)
	}
	if a := spy.ask("1", `"type":"accept","data":{"session_id":"`+mine+`"}`); a.OK || a.Error.Code != "session_not_found" {
		t.Errorf("another merchant's agent accepts: %+v", a.Error)
	}
	for query, status := range map[string]int{"since=x": 400, "all=1": 403, "away=2": 400, "merchant_id=m2": 403} {
		_, resp, err := client.Dial(t.Context(), c.url+"/v1/service/ws?"+query, &client.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer li"}}})
		if err == nil || resp == nil || resp.StatusCode != status {
			t.Errorf("%s: %v %v", query, resp, err)
		}
	}
	_, resp, err := client.Dial(t.Context(), c.url+"/v1/service/ws", &client.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer viewer"}}})
	if err == nil || resp == nil || resp.StatusCode != 403 {
		t.Errorf("a viewer as an agent: %v %v", resp, err)
	}
}

func itoa(n int64) string {
	raw, _ := json.Marshal(n)
	return string(raw)
}
