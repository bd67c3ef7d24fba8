package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestAgentFramesAreDocumented: whatever the agents' websocket really sends, in a
// session from the queue over two agents to its rating, broken promises, refusals
// and farewells, is what /asyncapi.json of the same server says, and every kind of
// frame was seen.
func TestAgentFramesAreDocumented(t *testing.T) {
	data := t.TempDir()
	server := startProgram(t, data, freeAddr(t))
	s := newStage(t, server.url, data, "m-told", "r-told", "Asia/Shanghai", good{"p1", "sku-1", 9900, 5})
	ctx := deadline(t, 3*time.Minute)
	doc := readProtocol(t, s.url)
	var hours []object
	for day := range strings.FieldsSeq("mon tue wed thu fri sat sun") {
		hours = append(hours, object{"day": day, "from": "00:00", "until": "24:00"})
	}
	must(t, "PUT", s.url+"/v1/service/rules", s.merch, object{
		"time_zone": "UTC", "hours": hours, "holidays": []string{}, "first_response_s": 1, "resolution_s": 2, "silence_s": 86400, "bot": true, "human_words": []string{},
	}, nil)
	must(t, "POST", s.url+"/v1/service/entries", s.merch, object{"entry_id": "room", "type": "live_room", "title": "Ask us", "scope": "r-told"}, nil)
	seen := map[string]int{}
	desk := func(name, query string) *toldClerk {
		k := &toldClerk{t: t, ctx: ctx, doc: doc, seen: seen, socket: socket{
			url: "ws" + strings.TrimPrefix(s.url, "http") + "/v1/service/ws" + query, token: s.tokens.sign(live.RoleAgent, name, s.merchant),
		}}
		if err := k.connect(ctx); err != nil {
			t.Fatal(err)
		}
		return k
	}
	li := desk("li", "")
	defer li.close()
	li.until("welcome")
	wang := desk("wang", "?away=1")
	defer wang.close()
	wang.until("welcome")

	li.ask("away", object{"away": true}, true)
	ann := s.viewer("ann", "")
	defer ann.close()
	opened, err := ann.do(ctx, object{"type": "service_open", "event_id": "w0", "data": object{"entry_id": "room", "text": "转人工"}})
	if err != nil || opened["ok"] != true {
		t.Fatal(opened, err)
	}
	session, _ := opened["data"].(object)["session_id"].(string)
	li.until("queue")
	wang.until("queue")
	li.ask("accept", object{"session_id": session}, true)
	wang.until("session")   // it is gone
	back := li.until("sla") // the first word was promised within a second
	li.ask("send", object{"session_id": session, "text": "here I am", "kind": "qa", "message_id": "l1"}, true)
	li.ask("tag", object{"session_id": session, "tags": []string{"vip", "size"}}, true)
	li.ask("send", object{"session_id": session}, false)
	li.ask("dance", object{}, false)
	wang.ask("away", object{"away": false}, true)
	li.ask("transfer", object{"session_id": session, "agent_id": "wang", "reason": "knows sizes"}, true)
	wang.until("session")
	li.close()
	li = desk("li", "?since="+back)
	defer li.close()
	if w := li.frame(); w["recovered"] != true {
		t.Fatalf("welcome back %v", w)
	}
	li.until("session") // gone
	if ack, err := ann.do(ctx, object{"type": "service_say", "event_id": "w1", "data": object{"session_id": session, "text": "and the price?"}}); err != nil || ack["ok"] != true {
		t.Fatal(ack, err)
	}
	wang.until("message")
	fresh := desk("wang", "") // their second tab: a welcome that has a session
	defer fresh.close()
	fresh.until("welcome")
	wang.ask("close", object{"session_id": session, "resolution": "resolved"}, true)
	if ack, err := ann.do(ctx, object{"type": "service_rate", "data": object{"session_id": session, "score": 5}}); err != nil || ack["ok"] != true {
		t.Fatal(ack, err)
	}
	wang.until("session")
	if err := fresh.conn.Write(ctx, 2, []byte("binary")); err != nil { // a fault of the protocol
		t.Fatal(err)
	}
	fresh.until("bye")
	for _, f := range agentFrameNames(doc) {
		if seen[f] == 0 {
			t.Errorf("no %s was sent: %v", f, seen)
		}
	}
}

// agentFrameNames are the messages that the document says agents are sent, as the
// frame calls them.
func agentFrameNames(d *protocolDoc) (out []string) {
	for name := range d.Components.Messages {
		if kind, ok := strings.CutPrefix(name, "agent."); ok {
			out = append(out, kind)
		}
		if kind, ok := strings.CutPrefix(name, "work."); ok {
			out = append(out, "ack of "+kind)
		}
	}
	return append(out, "bye", "refusal")
}

// toldClerk is an agent's socket of which every frame is held against the document.
type toldClerk struct {
	socket

	t    *testing.T
	ctx  context.Context
	doc  *protocolDoc
	seen map[string]int
}

// frame reads the next frame.
func (w *toldClerk) frame() object {
	w.t.Helper()
	f, err := w.read(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	kind, _ := f["type"].(string)
	name := "agent." + kind
	if kind == "ack" || kind == "bye" {
		name = kind
	} else {
		w.seen[kind]++
	}
	if kind == "bye" {
		w.seen[kind]++
	}
	if err := w.doc.frame(name, f); err != nil {
		w.t.Errorf("%s: %v\n%v", name, err, f)
	}
	return f
}

// until reads up to a frame of that kind and gives its number.
func (w *toldClerk) until(kind string) string {
	w.t.Helper()
	for {
		if f := w.frame(); f["type"] == kind {
			n, _ := f["n"].(float64)
			return strconv.FormatInt(int64(n), 10)
		}
	}
}

// ask sends a frame and holds its answer against what the document says of it.
func (w *toldClerk) ask(kind string, data object, ok bool) {
	w.t.Helper()
	w.seq++
	id := strconv.FormatInt(int64(w.seq), 10)
	frame := object{"id": id, "type": kind, "data": data}
	if err := w.conn.Write(w.ctx, 1, encode(w.t, frame)); err != nil {
		w.t.Fatal(err)
	}
	for {
		f := w.frame()
		if f["type"] != "ack" || f["id"] != id {
			continue
		}
		if f["ok"] != ok {
			w.t.Fatalf("%s: %v", kind, f)
		}
		if !ok {
			w.seen["refusal"]++
			return
		}
		w.seen["ack of "+kind]++
		if err := w.doc.frame("work."+kind, decoded(w.t, frame)); err != nil {
			w.t.Errorf("what was sent: %v", err)
		}
		if err := w.doc.fits("answer", w.doc.Components.Schemas["answer."+kind], f["data"]); err != nil {
			w.t.Errorf("answer to %s: %v", kind, err)
		}
		return
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// decoded is a value as the other side reads it.
func decoded(t *testing.T, v any) (out any) {
	t.Helper()
	if err := json.Unmarshal(encode(t, v), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
