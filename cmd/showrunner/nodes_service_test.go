package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestServiceOnTwoNodes: viewers and an agent are on one server, another agent on a
// second. Sessions opened on the one are answered on the other. The first, which
// has the duty of complaints and needs, is killed while a promise runs: the second
// hears complaints, tells the broken promise and gives out sessions; who was on the
// first comes back on the second, and every acknowledged word is there once.
func TestServiceOnTwoNodes(t *testing.T) {
	e := startEngines(t, "")
	first, second := e.node("a"), e.node("b")
	s := newStage(t, first.url, filepath.Dir(e.keys), "m-two", "r-two", "Asia/Shanghai", good{"p1", "sku-1", 9900, 9})
	other := s.at(second)
	ctx := deadline(t, 4*time.Minute)
	service := second.url + "/v1/service/"
	var hours []object
	for day := range strings.FieldsSeq("mon tue wed thu fri sat sun") {
		hours = append(hours, object{"day": day, "from": "00:00", "until": "24:00"})
	}
	must(t, "PUT", service+"rules", s.merch, object{
		"time_zone": "UTC", "hours": hours, "holidays": []string{}, "first_response_s": 12, "resolution_s": 3600, "silence_s": 86400, "bot": true, "human_words": []string{},
	}, nil)
	eventually(t, 30*time.Second, "the first server has the duties", func() bool { return first.metric("showrunner_node_duty", `{duty="care"}`) == 1 })

	onNode := func(p *program, name string) *clerk {
		return &clerk{socket: socket{url: "ws" + strings.TrimPrefix(p.url, "http") + "/v1/service/ws", token: s.tokens.sign(live.RoleAgent, name, s.merchant)}}
	}
	li, wang := onNode(first, "li"), onNode(second, "wang")
	li.welcome(ctx, t, "")
	defer li.close()
	wang.welcome(ctx, t, "")
	defer wang.close()

	said := map[string][]string{} // by session: the ids of acknowledged words
	open := func(on *stage, who string) (*socket, string) {
		t.Helper()
		v := on.viewer(who, "")
		ack, err := v.do(ctx, object{"type": "service_open", "event_id": who + "-0", "data": object{"text": "转人工"}})
		if err != nil || ack["ok"] != true {
			t.Fatal(ack, err)
		}
		id, _ := ack["data"].(object)["session_id"].(string)
		said[id] = append(said[id], who+"-0")
		return v, id
	}
	say := func(v *socket, who, id string, n int) {
		t.Helper()
		word := fmt.Sprintf("%s-%d", who, n)
		ack, err := v.do(ctx, object{"type": "service_say", "event_id": word, "data": object{"session_id": id, "text": "word " + word}})
		if err != nil || ack["ok"] != true {
			t.Fatal(ack, err)
		}
		said[id] = append(said[id], word)
	}
	answer := func(k *clerk, id, word string) {
		t.Helper()
		k.ask(ctx, t, object{"id": word, "type": "send", "data": object{"session_id": id, "text": "here", "message_id": word, "kind": "qa"}})
		said[id] = append(said[id], word)
	}
	has := func(id string) string {
		t.Helper()
		var got struct {
			Agent string `json:"agent_id"`
		}
		must(t, "GET", service+"sessions/"+id, s.operator, nil, &got)
		return got.Agent
	}
	complain := func(on *stage, who string) {
		t.Helper()
		v := on.viewer(who, "")
		defer v.close()
		ack, err := v.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})
		if err != nil || ack["ok"] != true {
			t.Fatal(ack, err)
		}
		order := ack["data"].(object)["order_id"].(string)
		on.hook("paid-"+order, on.paidFact(order, "pay-"+order, 9900))
		fact := on.refundFact(order, "refund-"+order, "sku-1", 9900)
		fact["data"].(object)["reason"] = "NOT_MATCH_PRODUCT_DESC"
		on.hook("refund-"+order, fact)
	}
	complaints := func() int {
		t.Helper()
		var list struct{ Items []object }
		must(t, "GET", service+"complaints?limit=200", s.operator, nil, &list)
		return len(list.Items)
	}

	// Li has nothing to do for a moment, so wang, who is on the other server, gets it.
	li.ask(ctx, t, object{"id": "away", "type": "away", "data": object{"away": true}})
	ann, annID := open(s, "ann")
	defer ann.close()
	if got := has(annID); got != "wang" {
		t.Fatalf("ann's session is with %q", got)
	}
	answer(wang, annID, "wang-0")
	for heard := false; !heard; { // in the room, on the other server
		f, err := ann.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := f["events"].([]any)
		for _, x := range list {
			ev := x.(object)
			data, _ := ev["data"].(object)
			heard = heard || ev["type"] == "service_message_sent" && data["message_id"] == "wang-0"
		}
	}
	li.ask(ctx, t, object{"id": "back", "type": "away", "data": object{"away": false}})
	bob, bobID := open(s, "bob") // li has fewer
	defer bob.close()
	if got := has(bobID); got != "li" {
		t.Fatalf("bob's session is with %q", got)
	}
	complain(s, "carol")
	eventually(t, time.Minute, "a complaint is heard", func() bool { return complaints() == 1 })
	for n := range 5 {
		say(bob, "bob", bobID, n+1)
		say(ann, "ann", annID, n+1)
	}
	first.kill()

	// Everybody goes to the second server.
	li.close()
	li.url = onNode(second, "li").url
	li.welcome(ctx, t, fmt.Sprint("?since=", li.last))
	for _, v := range []*socket{ann, bob} {
		v.close()
		v.url = strings.Replace(v.url, strings.TrimPrefix(first.url, "http"), strings.TrimPrefix(second.url, "http"), 1)
	}
	for n := range 5 {
		say(ann, "ann", annID, n+6)
		say(bob, "bob", bobID, n+6)
	}
	eventually(t, 30*time.Second, "the second server takes the duties over", func() bool {
		return second.metric("showrunner_node_duty", `{duty="care"}`) == 1 && second.metric("showrunner_node_duty", `{duty="service"}`) == 1
	})
	complain(other, "dave")
	eventually(t, time.Minute, "complaints are heard by the second server", func() bool { return complaints() == 2 })
	eventually(t, time.Minute, "the broken promise is told", func() bool {
		var got struct {
			Clocks []struct {
				Breached string `json:"breached_at"`
			}
		}
		must(t, "GET", service+"sessions/"+bobID, s.operator, nil, &got)
		return got.Clocks[0].Breached != ""
	})
	answer(li, bobID, "li-0")
	eve, eveID := open(other, "eve")
	defer eve.close()
	if got := has(eveID); got != "li" && got != "wang" {
		t.Errorf("after the kill a session is with %q", got)
	}

	// Every acknowledged word is there once, in order, and was told once.
	for id, want := range said {
		var list struct {
			Items []struct {
				N  int64  `json:"n"`
				ID string `json:"message_id"`
			} `json:"items"`
		}
		must(t, "GET", service+"sessions/"+id+"/messages?limit=200", s.operator, nil, &list)
		var got []string
		for i, m := range list.Items {
			if m.N != int64(i+1) {
				t.Errorf("message %d has the number %d", i+1, m.N)
			}
			got = append(got, m.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("kept are\n%s, acknowledged\n%s", got, want)
		}
	}
	heard := func(k *clerk, id string) {
		t.Helper()
		own := map[string]int{}
		for done := false; !done; {
			for _, told := range k.told {
				own[told]++
			}
			k.told = nil
			done = true
			for _, word := range said[id] {
				done = done && own[word] > 0
			}
			if !done {
				if err := k.next(ctx); err != nil {
					t.Fatalf("told %v of %v: %v", own, said[id], err)
				}
			}
		}
		for _, word := range said[id] {
			if own[word] != 1 {
				t.Errorf("%s was told %d times", word, own[word])
			}
		}
	}
	heard(wang, annID)
	heard(li, bobID)
	told := 0
	for _, id := range li.broken {
		if id == bobID {
			told++
		}
	}
	if told != 1 {
		t.Errorf("li was told %d times that the promise to bob was broken", told)
	}
	second.stop(20 * time.Second)
}
