package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// TestGroupsEndToEnd states the facts of a group that nobody registered, kills the
// server, and finds the group with its members and its agent's words: facts that
// arrive twice or late change the day they are of.
func TestGroupsEndToEnd(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	s := newStage(t, p.url, data, "m-groups", "r-groups", "Asia/Shanghai", good{"p1", "sku-1", 1000, 10})
	ctx := deadline(t, 3*time.Minute)
	crm := s.tokens.sign("integration", "crm", "m-groups")
	now := time.Now().UTC()
	state := func(id, kind, user string, ago time.Duration, data object) object {
		data["group_id"] = "g-1"
		return object{"event_id": id, "type": kind, "user_id": user, "occurred_at": now.Add(-ago).Format(time.RFC3339), "data": data}
	}
	var facts []object
	for i := range 5 {
		facts = append(facts, state(fmt.Sprint("j", i), "group_joined", fmt.Sprint("u", i), 48*time.Hour, object{"join_scene": "qr", "agent_id": "anna", "group_name": "Mothers"}))
	}
	facts = append(facts, facts[0], state("again", "group_joined", "u1", 47*time.Hour, object{}), state("l", "group_left", "u4", time.Hour, object{"quit_scene": "self"}),
		state("s", "group_message_sent", "u2", time.Hour, object{"by_role": "member"}), state("c", "group_message_sent", "", time.Hour, object{"by_role": "expert", "kind": "care", "agent_id": "anna"}))
	delete(facts[len(facts)-1], "user_id")
	facts[len(facts)-1]["actor"] = object{"id": "anna", "role": "agent"}
	post := func(list []object) {
		t.Helper()
		var out struct{ Rejected int }
		must(t, "POST", s.url+"/v1/events", crm, list, &out)
		if out.Rejected > 0 {
			t.Fatalf("%d facts were rejected", out.Rejected)
		}
	}
	post(facts)
	p.kill()
	p = startProgram(t, data, addr)
	type row struct {
		ID      string `json:"group_id"`
		Name    string `json:"name"`
		Agent   string `json:"agent_id"`
		Found   bool   `json:"found"`
		Members int64  `json:"members"`
		Active  int64  `json:"active_7d"`
		Joins   int64  `json:"joins_30d"`
		Leaves  int64  `json:"leaves_30d"`
	}
	await := func(want row) {
		t.Helper()
		var board struct{ Items []row }
		for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			if status, raw, err := call(ctx, "GET", s.url+"/v1/groups/board", s.merch, nil); err == nil && status == 200 {
				if err := json.Unmarshal(raw, &board); err != nil {
					t.Fatal(err)
				}
				if len(board.Items) == 1 && board.Items[0] == want {
					return
				}
			}
		}
		t.Fatalf("the board has %+v, want %+v", board.Items, want)
	}
	await(row{"g-1", "Mothers", "anna", true, 4, 1, 5, 1})
	post([]object{state("late", "group_joined", "u9", 24*time.Hour, object{})})
	await(row{"g-1", "Mothers", "anna", true, 5, 1, 6, 1})
	var words struct {
		Items []struct {
			Agent string `json:"agent_id"`
			Rate  struct{ Numerator, Denominator int64 }
		}
	}
	must(t, "GET", s.url+"/v1/groups/agents", s.merch, nil, &words)
	if len(words.Items) != 1 || words.Items[0].Agent != "anna" {
		t.Errorf("words: %+v", words.Items)
	}
	for _, path := range []string{"/v1/groups/survival", "/v1/groups/alarms", "/v1/groups/sales", "/v1/groups/g-1/days"} {
		must(t, "GET", s.url+path, s.merch, nil, nil)
	}
	p.kill()
}
