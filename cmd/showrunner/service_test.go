package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestServiceSurvivesKills: a viewer in the room and an agent talk while the server
// is killed again and again. What was acknowledged is there after the restart, once
// and in order, and the agent who comes back with since is told each message once.
func TestServiceSurvivesKills(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	server := startProgram(t, data, addr)
	s := newStage(t, server.url, data, "m-desk", "r-desk", "Asia/Shanghai", good{"p1", "sku-1", 9900, 5})
	ctx := deadline(t, 3*time.Minute)
	must(t, "POST", s.url+"/v1/service/entries", s.merch, object{"entry_id": "room", "type": "live_room", "title": "Ask us", "scope": "r-desk"}, nil)

	li := &clerk{socket: socket{url: "ws" + strings.TrimPrefix(s.url, "http") + "/v1/service/ws", token: s.tokens.sign(live.RoleAgent, "li", s.merchant)}}
	li.welcome(ctx, t, "")
	ann := s.viewer("ann", "")
	defer ann.close()
	for range 4 {
		if _, err := ann.do(ctx, object{"type": "service_entry_exposed", "data": object{"entry_id": "room"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ann.do(ctx, object{"type": "service_entry_opened", "data": object{"entry_id": "room"}}); err != nil {
		t.Fatal(err)
	}
	opened, err := ann.do(ctx, object{"type": "service_open", "event_id": "w0", "data": object{"entry_id": "room", "text": "转人工"}})
	if err != nil || opened["ok"] != true {
		t.Fatal(opened, err)
	}
	session, _ := opened["data"].(object)["session_id"].(string)
	want := []string{"w0"}
	for round := range 4 {
		for i := range 5 {
			id := fmt.Sprintf("w%d-%d", round, i)
			ack, err := ann.do(ctx, object{"type": "service_say", "event_id": id, "data": object{"session_id": session, "text": "word " + id}})
			if err != nil || ack["ok"] != true {
				t.Fatal(ack, err)
			}
			want = append(want, id)
		}
		server.kill()
		server = startProgram(t, data, addr)
		if round == 1 { // not only in the viewer's direction
			li.close()
			li.welcome(ctx, t, fmt.Sprint("?since=", li.last))
			li.ask(ctx, t, object{"id": "s", "type": "send", "data": object{"session_id": session, "text": "here", "message_id": "l1", "kind": "qa"}})
			want = append(want, "l1")
			server.kill()
			server = startProgram(t, data, addr)
		}
	}
	var list struct {
		Items []struct {
			N  int64  `json:"n"`
			ID string `json:"message_id"`
		} `json:"items"`
	}
	must(t, "GET", s.url+"/v1/service/sessions/"+session+"/messages?limit=200", s.operator, nil, &list)
	var got []string
	for i, m := range list.Items {
		if m.N != int64(i+1) {
			t.Errorf("message %d has the number %d", i+1, m.N)
		}
		got = append(got, m.ID)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("after the kills\n%s, acknowledged\n%s", got, want)
	}
	li.close()
	li.welcome(ctx, t, fmt.Sprint("?since=", li.last))
	for len(li.told) < len(want) {
		if err := li.next(ctx); err != nil {
			t.Fatalf("the agent was told %v of %v: %v", li.told, want, err)
		}
	}
	if strings.Join(li.told, " ") != strings.Join(want, " ") {
		t.Errorf("the agent was told\n%s, said was\n%s", li.told, want)
	}
	li.close()

	// What was shown and opened is counted once, through every kill.
	var entry struct {
		Figures struct{ Exposed, Opened, Sessions int64 } `json:"figures"`
	}
	for entry.Figures.Opened == 0 && ctx.Err() == nil {
		must(t, "GET", s.url+"/v1/service/entries/room", s.operator, nil, &entry)
		pause(ctx)
	}
	if f := entry.Figures; f.Exposed != 4 || f.Opened != 1 || f.Sessions != 1 {
		t.Errorf("figures of the entry %+v", f)
	}
	// Beside the session stands who they are, without money for an agent.
	var beside struct {
		Session struct{ State string }
		Orders  []struct{ Money *struct{} }
		OwnerIs string `json:"owner_id"`
	}
	must(t, "GET", s.url+"/v1/service/sessions/"+session+"/context", li.token, nil, &beside)
	if beside.OwnerIs != "li" {
		t.Errorf("beside the session: %+v", beside)
	}
}

// clerk is an agent's socket and what they were told.
type clerk struct {
	socket

	last   int64
	told   []string // ids of messages
	broken []string // sessions of which a promise was broken
}

// welcome connects, with since in the query if it is not the first time.
func (k *clerk) welcome(ctx context.Context, t *testing.T, query string) {
	t.Helper()
	base, _, _ := strings.Cut(k.url, "?")
	k.url = base + query
	for {
		if err := k.connect(ctx); err == nil {
			break
		} else if ctx.Err() != nil {
			t.Fatal(err)
		}
		pause(ctx)
	}
	w, err := k.read(ctx)
	if err != nil || w["type"] != "welcome" || (query != "") != (w["recovered"] == true) {
		t.Fatalf("welcome %v, %v", w, err)
	}
	if n, ok := w["n"].(float64); ok && query == "" {
		k.last = int64(n)
	}
}

// errAck is a frame that is no turn.
var errAck = errors.New("an ack")

// next reads one turn.
func (k *clerk) next(ctx context.Context) error {
	f, err := k.read(ctx)
	if err != nil {
		return err
	}
	if f["type"] == "ack" {
		if f["ok"] != true {
			return fmt.Errorf("refused: %v", f["error"])
		}
		return errAck
	}
	n, _ := f["n"].(float64)
	if int64(n) <= k.last {
		return fmt.Errorf("turn %v after %d", n, k.last)
	}
	k.last = int64(n)
	if f["type"] == "sla" {
		id, _ := f["session_id"].(string)
		k.broken = append(k.broken, id)
	}
	if m, ok := f["message"].(object); ok {
		id, _ := m["message_id"].(string)
		k.told = append(k.told, id)
	}
	return nil
}

// ask sends a frame and reads up to its ack.
func (k *clerk) ask(ctx context.Context, t *testing.T, frame object) {
	t.Helper()
	raw, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.conn.Write(ctx, 1, raw); err != nil {
		t.Fatal(err)
	}
	for {
		err := k.next(ctx)
		if errors.Is(err, errAck) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
